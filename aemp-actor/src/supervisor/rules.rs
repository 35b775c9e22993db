//! By which rules children are started again.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which children are started again when one of them has failed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strategy {
    /// Only the one that failed: children that do not depend on each other.
    #[default]
    OneForOne,
    /// All of them: the others are stopped, in reverse order, and all are started in order.
    OneForAll,
    /// The one that failed and those after it, which depend on it.
    RestForOne,
}

/// When a child is started again.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Restart {
    /// Always.
    #[default]
    Permanent,
    /// When it ended abnormally, could not be started, or its node went down. A normal end, and on the
    /// node of the supervisor one with the kind `shutdown`, is its end.
    Transient,
    /// Never: it is forgotten when it has ended.
    Temporary,
}

/// The pause before a child is started again: it doubles with each failure in a row, up to a bound.
///
/// Half of each pause is random, so that children that failed together do not come back together. The
/// random numbers are those of the node: in the simulated network they follow from its seed. A child
/// that has run for as long as the window of the [intensity](crate::supervisor::Supervisor::intensity) begins
/// with the first pause again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
}

impl Default for Backoff {
    /// From 10 ms to 10 s.
    fn default() -> Self {
        Self::new(Duration::from_millis(10), Duration::from_secs(10))
    }
}

impl Backoff {
    /// From `first` (half of it, at the least) to `most`.
    #[must_use]
    pub fn new(first: Duration, most: Duration) -> Self {
        Self { first, most: most.max(first) }
    }

    /// No pause: only the intensity bounds how often a child is started.
    #[must_use]
    pub fn none() -> Self {
        Self::new(Duration::ZERO, Duration::ZERO)
    }

    /// The first pause, without chance.
    pub(super) fn first(&self) -> Duration {
        self.first
    }

    /// The pause after so many failures in a row; `chance` is from 0 to 1.
    pub(crate) fn pause(&self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1 << doublings).min(self.most);
        pause.div_f64(2.0) + pause.mul_f64(chance.clamp(0.0, 1.0) / 2.0)
    }
}

/// How many failures a supervisor bears.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Intensity {
    /// `None`: any number.
    pub(super) restarts: Option<u32>,
    pub(super) window: Duration,
}

impl Default for Intensity {
    fn default() -> Self {
        Self { restarts: Some(3), window: Duration::from_secs(5) }
    }
}

/// The rules of a supervisor.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    pub(super) strategy: Strategy,
    pub(super) intensity: Intensity,
    pub(super) backoff: Backoff,
}

/// The rules of one child.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChildRules {
    pub(super) restart: Restart,
    /// How long its init function may take; `None`: any time.
    pub(super) start_deadline: Option<Duration>,
    /// How long it may take to end when it is told to; zero kills it at once, `None`: any time.
    pub(super) shutdown: Option<Duration>,
}

impl Default for ChildRules {
    fn default() -> Self {
        Self {
            restart: Restart::default(),
            start_deadline: Some(Duration::from_secs(30)),
            shutdown: Some(Duration::from_secs(5)),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneForOne => "one for one",
            Self::OneForAll => "one for all",
            Self::RestForOne => "rest for one",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_bound() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let pauses = [1, 2, 3, 4, 5, u32::MAX].map(|n| backoff.pause(n, 1.0).as_millis());
        assert_eq!(pauses, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(backoff.pause(2, 0.0), Duration::from_millis(100));
        assert_eq!(Backoff::none().pause(9, 1.0), Duration::ZERO);
        let longest = Backoff::new(Duration::MAX, Duration::MAX);
        assert!(longest.pause(3, 0.0) > Duration::from_secs(1 << 40));
    }
}
