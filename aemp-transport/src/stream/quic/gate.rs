//! Whom a listener begins a QUIC handshake with: plain decisions, no I/O.

use std::collections::HashMap;
use std::net::IpAddr;

/// Counts the connections of a listener that are not yet accepted.
///
/// 1. There are at most `limit`.
/// 2. From addresses that are not proven (anybody can write any sender onto a datagram) there are at
///    most a quarter of that; beyond, one has to answer to a token at its address first.
/// 3. From one proven address there are at most `limit_per_address`. What is not proven does not
///    count for its address, so that nobody keeps another one out.
#[derive(Debug)]
pub(super) struct Gate {
    limit: usize,
    limit_per_address: usize,
    inside: usize,
    unproven: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// What to do with a connection that begins.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Go on. It counts until it leaves.
    Enter(Pass),
    /// It has to come again with a token.
    Prove,
    Refuse,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pass {
    Unproven,
    Proven(IpAddr),
}

impl Gate {
    pub(super) fn new(limit: usize, limit_per_address: usize) -> Self {
        Self { limit, limit_per_address, inside: 0, unproven: 0, by_address: HashMap::new() }
    }

    /// Somebody at this address wants to connect.
    pub(super) fn knock(&mut self, from: IpAddr, proven: bool) -> Verdict {
        if self.inside >= self.limit {
            return Verdict::Refuse;
        }
        if !proven {
            if self.unproven >= self.limit / 4 {
                return Verdict::Prove;
            }
            self.unproven += 1;
            self.inside += 1;
            return Verdict::Enter(Pass::Unproven);
        }
        let count = self.by_address.entry(from).or_default();
        if *count >= self.limit_per_address {
            return Verdict::Refuse;
        }
        *count += 1;
        self.inside += 1;
        Verdict::Enter(Pass::Proven(from))
    }

    /// One that entered was accepted, or has failed.
    pub(super) fn leave(&mut self, pass: Pass) {
        self.inside -= 1;
        match pass {
            Pass::Unproven => self.unproven -= 1,
            Pass::Proven(from) => {
                if let Some(count) = self.by_address.get_mut(&from) {
                    *count -= 1;
                    if *count == 0 {
                        self.by_address.remove(&from);
                    }
                }
            }
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
        match gate.knock(from, proven) {
            Verdict::Enter(pass) => Some(pass),
            Verdict::Prove | Verdict::Refuse => None,
        }
    }

    #[test]
    fn invented_senders_keep_nobody_out() {
        let mut gate = Gate::new(8, 2);
        let first = enters(&mut gate, ip(1), false).expect("there is room");
        assert!(enters(&mut gate, ip(1), false).is_some());
        assert_eq!(gate.knock(ip(1), false), Verdict::Prove);
        assert!(enters(&mut gate, ip(1), true).is_some(), "nothing counts for the address yet");
        gate.leave(first);
        assert!(enters(&mut gate, ip(2), false).is_some());
    }

    #[test]
    fn one_address_does_not_keep_others_out() {
        let mut gate = Gate::new(8, 2);
        let first = enters(&mut gate, ip(1), true).expect("there is room");
        assert!(enters(&mut gate, ip(1), true).is_some());
        assert_eq!(gate.knock(ip(1), true), Verdict::Refuse);
        assert!(enters(&mut gate, ip(2), true).is_some());
        gate.leave(first);
        assert!(enters(&mut gate, ip(1), true).is_some());
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut gate = Gate::new(4, 2);
        let passes: Vec<Pass> = (1..=4).filter_map(|n| enters(&mut gate, ip(n), true)).collect();
        assert_eq!((passes.len(), gate.knock(ip(9), true)), (4, Verdict::Refuse));
        assert_eq!(gate.knock(ip(9), false), Verdict::Refuse);
        passes.into_iter().for_each(|pass| gate.leave(pass));
        assert_eq!((gate.inside, gate.by_address.len()), (0, 0));
    }
}
