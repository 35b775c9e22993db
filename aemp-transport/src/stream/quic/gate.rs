//! Whom a listener begins a QUIC handshake with: plain decisions, no I/O.

use std::net::IpAddr;
use std::time::Instant;

use crate::stream::{HandshakeSlots, Network, SlotDecision};

/// Counts the connections of a listener that are not yet accepted.
///
/// 1. From addresses that are not proven (anybody can write any sender onto a datagram) there are at
///    most a quarter of `limit`; beyond, one has to answer to a token at its address first.
/// 2. From proven addresses there are at most as many as are left, bounded as [`HandshakeSlots`] says.
///    What is not proven does not count for its network, so that nobody keeps another one out.
#[derive(Debug)]
pub(super) struct Gate {
    most_unproven: usize,
    unproven: usize,
    proven: HandshakeSlots,
}

/// What to do with a connection that begins.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Go on, after ending the one of that number. It counts until it leaves.
    Enter(Pass, Option<u64>),
    /// It has to come again with a token.
    Prove,
    /// It may come again in a moment.
    Later,
    Refuse,
}

/// What was counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Pass {
    Unproven,
    Proven(Network, u64),
}

impl Gate {
    pub(super) fn new(limit: usize, limit_per_network: usize) -> Self {
        let most_unproven = limit / 4;
        let proven = HandshakeSlots::new(limit - most_unproven, limit_per_network);
        Self { most_unproven, unproven: 0, proven }
    }

    /// Somebody at this address wants to connect.
    pub(super) fn knock(&mut self, from: IpAddr, proven: bool, now: Instant) -> Verdict {
        if !proven {
            if self.unproven >= self.most_unproven {
                return Verdict::Prove;
            }
            self.unproven += 1;
            return Verdict::Enter(Pass::Unproven, None);
        }
        let network = Network::of(from);
        match self.proven.enter(Some(&network), now) {
            SlotDecision::Enter(id) => Verdict::Enter(Pass::Proven(network, id), None),
            SlotDecision::Replace { id, ended, .. } => {
                Verdict::Enter(Pass::Proven(network, id), Some(ended))
            }
            SlotDecision::Wait(_) => Verdict::Later,
            SlotDecision::Refuse { .. } => Verdict::Refuse,
        }
    }

    /// One that entered was accepted, has failed, or was ended.
    pub(super) fn leave(&mut self, pass: &Pass) {
        match pass {
            Pass::Unproven => self.unproven -= 1,
            Pass::Proven(network, id) => self.proven.leave(Some(network), *id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn enters(gate: &mut Gate, from: IpAddr, proven: bool) -> Option<Pass> {
        match gate.knock(from, proven, Instant::now()) {
            Verdict::Enter(pass, _) => Some(pass),
            _ => None,
        }
    }

    #[test]
    fn invented_senders_keep_nobody_out() {
        let mut gate = Gate::new(8, 2);
        let first = enters(&mut gate, ip(1), false).expect("there is room");
        assert!(enters(&mut gate, ip(1), false).is_some());
        assert_eq!(gate.knock(ip(1), false, Instant::now()), Verdict::Prove);
        assert!(enters(&mut gate, ip(1), true).is_some(), "nothing counts for the address yet");
        gate.leave(&first);
        assert!(enters(&mut gate, ip(2), false).is_some());
    }

    #[test]
    fn one_address_does_not_keep_others_out() {
        let mut gate = Gate::new(8, 2);
        let first = enters(&mut gate, ip(1), true).expect("there is room");
        assert!(enters(&mut gate, ip(1), true).is_some());
        assert_eq!(gate.knock(ip(1), true, Instant::now()), Verdict::Refuse);
        assert!(enters(&mut gate, ip(2), true).is_some());
        gate.leave(&first);
        assert!(enters(&mut gate, ip(1), true).is_some());
    }

    #[test]
    fn who_has_the_most_makes_room() {
        let mut gate = Gate::new(4, 2);
        let passes: Vec<Pass> =
            [1, 1, 2].iter().filter_map(|n| enters(&mut gate, ip(*n), true)).collect();
        let now = Instant::now();
        let Verdict::Enter(last, ended) = gate.knock(ip(3), true, now) else { panic!("no room") };
        assert_eq!((passes.len(), ended), (3, Some(0)));
        assert_eq!(gate.knock(ip(4), true, now), Verdict::Later);
        passes.iter().chain([&last]).for_each(|pass| gate.leave(pass));
        assert_eq!((gate.unproven, gate.proven.count()), (0, 0));
    }
}
