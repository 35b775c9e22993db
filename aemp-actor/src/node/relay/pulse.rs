//! Signs of life across a relayed connection: plain data; times come in as arguments.

use std::time::Duration;

use tokio::time::Instant;

/// How often signs are given unasked, in a `monitor_timeout`.
const RATE: u32 = 8;

/// When the other side gave its last sign of life, and this side gave one unasked.
pub(super) struct Pulse {
    last: Instant,
    given: Option<Instant>,
    pause: Duration,
}

impl Pulse {
    /// Of a connection that begins now.
    pub(super) fn new(now: Instant, monitor_timeout: Duration) -> Self {
        Self { last: now, given: None, pause: monitor_timeout / RATE }
    }

    /// When the last sign of life of the other side came.
    pub(super) fn last(&self) -> Instant {
        self.last
    }

    /// A sign of life came.
    pub(super) fn handle_sign(&mut self, now: Instant) {
        self.last = now;
    }

    /// What the other side says is coming. Whether it is to be told so: its question may wait behind
    /// that. True now and then.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.given.is_none_or(|given| now.duration_since(given) >= self.pause);
        if due {
            self.given = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_given_now_and_then() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let mut pulse = Pulse::new(begun, Duration::from_secs(8));
        let due = [0, 1, 999, 1000, 1999, 2000].map(|millis| pulse.is_due(at(millis)));
        assert_eq!(due, [true, false, false, true, false, true]);
        assert_eq!(pulse.last(), begun, "signs that are given are none of the other side");
        pulse.handle_sign(at(7));
        assert_eq!(pulse.last(), at(7));
    }
}
