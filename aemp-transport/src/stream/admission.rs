//! [`AdmissionLimit`]: how many may be somewhere at the same time, in all and of one key.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};

/// A handshake that began less than this ago does not make room for one that is no better: else those
/// who come all at once would end each other's handshakes, and nobody would finish.
/// (Four round trips of 300 ms, and some more.)
const GRACE: Duration = Duration::from_secs(2);

/// Admits what others ask for (handshakes, connections), and counts it by key (where it comes from) as
/// long as its [`Permit`] lives.
///
/// 1. There are at most `limit`, and of one key at most `limit_per_key`. What has no key has no limit of
///    its own.
/// 2. When a key has so many, its oldest makes room, unless that began a moment ago: then the next one is
///    refused.
/// 3. When there are so many in all, the oldest one of the key that has the most makes room, for a
///    key that has fewer at once: nobody is kept out by others, who are silent or many, as long as
///    they have fewer keys than `limit`. Beyond that the oldest of all makes room, when it is not of a
///    moment ago.
/// 4. With [`fixed`](Self::fixed) nothing makes room for others.
#[derive(Debug)]
pub struct AdmissionLimit<K> {
    shared: Arc<Shared<K>>,
}

#[derive(Debug)]
struct Shared<K> {
    slots: Mutex<Slots<K>>,
    /// Told of each one that has left.
    left: Notify,
}

/// One that was admitted.
#[derive(Debug)]
pub struct Admitted<K: Eq + Hash> {
    /// Counts until it is dropped.
    pub permit: Permit<K>,
    /// Completes with `Ok` when it has to make room, and is to end; with an error when its permit is
    /// gone.
    pub revoked: oneshot::Receiver<()>,
    /// The key of the one that had to make room for it.
    pub instead_of: Option<K>,
}

/// A place within an [`AdmissionLimit`]; given back when it is dropped.
#[derive(Debug)]
pub struct Permit<K: Eq + Hash> {
    shared: Arc<Shared<K>>,
    key: Option<K>,
    id: u64,
}

/// There is no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// There are so many of its key.
    OfKey {
        /// How many there are.
        count: usize,
    },
    /// There are too many in all.
    InAll {
        /// How long until one can make room, if none has left by then.
        wait: Duration,
    },
}

impl<K: Clone + Eq + Hash> AdmissionLimit<K> {
    /// So many in all, and of one key; when there are, the oldest make room.
    #[must_use]
    pub fn replacing(limit: usize, limit_per_key: usize) -> Self {
        Self::new(limit, limit_per_key, GRACE)
    }

    /// So many in all, and of one key.
    #[must_use]
    pub fn fixed(limit: usize, limit_per_key: usize) -> Self {
        Self::new(limit, limit_per_key, Duration::MAX)
    }

    fn new(limit: usize, limit_per_key: usize, grace: Duration) -> Self {
        let (count, next, by_key) = (0, 0, HashMap::new());
        let slots = Slots { limit, limit_per_key, grace, count, next, by_key };
        Self { shared: Arc::new(Shared { slots: Mutex::new(slots), left: Notify::new() }) }
    }

    /// Admits one more of this key, unless there is no room now.
    ///
    /// # Errors
    ///
    /// There is no room.
    pub fn try_admit(&self, key: Option<K>) -> Result<Admitted<K>, Refusal> {
        let (id, revoked, instead_of) = self.shared.slots.lock().add(&key, Instant::now())?;
        let permit = Permit { shared: Arc::clone(&self.shared), key, id };
        Ok(Admitted { permit, revoked, instead_of })
    }

    /// Admits one more of this key as soon as there is room: at once, or in a moment.
    ///
    /// # Errors
    ///
    /// There are too many of its key.
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves nothing behind.
    pub async fn admit(&self, key: Option<K>) -> Result<Admitted<K>, Refusal> {
        loop {
            let mut left = std::pin::pin!(self.shared.left.notified());
            left.as_mut().enable();
            match self.try_admit(key.clone()) {
                Err(Refusal::InAll { wait }) => drop(timeout(wait, left).await),
                decided => return decided,
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.slots.lock().count
    }
}

impl<K: Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let slot = self.shared.slots.lock().remove(&self.key, self.id);
        drop(slot);
        self.shared.left.notify_waiters();
    }
}

#[derive(Debug)]
struct Slots<K> {
    limit: usize,
    limit_per_key: usize,
    /// One that began less than this ago does not make room for its like.
    grace: Duration,
    count: usize,
    next: u64,
    /// The oldest first; never an empty list.
    by_key: HashMap<Option<K>, VecDeque<Slot>>,
}

#[derive(Debug)]
struct Slot {
    id: u64,
    since: Instant,
    revoke: oneshot::Sender<()>,
}

impl<K: Eq + Hash> Slots<K> {
    /// Gives the slot back, unless it had to make room.
    fn remove(&mut self, key: &Option<K>, id: u64) -> Option<Slot> {
        let slots = self.by_key.get_mut(key)?;
        let slot = slots.iter().position(|slot| slot.id == id).and_then(|at| slots.remove(at));
        self.count -= usize::from(slot.is_some());
        if slots.is_empty() {
            self.by_key.remove(key);
        }
        slot
    }
}

impl<K: Clone + Eq + Hash> Slots<K> {
    /// Gives the number of the new one, where it is told to end, and whose like made room for it.
    fn add(
        &mut self,
        key: &Option<K>,
        now: Instant,
    ) -> Result<(u64, oneshot::Receiver<()>, Option<K>), Refusal> {
        let ended = match self.makes_room(key, now)? {
            Some((key, id)) => {
                if let Some(slot) = self.remove(&key, id) {
                    // It may be over by itself.
                    let _ = slot.revoke.send(());
                }
                key
            }
            None => None,
        };
        let id = self.next;
        self.next += 1;
        self.count += 1;
        let (revoke, revoked) = oneshot::channel();
        let slots = self.by_key.entry(key.clone()).or_default();
        slots.push_back(Slot { id, since: now, revoke });
        Ok((id, revoked, ended))
    }

    /// Who has to make room for one more of this key, if somebody has to.
    fn makes_room(
        &self,
        key: &Option<K>,
        now: Instant,
    ) -> Result<Option<(Option<K>, u64)>, Refusal> {
        let age = |slot: &Slot| now.saturating_duration_since(slot.since);
        let slots = self.by_key.get(key);
        let own = slots.map_or(0, VecDeque::len);
        if key.is_some() && own >= self.limit_per_key {
            return match slots.and_then(VecDeque::front) {
                Some(oldest) if age(oldest) >= self.grace => Ok(Some((key.clone(), oldest.id))),
                _ => Err(Refusal::OfKey { count: own }),
            };
        }
        if self.count < self.limit {
            return Ok(None);
        }
        let Some((most, oldest, crowd)) = self.largest() else {
            return Err(Refusal::InAll { wait: self.grace });
        };
        if (self.grace == Duration::MAX || own + 1 >= most) && age(oldest) < self.grace {
            return Err(Refusal::InAll { wait: self.grace.saturating_sub(age(oldest)) });
        }
        Ok(Some((crowd.clone(), oldest.id)))
    }

    /// The key that has the most, of several the one with the oldest slot.
    fn largest(&self) -> Option<(usize, &Slot, &Option<K>)> {
        let keys = self.by_key.iter();
        let keys = keys.filter_map(|(key, slots)| Some((slots.len(), slots.front()?, key)));
        keys.max_by_key(|(count, oldest, _)| (*count, u64::MAX - oldest.id))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    type Taken = Vec<Admitted<usize>>;

    /// One of this key comes; the key of the one that made room.
    fn come(
        limit: &AdmissionLimit<usize>,
        taken: &mut Taken,
        key: usize,
    ) -> Result<Option<usize>, Refusal> {
        let admitted = limit.try_admit(Some(key))?;
        let ended = admitted.instead_of;
        taken.push(admitted);
        Ok(ended)
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_keeps_nobody_of_another_key_out() {
        for keys in [1, 5, 10, 255] {
            let (limit, mut taken) = (AdmissionLimit::replacing(256, 64), Taken::new());
            let many = (0..4000).map(|n| 1 + n % keys);
            for key in many {
                let _ = come(&limit, &mut taken, key);
            }
            let most = limit.shared.slots.lock().largest().map_or(0, |(most, ..)| most);
            assert_eq!(limit.count(), 256.min(64 * keys), "{keys}");
            let room = come(&limit, &mut taken, 0);
            assert!(room.is_ok(), "at once: {keys} {room:?}");
            let slots = limit.shared.slots.lock();
            let others = (1..=keys).filter_map(|key| slots.by_key.get(&Some(key)));
            assert!(others.map(VecDeque::len).all(|others| others >= most - 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_that_the_oldest_makes_room_after_a_moment() {
        let (limit, mut taken) = (AdmissionLimit::replacing(3, 2), Taken::new());
        for key in 0..3 {
            assert_eq!(come(&limit, &mut taken, key), Ok(None));
            advance(Duration::from_millis(1)).await;
        }
        advance(GRACE / 2 - Duration::from_millis(3)).await;
        assert_eq!(come(&limit, &mut taken, 9), Err(Refusal::InAll { wait: GRACE / 2 }));
        advance(GRACE / 2).await;
        assert_eq!(come(&limit, &mut taken, 9), Ok(Some(0)));
        assert_eq!(taken[0].revoked.try_recv(), Ok(()));
        assert_eq!(limit.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn of_one_key_the_oldest_makes_room_after_a_moment() {
        let (limit, mut taken) = (AdmissionLimit::replacing(9, 2), Taken::new());
        assert_eq!(come(&limit, &mut taken, 1), Ok(None));
        assert_eq!(come(&limit, &mut taken, 1), Ok(None));
        assert_eq!(come(&limit, &mut taken, 1), Err(Refusal::OfKey { count: 2 }));
        assert_eq!(come(&limit, &mut taken, 2), Ok(None));
        advance(GRACE).await;
        assert_eq!(come(&limit, &mut taken, 1), Ok(Some(1)));
        assert_eq!(taken[0].revoked.try_recv(), Ok(()));
        assert_eq!(limit.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_left_of_who_has_left() {
        let (limit, mut taken) = (AdmissionLimit::replacing(2, 2), Taken::new());
        assert!(come(&limit, &mut taken, 0).is_ok() && come(&limit, &mut taken, 1).is_ok());
        assert!(matches!(limit.try_admit(None), Err(Refusal::InAll { .. })));
        let Admitted { permit, revoked, .. } = taken.remove(0);
        drop(permit);
        assert!(revoked.await.is_err(), "it left");
        let third = limit.try_admit(None).expect("there is room");
        assert_eq!(third.instead_of, None);
        drop((third, taken));
        assert_eq!((limit.count(), limit.shared.slots.lock().by_key.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_makes_room_within_a_fixed_limit() {
        let (limit, mut taken) = (AdmissionLimit::fixed(3, 2), Taken::new());
        assert!(come(&limit, &mut taken, 1).is_ok() && come(&limit, &mut taken, 1).is_ok());
        advance(Duration::from_secs(3600)).await;
        assert_eq!(come(&limit, &mut taken, 1), Err(Refusal::OfKey { count: 2 }));
        assert_eq!(come(&limit, &mut taken, 2), Ok(None));
        assert!(matches!(come(&limit, &mut taken, 3), Err(Refusal::InAll { .. })));
        drop(taken.remove(0));
        assert_eq!(come(&limit, &mut taken, 3), Ok(None));
        let none = AdmissionLimit::fixed(usize::MAX, 0);
        assert_eq!(come(&none, &mut taken, 1), Err(Refusal::OfKey { count: 0 }));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_admitted_as_soon_as_somebody_leaves_or_makes_room() {
        let limit = AdmissionLimit::replacing(1, 1);
        let first = limit.admit(Some(1)).await.expect("there is room");
        let begun = Instant::now();
        let leave = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(limit.admit(Some(2)), leave);
        assert_eq!(
            (second.map(|second| second.instead_of), begun.elapsed()),
            (Ok(None), Duration::ZERO)
        );
    }
}
