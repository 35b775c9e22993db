//! What can go wrong when children are asked for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::reason::Reason;

/// A supervisor did not do what it was asked.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[non_exhaustive]
pub enum SupervisorError {
    /// It has a child of that name already.
    #[error("there is a child {name:?} already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// It has no child of that name.
    #[error("there is no child {name:?}")]
    NoSuchChild {
        /// The name.
        name: String,
    },
    /// It has as many children as it may have
    /// ([`max_children`](crate::supervisor::Supervisor::max_children)).
    #[error("there are {most} children already, as many as there may be (max_children)")]
    Full {
        /// How many it may have.
        most: usize,
    },
    /// It stops its children, and ends.
    #[error("the supervisor is ending")]
    Ending,
}

/// A child does not run now: nothing was sent.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRunning {
    /// It is being started, or will be started (again).
    #[error("child {name} does not run now{}", after(.reason))]
    #[non_exhaustive]
    Starting {
        /// The child.
        name: Arc<str>,
        /// Why it ended, if it did run before.
        reason: Option<Reason>,
    },
    /// Its supervisor does not start it again.
    #[error("child {name} has ended for good{}", after(.reason))]
    #[non_exhaustive]
    Ended {
        /// The child.
        name: Arc<str>,
        /// Why it ended, if it did run before.
        reason: Option<Reason>,
    },
}

fn after(reason: &Option<Reason>) -> String {
    reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
}
