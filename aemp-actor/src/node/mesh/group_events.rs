//! The changes of a group as a stream.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::group_token::GrpMonToken;
use crate::group::{GroupChange, Members};
use crate::id::PortId;

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
    net: Mutex<Net>,
    added: Notify,
    /// Nothing is added any more.
    ended: watch::Receiver<bool>,
}

impl Unread {
    pub(crate) fn new(ended: watch::Receiver<bool>) -> Self {
        Self { net: Mutex::default(), added: Notify::new(), ended }
    }

    fn take(&self) -> Option<GroupChange> {
        std::mem::take(&mut *self.net.lock()).into_change()
    }

    pub(crate) fn push(&self, change: &GroupChange) {
        let mut net = self.net.lock();
        if *self.ended.borrow() {
            return;
        }
        net.add(change);
        drop(net);
        self.added.notify_waiters();
    }
}

/// The net effect of several changes of a group: who came and went between is in neither set.
#[derive(Default)]
struct Net {
    group: String,
    ports: Members,
    added: BTreeSet<PortId>,
    removed: BTreeSet<PortId>,
}

impl Net {
    fn add(&mut self, change: &GroupChange) {
        for gone in change.removed.iter().filter(|gone| !self.added.remove(*gone)) {
            self.removed.insert(gone.clone());
        }
        for new in change.added.iter().filter(|new| !self.removed.remove(*new)) {
            self.added.insert(new.clone());
        }
        self.group.clone_from(&change.group);
        self.ports.clone_from(&change.ports);
    }

    fn into_change(self) -> Option<GroupChange> {
        let Self { group, ports, added, removed } = self;
        let (added, removed) = (added.into_iter().collect(), removed.into_iter().collect());
        Some(GroupChange { group, ports, added, removed }).filter(|change| !change.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::GroupTable;

    #[test]
    fn what_is_unread_is_the_net_effect() {
        let mut table = GroupTable::new(10);
        table.watch("g");
        table.add("g", "a#1".into()).unwrap();
        table.add("g", "a#2".into()).unwrap();
        assert!(table.remove("g", &"a#1".into()));
        let mut net = Net::default();
        let changes: Vec<GroupChange> = table.take_changes().collect();
        changes.iter().for_each(|change| net.add(change));
        let change = net.into_change().expect("one came");
        assert_eq!((change.added, change.removed), (vec!["a#2".into()], vec![]));
        assert_eq!(change.ports, vec![PortId::from("a#2")]);
        let mut net = Net::default();
        table.add("g", "a#3".into()).unwrap();
        assert!(table.remove("g", &"a#3".into()));
        table.take_changes().for_each(|change| net.add(&change));
        assert_eq!(net.into_change(), None);
    }
}
