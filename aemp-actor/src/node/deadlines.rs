//! Until when futures wait: requests, mostly, of which nearly all are answered long before. So adding a
//! deadline and taking it back costs the same however many there are, and only the few that come due within
//! the next second are kept in order.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How many tables there are: some times the cores of usual machines.
const SHARDS: usize = 8;

/// Deadlines that are nearer than this are kept in order. All are looked through when the earliest of the
/// others comes due, so once in this time at the most.
const AHEAD: Duration = Duration::from_secs(1);

thread_local! {
    /// The table that this thread uses: each core its own, as long as there are more tables than threads.
    static SHARD: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The deadlines of one node.
#[derive(Default)]
pub(super) struct Deadlines {
    shards: [Shard; SHARDS],
}

/// In cache lines of its own.
#[derive(Default)]
#[repr(align(64))]
struct Shard(Mutex<Table>);

/// Names a deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeadlineKey {
    shard: usize,
    place: usize,
    number: u64,
}

impl Deadlines {
    /// Adds one that wakes `waker`, and whether it comes before the time at which [`poll_due`](Self::poll_due)
    /// was to be called again; `None` after the [end](Self::end).
    pub(super) fn add(&self, at: Instant, waker: &Waker) -> Option<(DeadlineKey, bool)> {
        // Not under the lock: a waker's code is that of any executor.
        let (shard, waker) = (shard(), waker.clone());
        let mut table = self.shards[shard].0.lock();
        if table.ended {
            drop(table);
            drop(waker);
            return None;
        }
        let (place, number) = table.add(at, waker);
        let is_sooner = table.armed.is_none_or(|armed| at < armed);
        if is_sooner {
            table.armed = Some(at);
        }
        Some((DeadlineKey { shard, place, number }, is_sooner))
    }

    /// Sees to it that it wakes `waker`; false when it has come due.
    pub(super) fn set_waker(&self, key: DeadlineKey, waker: &Waker) -> bool {
        match self.shards[key.shard].0.lock().waker(key) {
            Some(old) if old.will_wake(waker) => return true,
            Some(_) => {}
            None => return false,
        }
        let mut waker = waker.clone();
        let mut table = self.shards[key.shard].0.lock();
        let is_known = table.waker(key).map(|old| std::mem::swap(old, &mut waker)).is_some();
        drop(table);
        // Here, what was replaced is dropped.
        drop(waker);
        is_known
    }

    /// Takes one back; nothing happens when it has come due.
    pub(super) fn remove(&self, key: DeadlineKey) {
        let waker = self.shards[key.shard].0.lock().remove(key);
        drop(waker);
    }

    /// Adds the wakers of those that are due by now to `due`; when it is to be called again.
    pub(super) fn poll_due(&self, now: Instant, due: &mut Vec<Waker>) -> Option<Instant> {
        let next = self.shards.iter().filter_map(|shard| shard.0.lock().poll_due(now, due));
        next.min()
    }

    /// No more are taken. Gives the wakers of those there are.
    pub(super) fn end(&self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for shard in &self.shards {
            let mut table = shard.0.lock();
            let slots = std::mem::take(&mut *table).slots;
            table.ended = true;
            wakers.extend(slots.into_iter().filter_map(|slot| slot.waker));
        }
        wakers
    }
}

fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let shard = SHARD.try_with(|shard| match shard.get() {
        Some(own) => own,
        None => {
            let own = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            shard.set(Some(own));
            own
        }
    });
    // A thread that ends has none any more.
    shard.unwrap_or_default()
}

/// The deadlines of one shard.
#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// Those before `horizon`, in the order in which they come due, with their places.
    near: BTreeSet<(Instant, usize)>,
    horizon: Option<Instant>,
    /// None of the others comes due before this.
    far: Option<Instant>,
    /// The table is looked at then, if there is a time.
    armed: Option<Instant>,
    number: u64,
    ended: bool,
}

struct Slot {
    at: Instant,
    /// Of the last deadline that had this place.
    number: u64,
    /// `None`: it is free.
    waker: Option<Waker>,
}

impl Table {
    fn add(&mut self, at: Instant, waker: Waker) -> (usize, u64) {
        self.number += 1;
        let slot = Slot { at, number: self.number, waker: Some(waker) };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place] = slot;
                place
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        self.sort_in(at, place);
        (place, self.number)
    }

    fn is_near(&self, at: Instant) -> bool {
        self.horizon.is_some_and(|horizon| at < horizon)
    }

    fn sort_in(&mut self, at: Instant, place: usize) {
        if self.is_near(at) {
            self.near.insert((at, place));
        } else {
            self.far = Some(self.far.map_or(at, |far| far.min(at)));
        }
    }

    fn waker(&mut self, key: DeadlineKey) -> Option<&mut Waker> {
        let slot = self.slots.get_mut(key.place).filter(|slot| slot.number == key.number)?;
        slot.waker.as_mut()
    }

    fn remove(&mut self, key: DeadlineKey) -> Option<Waker> {
        let slot = self.slots.get_mut(key.place).filter(|slot| slot.number == key.number)?;
        let (waker, at) = (slot.waker.take()?, slot.at);
        if self.is_near(at) {
            self.near.remove(&(at, key.place));
        }
        self.free.push(key.place);
        Some(waker)
    }

    fn poll_due(&mut self, now: Instant, due: &mut Vec<Waker>) -> Option<Instant> {
        if self.far.is_some_and(|far| far <= now) {
            self.look_ahead(now);
        }
        while let Some(&(at, place)) = self.near.first().filter(|(at, _)| *at <= now) {
            self.near.remove(&(at, place));
            due.extend(self.slots[place].waker.take());
            self.free.push(place);
        }
        if self.free.len() == self.slots.len() {
            // There may have been many.
            (self.slots, self.free) = (Vec::new(), Vec::new());
        }
        let near = self.near.first().map(|(at, _)| *at);
        let next = near.into_iter().chain(self.far).min();
        self.armed = next.or(self.armed.filter(|armed| *armed > now));
        self.armed
    }

    /// Moves those that come due soon to the ones that are in order.
    fn look_ahead(&mut self, now: Instant) {
        self.horizon = Some(now + AHEAD);
        self.far = None;
        for place in 0..self.slots.len() {
            let Slot { at, waker: Some(_), .. } = self.slots[place] else { continue };
            self.sort_in(at, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Wake;

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is due is woken.
    fn poll(deadlines: &Deadlines, now: Instant) -> Option<Instant> {
        let mut due = Vec::new();
        let next = deadlines.poll_due(now, &mut due);
        due.into_iter().for_each(Waker::wake);
        next
    }

    /// Far ones, near ones, and those that come from one to the other.
    #[test]
    fn each_comes_due_at_its_time_and_once() {
        let (deadlines, start) = (Deadlines::default(), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        let times: Vec<u64> = (0..4000).map(|n| n * 7919 % 5000).collect();
        let counts: Vec<Arc<Count>> = times.iter().map(|_| Arc::default()).collect();
        for (time, count) in times.iter().zip(&counts) {
            deadlines.add(at(*time), &Waker::from(count.clone())).unwrap();
        }
        let mut now = 0;
        while let Some(next) = poll(&deadlines, at(now)) {
            assert!(next > at(now));
            for (time, count) in times.iter().zip(&counts) {
                assert_eq!(count.0.load(Ordering::Relaxed), usize::from(*time <= now), "{time}");
            }
            now = (next - start).as_millis() as u64;
        }
        assert_eq!(now, *times.iter().max().unwrap());
        assert!(deadlines.shards.iter().all(|shard| shard.0.lock().slots.capacity() == 0));
    }

    /// Whether it is still far away or not.
    #[test]
    fn what_is_taken_back_is_not_kept_and_its_place_is_used_again() {
        let (deadlines, start) = (Deadlines::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs_f64(seconds);
        let (kept, taken, third) = <(Arc<Count>, Arc<Count>, Arc<Count>)>::default();
        deadlines.add(at(1.0), &Waker::from(kept.clone())).unwrap();
        for look in [0.0, 1.0] {
            let (key, _) = deadlines.add(at(1.5), &Waker::from(taken.clone())).unwrap();
            poll(&deadlines, at(look));
            deadlines.remove(key);
            assert_eq!(Arc::strong_count(&taken), 1);
            let (other, _) = deadlines.add(at(1.6), &Waker::from(third.clone())).unwrap();
            assert_eq!(other.place, key.place);
            deadlines.remove(key);
            assert!(!deadlines.set_waker(key, Waker::noop()));
            assert_eq!(Arc::strong_count(&third), 2);
            deadlines.remove(other);
        }
        let last = poll(&deadlines, at(2.0));
        assert_eq!((last, kept.0.load(Ordering::Relaxed)), (None, 1));
        assert_eq!(taken.0.load(Ordering::Relaxed) + third.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn the_last_waker_is_woken() {
        let (deadlines, start) = (Deadlines::default(), Instant::now());
        let (first, second) = <(Arc<Count>, Arc<Count>)>::default();
        let (key, _) = deadlines.add(start, &Waker::from(first.clone())).unwrap();
        assert!(deadlines.set_waker(key, &Waker::from(second.clone())));
        assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 2));
        poll(&deadlines, start);
        assert!(!deadlines.set_waker(key, Waker::noop()));
        assert_eq!(second.0.load(Ordering::Relaxed), 1);
    }
}
