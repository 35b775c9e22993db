//! The changes of a group as a stream.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::change::GroupChange;
use super::token::GrpMonToken;

/// The changes of one group: see [`Node::grp_events`](crate::Node::grp_events).
///
/// It ends when the node is shut down, with what was not read before; what that does to the group is
/// no change of it.
///
/// Bounded: changes that happen while nobody reads become one change with their net effect.
pub struct GroupEvents {
    unread: Arc<Unread>,
    token: GrpMonToken,
}

pub(crate) struct Unread {
    change: Mutex<Option<GroupChange>>,
    added: Notify,
    /// Nothing is added any more.
    ended: watch::Receiver<bool>,
}

impl Unread {
    pub(crate) fn new(ended: watch::Receiver<bool>) -> Self {
        Self { change: Mutex::default(), added: Notify::new(), ended }
    }

    fn take(&self) -> Option<GroupChange> {
        self.change.lock().take()
    }

    pub(crate) fn push(&self, change: &GroupChange) {
        let mut unread = self.change.lock();
        if *self.ended.borrow() {
            return;
        }
        let merged = match unread.take() {
            Some(earlier) => earlier.merged(change),
            None => change.clone(),
        };
        *unread = (!merged.is_empty()).then_some(merged);
        drop(unread);
        self.added.notify_waiters();
    }
}

impl GroupEvents {
    pub(crate) fn new(unread: Arc<Unread>, token: GrpMonToken) -> Self {
        Self { unread, token }
    }

    /// The next change; waits for it. The first is the group as it is, if it has members. `None`,
    /// and nothing else from then on, when the node is shut down and everything was read.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, no change is lost.
    pub async fn next(&mut self) -> Option<GroupChange> {
        let mut ended = self.unread.ended.clone();
        loop {
            let mut added = std::pin::pin!(self.unread.added.notified());
            added.as_mut().enable();
            if let Some(change) = self.unread.take() {
                return Some(change);
            }
            tokio::select! {
                () = added => {}
                _ = ended.wait_for(|ended| *ended) => return self.unread.take(),
            }
        }
    }
}

impl Drop for GroupEvents {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

impl std::fmt::Debug for GroupEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GroupEvents({:?})", self.token)
    }
}
