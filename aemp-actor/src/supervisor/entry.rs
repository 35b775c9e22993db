//! What a supervisor knows of one child.

use std::sync::Arc;

use super::effect::{Run, Time};
use super::rules::ChildRules;
use crate::reason::Reason;

/// Where a child is in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// It does not run.
    Down,
    /// It is started again then; `lost`: because its node is not connected.
    Waiting { until: Time, lost: bool },
    /// Its init function runs.
    Starting { until: Option<Time> },
    /// It runs.
    Up { since: Time },
    /// It was told to end.
    Stopping { until: Option<Time> },
    /// It is to end at once.
    Killed { until: Time },
}

impl Phase {
    /// Whether it was started and has not ended.
    pub(super) fn is_alive(self) -> bool {
        !matches!(self, Self::Down | Self::Waiting { .. })
    }

    pub(super) fn is_stopping(self) -> bool {
        matches!(self, Self::Stopping { .. } | Self::Killed { .. })
    }

    /// When something is to be done.
    pub(super) fn alarm(self) -> Option<Time> {
        match self {
            Self::Waiting { until, .. } | Self::Killed { until } => Some(until),
            Self::Starting { until } | Self::Stopping { until } => until,
            Self::Down | Self::Up { .. } => None,
        }
    }
}

/// What is wanted of a child.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Goal {
    Up,
    /// It stays known, and can be started again.
    Down,
    /// It is removed.
    Gone,
}

/// One child.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) rules: ChildRules,
    pub(super) phase: Phase,
    pub(super) goal: Goal,
    /// The last start; those before it are over.
    pub(super) run: Run,
    /// It is started after those before it.
    pub(super) ordered: bool,
    /// It has no place in the order at all.
    pub(super) free: bool,
    /// Failures in a row.
    pub(super) pauses: u32,
    /// Why it ended last.
    pub(super) reason: Option<Reason>,
    pub(super) restarts: u64,
    /// It was killed because it has failed, and not because it is to end.
    pub(super) failing: Option<Reason>,
}

impl Entry {
    pub(super) fn new(name: Arc<str>, rules: ChildRules, free: bool) -> Self {
        Self {
            name,
            rules,
            phase: Phase::Down,
            goal: Goal::Up,
            run: Run::MAX,
            ordered: !free,
            free,
            pauses: 0,
            reason: None,
            restarts: 0,
            failing: None,
        }
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Up { .. })
    }

    /// Whether it is to be up and is not.
    pub(super) fn is_unready(&self) -> bool {
        self.goal == Goal::Up && !self.is_up()
    }

    /// Whether it waits for its turn to be started.
    pub(super) fn is_pending(&self) -> bool {
        self.goal == Goal::Up && self.ordered && !self.phase.is_alive()
    }
}
