//! How long a question to the peer and its answer take: plain data.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

/// Questions of which the answer is awaited; the oldest is forgotten.
const AWAITED: usize = 64;

/// The measured times of one connection. Questions are numbered on and on, so that an answer to a
/// question of an earlier connection is none.
#[derive(Debug, Default)]
pub(super) struct RoundTrips {
    next: u64,
    asked: BTreeMap<u64, Question>,
    last: Option<Duration>,
    smoothed: Option<Duration>,
}

#[derive(Debug)]
struct Question {
    at: Instant,
    /// Who waits for this very answer.
    waiting: Option<oneshot::Sender<Duration>>,
}

impl RoundTrips {
    /// A question is about to be asked: its number.
    pub(super) fn ask(&mut self, now: Instant, waiting: Option<oneshot::Sender<Duration>>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.asked.insert(number, Question { at: now, waiting });
        if self.asked.len() > AWAITED {
            self.asked.pop_first();
        }
        number
    }

    /// The answer to a question came; one that was not asked is ignored.
    pub(super) fn answered(&mut self, number: u64, now: Instant) {
        let Some(question) = self.asked.remove(&number) else { return };
        let took = now.saturating_duration_since(question.at);
        self.last = Some(took);
        // As TCP does (RFC 6298): an eighth of what is new.
        self.smoothed = Some(match self.smoothed {
            Some(before) => (before * 7 + took) / 8,
            None => took,
        });
        if let Some(waiting) = question.waiting {
            // Nobody waits any more: no harm done.
            let _ = waiting.send(took);
        }
    }

    /// The connection is gone.
    pub(super) fn reset(&mut self) {
        *self = Self { next: self.next, ..Self::default() };
    }

    /// The latest, and the smoothed one.
    pub(super) fn measured(&self) -> Option<(Duration, Duration)> {
        Some((self.last?, self.smoothed?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_smoothed_and_strange_answers_ignored() {
        let (mut trips, begun) = (RoundTrips::default(), Instant::now());
        let millis = Duration::from_millis;
        let first = trips.ask(begun, None);
        trips.answered(first + 1, begun);
        assert_eq!(trips.measured(), None);
        trips.answered(first, begun + millis(80));
        assert_eq!(trips.measured(), Some((millis(80), millis(80))));
        let second = trips.ask(begun, None);
        trips.answered(second, begun + millis(160));
        trips.answered(second, begun + millis(999));
        assert_eq!(trips.measured(), Some((millis(160), millis(90))));
        let old = trips.ask(begun, None);
        trips.reset();
        trips.answered(old, begun + millis(1));
        assert_eq!(trips.measured(), None);
        for _ in 0..1000 {
            trips.ask(begun, None);
        }
        assert_eq!(trips.asked.len(), AWAITED);
    }
}
