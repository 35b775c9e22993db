//! [`HandshakeSlots`]: who may be in a handshake at the same time.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::Network;

/// A handshake that began less than this ago does not make room for one that is no better: else those
/// who come all at once would end each other's handshakes, and nobody would finish.
/// (Four round trips of 300 ms, and some more.)
const GRACE: Duration = Duration::from_secs(2);

/// Counts the handshakes of a listener, in all and by network, and decides who makes room. Plain
/// decisions; the caller ends a handshake that has to.
///
/// 1. There are at most `limit`, and of one network at most `limit_per_network`.
/// 2. When a network has so many, its oldest makes room, unless that began a moment ago: then the next
///    one is refused.
/// 3. When there are so many in all, the oldest one of the network that has the most makes room, for a
///    network that has fewer at once: nobody is kept out by others, who are silent or many, as long as
///    they are in fewer networks than `limit`. Beyond that the oldest of all makes room, when it is
///    not of a moment ago.
#[derive(Debug)]
pub struct HandshakeSlots {
    limit: usize,
    limit_per_network: usize,
    count: usize,
    next: u64,
    /// The oldest first.
    by_network: HashMap<Network, VecDeque<Slot>>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    id: u64,
    since: Instant,
}

/// What to do with a connection that has come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SlotDecision {
    /// Go on, under this number, until [`HandshakeSlots::leave`].
    Enter(u64),
    /// As `Enter`, after ending the handshake of another number, which has left.
    Replace {
        /// The number of the new one.
        id: u64,
        /// The number of the other one.
        ended: u64,
        /// The network of the other one.
        network: Network,
    },
    /// Nobody can make room now; somebody can after this time, if none has left by then.
    Wait(Duration),
    /// There are so many of its network.
    Refuse {
        /// How many there are.
        count: usize,
    },
}

impl HandshakeSlots {
    /// So many in all, and of one network; each at least 1.
    #[must_use]
    pub fn new(limit: usize, limit_per_network: usize) -> Self {
        Self {
            limit: limit.max(1),
            limit_per_network: limit_per_network.max(1),
            count: 0,
            next: 0,
            by_network: HashMap::new(),
        }
    }

    /// A connection has come from this network. (Those of an unknown one, `None`, have no limit of
    /// their own.)
    pub fn enter(&mut self, network: Option<&Network>, now: Instant) -> SlotDecision {
        let nowhere = Network::Host(String::new());
        let (of_network, network) = match network {
            Some(network) => (self.limit_per_network, network),
            None => (usize::MAX, &nowhere),
        };
        let age = |slot: Slot| now.saturating_duration_since(slot.since);
        let own = self.by_network.get(network).map_or(0, VecDeque::len);
        let makes_room = if own >= of_network {
            let oldest = self.by_network.get(network).and_then(VecDeque::front).copied();
            if oldest.is_none_or(|oldest| age(oldest) < GRACE) {
                return SlotDecision::Refuse { count: own };
            }
            Some(network.clone())
        } else if self.count >= self.limit {
            let (most, oldest, crowd) = self.largest();
            if own + 1 >= most && age(oldest) < GRACE {
                return SlotDecision::Wait(GRACE.saturating_sub(age(oldest)));
            }
            Some(crowd)
        } else {
            None
        };
        let ended = makes_room.and_then(|crowd| self.end_oldest(crowd));
        let id = self.next;
        self.next += 1;
        self.count += 1;
        let slots = self.by_network.entry(network.clone()).or_default();
        slots.push_back(Slot { id, since: now });
        match ended {
            Some((ended, network)) => SlotDecision::Replace { id, ended, network },
            None => SlotDecision::Enter(id),
        }
    }

    /// One that entered is done, or has failed. Nothing happens if it had to make room.
    pub fn leave(&mut self, network: Option<&Network>, id: u64) {
        let nowhere = Network::Host(String::new());
        let network = network.unwrap_or(&nowhere);
        let Some(slots) = self.by_network.get_mut(network) else { return };
        let before = slots.len();
        slots.retain(|slot| slot.id != id);
        self.count -= before - slots.len();
        if slots.is_empty() {
            self.by_network.remove(network);
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The network that has the most, of several the one with the oldest slot.
    fn largest(&self) -> (usize, Slot, Network) {
        let networks = self
            .by_network
            .iter()
            .filter_map(|(network, slots)| Some((slots.len(), *slots.front()?, network)));
        let largest = networks.max_by_key(|(count, oldest, _)| (*count, u64::MAX - oldest.id));
        let (count, oldest, network) = largest.expect("there is at least one");
        (count, oldest, network.clone())
    }

    fn end_oldest(&mut self, network: Network) -> Option<(u64, Network)> {
        let oldest = self.by_network.get(&network)?.front()?.id;
        self.leave(Some(&network), oldest);
        Some((oldest, network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(n: usize) -> Network {
        Network::Host(n.to_string())
    }

    /// Comes from a network; the number of the one that made room.
    fn come(
        slots: &mut HandshakeSlots,
        n: usize,
        now: Instant,
    ) -> Result<Option<u64>, SlotDecision> {
        match slots.enter(Some(&network(n)), now) {
            SlotDecision::Enter(_) => Ok(None),
            SlotDecision::Replace { ended, .. } => Ok(Some(ended)),
            other => Err(other),
        }
    }

    #[test]
    fn who_is_silent_keeps_nobody_of_another_network_out() {
        let now = Instant::now();
        for networks in [1, 5, 10, 255] {
            let mut slots = HandshakeSlots::new(256, 64);
            let many = (0..4000).map(|n| 1 + n % networks);
            many.for_each(|n| drop(come(&mut slots, n, now)));
            let (count, most) = (slots.count(), slots.largest().0);
            assert_eq!(count, 256.min(64 * networks), "{networks}");
            let room = come(&mut slots, 0, now);
            assert!(room.is_ok(), "at once: {networks} {room:?}");
            let others = (1..=networks).filter_map(|n| slots.by_network.get(&network(n)));
            assert!(others.map(VecDeque::len).all(|others| others >= most - 1));
        }
    }

    #[test]
    fn beyond_that_the_oldest_makes_room_after_a_moment() {
        let (start, mut slots) = (Instant::now(), HandshakeSlots::new(3, 2));
        for n in 0..3 {
            let at = start + Duration::from_millis(n as u64);
            assert_eq!(come(&mut slots, n, at), Ok(None));
        }
        let early = start + GRACE / 2;
        assert_eq!(come(&mut slots, 9, early), Err(SlotDecision::Wait(GRACE / 2)));
        assert_eq!(come(&mut slots, 9, start + GRACE), Ok(Some(0)));
        assert_eq!(slots.count(), 3);
    }

    #[test]
    fn of_one_network_the_oldest_makes_room_after_a_moment() {
        let (start, mut slots) = (Instant::now(), HandshakeSlots::new(9, 2));
        assert_eq!(come(&mut slots, 1, start), Ok(None));
        assert_eq!(come(&mut slots, 1, start), Ok(None));
        assert_eq!(come(&mut slots, 1, start), Err(SlotDecision::Refuse { count: 2 }));
        assert_eq!(come(&mut slots, 2, start), Ok(None));
        assert_eq!(come(&mut slots, 1, start + GRACE), Ok(Some(0)));
        assert_eq!(slots.count(), 3);
    }

    #[test]
    fn nothing_is_left_of_who_has_left() {
        let (now, mut slots) = (Instant::now(), HandshakeSlots::new(2, 2));
        let ids: Vec<u64> = (0..2)
            .map(|n| match slots.enter(Some(&network(n)), now) {
                SlotDecision::Enter(id) => id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(matches!(slots.enter(None, now), SlotDecision::Wait(_)));
        slots.leave(Some(&network(0)), ids[0]);
        slots.leave(Some(&network(0)), ids[0]);
        assert!(matches!(slots.enter(None, now), SlotDecision::Enter(2)));
        slots.leave(None, 2);
        slots.leave(Some(&network(1)), ids[1]);
        assert_eq!((slots.count(), slots.by_network.len()), (0, 0));
    }
}
