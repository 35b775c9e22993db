//! What goes into a plan and what comes out of it.

use std::time::Duration;

use crate::reason::Reason;

/// Names a child; the order of the keys is that of the starts.
pub(super) type Key = u64;

/// Names a start of a child.
pub(super) type Run = u64;

/// The time since the supervisor began.
pub(super) type Time = Duration;

/// After so long a child that was killed at once counts as ended: its code does not await.
pub(super) const ABANDONED: Duration = Duration::from_secs(5);

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// The child is to be started.
    Start(Key, Run),
    /// It is to end, when it has handled what it was sent.
    Stop(Key, Run),
    /// It is to end at once.
    Kill(Key, Run),
    /// It does not end, and counts as ended.
    Abandon(Key, Run),
    /// The child is gone for good.
    Remove(Key),
    /// All children have ended, and so does the supervisor.
    End(Reason),
}

/// How a child ended.
#[derive(Clone, Debug)]
pub(super) struct Ended<'a> {
    pub(super) reason: &'a Reason,
    /// Its node is not connected any more: that is no fault of the child.
    pub(super) lost: bool,
    /// A random number from 0 to 1.
    pub(super) chance: f64,
}
