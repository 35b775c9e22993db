//! Pauses between attempts.

use std::time::Duration;

use crate::node::environment::Environment;

/// The pause after the first failed attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Pauses that double, each shortened by a random part, so that nodes do not move in step.
pub(crate) struct Backoff {
    pause: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn new(longest: Duration) -> Self {
        Self { pause: FIRST_PAUSE.min(longest), longest }
    }

    pub(crate) fn next(&mut self, environment: &dyn Environment) -> Duration {
        let pause = self.pause.mul_f64(1.0 - environment.fraction() / 2.0);
        self.pause = (self.pause * 2).min(self.longest);
        pause
    }
}
