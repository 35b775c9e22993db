//! Whom a listener begins a QUIC handshake with: plain decisions, no I/O.

use std::net::IpAddr;

use crate::stream::{AdmissionLimit, Admitted, Network, Refusal};

/// Counts the connections of a listener that are not yet accepted.
///
/// 1. From addresses that are not proven (anybody can write any sender onto a datagram) there are at
///    most a quarter of `limit`; beyond, one has to answer to a token at its address first.
/// 2. From proven addresses there are at most as many as are left, bounded as [`AdmissionLimit`] says.
///    What is not proven does not count for its network, so that nobody keeps another one out.
#[derive(Debug)]
pub(super) struct Gate {
    unproven: AdmissionLimit<Network>,
    proven: AdmissionLimit<Network>,
}

/// What to do with a connection that is not admitted.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It has to come again with a token.
    Prove,
    /// It may come again in a moment.
    Later,
    Refuse,
}

impl Gate {
    pub(super) fn new(limit: usize, limit_per_network: usize) -> Self {
        let most_unproven = limit / 4;
        Self {
            unproven: AdmissionLimit::fixed(most_unproven, usize::MAX),
            proven: AdmissionLimit::replacing(limit - most_unproven, limit_per_network),
        }
    }

    /// Somebody at this address wants to connect.
    pub(super) fn knock(&self, from: IpAddr, proven: bool) -> Result<Admitted<Network>, Verdict> {
        if !proven {
            return self.unproven.try_admit(None).map_err(|_| Verdict::Prove);
        }
        self.proven.try_admit(Some(Network::of(from))).map_err(|refusal| match refusal {
            Refusal::InAll { .. } => Verdict::Later,
            Refusal::OfKey { .. } => Verdict::Refuse,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn verdict(gate: &Gate, from: IpAddr, proven: bool) -> Option<Verdict> {
        gate.knock(from, proven).err()
    }

    #[test]
    fn invented_senders_keep_nobody_out() {
        let gate = Gate::new(8, 2);
        let first = gate.knock(ip(1), false).expect("there is room");
        let _second = gate.knock(ip(1), false).expect("there is room");
        assert_eq!(verdict(&gate, ip(1), false), Some(Verdict::Prove));
        assert!(gate.knock(ip(1), true).is_ok(), "nothing counts for the address yet");
        drop(first);
        assert!(gate.knock(ip(2), false).is_ok());
    }

    #[test]
    fn one_address_does_not_keep_others_out() {
        let gate = Gate::new(8, 2);
        let first = gate.knock(ip(1), true).expect("there is room");
        let _second = gate.knock(ip(1), true).expect("there is room");
        assert_eq!(verdict(&gate, ip(1), true), Some(Verdict::Refuse));
        assert!(gate.knock(ip(2), true).is_ok());
        drop(first);
        assert!(gate.knock(ip(1), true).is_ok());
    }

    #[test]
    fn who_has_the_most_makes_room() {
        let gate = Gate::new(4, 2);
        let admitted: Vec<_> =
            [1, 1, 2].iter().filter_map(|n| gate.knock(ip(*n), true).ok()).collect();
        let last = gate.knock(ip(3), true).expect("there is room");
        assert_eq!((admitted.len(), last.instead_of), (3, Some(Network::of(ip(1)))));
        assert_eq!(verdict(&gate, ip(4), true), Some(Verdict::Later));
    }
}
