//! Why nobody came.

use std::time::Duration;

/// A group has no member, and it is not waited any more.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupWaitError {
    /// The time has passed.
    #[error("group {group:?} has had no member for {within:?}")]
    Timeout {
        /// The group.
        group: String,
        /// How long it was waited.
        within: Duration,
    },
    /// This node was shut down.
    #[error("group {group:?} will have no member: this node is shut down")]
    ShutDown {
        /// The group.
        group: String,
    },
}
