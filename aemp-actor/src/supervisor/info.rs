//! What a supervisor tells of its children.

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Goal, Phase};
use super::rules::{Restart, Strategy};
use crate::id::PortId;
use crate::reason::Reason;

/// A supervisor and its children, as it describes them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SupervisorInfo {
    /// Its port.
    pub port: PortId,
    /// Which children are started again when one has failed.
    pub strategy: Strategy,
    /// How many children it has.
    pub total: u64,
    /// The first 10,000 of them, in the order in which they are started.
    pub children: Vec<ChildInfo>,
}

/// A child, as its supervisor describes it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name.
    pub name: String,
    /// Its port, while it has one.
    #[serde(default)]
    pub port: Option<PortId>,
    /// Where it is in its life.
    pub state: ChildState,
    /// When it is started again.
    pub restart: Restart,
    /// How often it was started again.
    pub restarts: u64,
    /// Why it ended last.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// Whether it is a supervisor itself, as far as its supervisor knows.
    pub supervisor: bool,
}

/// Where a child is in its life.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ChildState {
    /// Its init function runs.
    Starting,
    /// It runs.
    Running,
    /// It is started when the pause is over, its node is up, or those before it have started.
    Waiting,
    /// It was told to end.
    Stopping,
    /// It has ended, and is not started again by itself.
    Stopped,
}

/// Children that are told of.
pub(super) const TOLD: usize = 10_000;

impl ChildState {
    pub(super) fn of(entry: &Entry) -> Self {
        match entry.phase {
            Phase::Down if entry.goal == Goal::Up => Self::Waiting,
            Phase::Down => Self::Stopped,
            Phase::Waiting { .. } => Self::Waiting,
            Phase::Starting { .. } => Self::Starting,
            Phase::Up { .. } => Self::Running,
            Phase::Stopping { .. } | Phase::Killed { .. } => Self::Stopping,
        }
    }
}
