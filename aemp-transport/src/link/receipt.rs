//! [`Receipt`]: when to tell the peer that its bytes come. Plain data; times come in as arguments.
//!
//! A peer that has much to say over a slow way asks for a sign of life behind all of it, and its
//! question is not here yet. So whoever takes bytes without saying anything says that it does.

use std::time::Duration;

use tokio::time::Instant;

/// So long a packet may be on its way before its sender is told that it is being read: a quarter of
/// the shortest `monitor_timeout`.
const PARTIAL: Duration = Duration::from_millis(250);

/// So long whole packets may come without an answer: more may be on their way.
const WHOLE: Duration = Duration::from_secs(2);

/// Decides when the peer is told that its bytes have come.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    /// When bytes came that nothing was written after, and how many had been written then.
    owed: Option<(Instant, u64)>,
}

/// What a read has brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Arrived {
    /// Keepalives, which are not answered.
    Nothing,
    /// Whole packets, and nothing else.
    Whole,
    /// A part of a packet, at its end.
    Partial,
}

impl Receipt {
    /// Bytes came; `written` have been written in all. Says whether a keepalive is due.
    pub(super) fn handle_read(&mut self, now: Instant, arrived: Arrived, written: u64) -> bool {
        let patience = match arrived {
            Arrived::Nothing => return false,
            Arrived::Whole => WHOLE,
            Arrived::Partial => PARTIAL,
        };
        match self.owed {
            Some((since, before)) if before == written => {
                let due = now.duration_since(since) >= patience;
                if due {
                    self.owed = None;
                }
                due
            }
            _ => {
                self.owed = Some((now, written));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(reads: &[(u64, Arrived, u64)]) -> Vec<bool> {
        let begun = Instant::now();
        let mut receipt = Receipt::default();
        let read = |&(millis, arrived, written)| {
            receipt.handle_read(begun + Duration::from_millis(millis), arrived, written)
        };
        reads.iter().map(read).collect()
    }

    #[test]
    fn a_packet_that_trickles_in_is_confirmed_now_and_then() {
        use Arrived::Partial;
        let reads = [0, 100, 249, 250, 300, 549, 550].map(|millis| (millis, Partial, 7));
        assert_eq!(due(&reads), [false, false, false, true, false, false, true]);
    }

    #[test]
    fn who_writes_anyway_need_not_confirm() {
        use Arrived::{Partial, Whole};
        let reads = [(0, Partial, 7), (200, Partial, 8), (400, Partial, 8), (450, Partial, 8)];
        assert_eq!(due(&reads), [false, false, false, true]);
        let reads = [(0, Whole, 0), (1999, Whole, 0), (1999, Whole, 1), (2000, Whole, 1)];
        assert_eq!(due(&reads), [false; 4]);
    }

    #[test]
    fn whole_packets_are_confirmed_less_often_and_keepalives_never() {
        use Arrived::{Nothing, Whole};
        let reads = [(0, Whole, 7), (1999, Whole, 7), (2000, Nothing, 7), (2000, Whole, 7)];
        assert_eq!(due(&reads), [false, false, false, true]);
        assert_eq!(due(&[(0, Nothing, 0), (9000, Nothing, 0), (99_000, Nothing, 0)]), [false; 3]);
    }
}
