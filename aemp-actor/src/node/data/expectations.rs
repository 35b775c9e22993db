//! Which data connections are to come.

use std::collections::HashMap;
use std::sync::Arc;

use aemp_transport::Permit;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::connection::DataConn;
use crate::id::{NodeId, PortId};
use crate::node::{Core, MonGuard};

/// What is done with the connection when it has come.
pub(super) type Then = Box<dyn FnOnce(&Arc<Core>, DataConn) + Send>;

/// A data connection that is to come.
pub(super) struct Expectation {
    /// The one node that it may come from, or be dialled to.
    pub(super) node: NodeId,
    pub(super) then: Then,
    /// What there is if it was another node that wanted it.
    pub(super) wanted: Option<Wanted>,
}

/// What another node has to do with an expectation.
pub(super) struct Wanted {
    /// The port there to kill when the connection does not come.
    pub(super) port: PortId,
    pub(super) permit: Permit<NodeId>,
    /// This node was asked to dial.
    pub(super) dialled: bool,
    /// Ends the expectation when the port dies.
    pub(super) monitor: Option<MonGuard>,
    /// Dropped with the expectation, it ends its timer.
    pub(super) _timer: oneshot::Sender<()>,
}

/// All that are expected, by ID. Nothing is dropped under its lock: that may run anybody's code.
#[derive(Default)]
pub(super) struct Expectations {
    by_id: Mutex<HashMap<String, Expectation>>,
}

impl Expectations {
    /// Adds one; gives it back if the ID is taken.
    pub(super) fn add(&self, id: &str, expectation: Expectation) -> Result<(), Box<Expectation>> {
        let mut by_id = self.by_id.lock();
        if by_id.contains_key(id) {
            return Err(Box::new(expectation));
        }
        by_id.insert(id.to_owned(), expectation);
        Ok(())
    }

    /// Whether a connection of this ID may come from the node.
    pub(super) fn has(&self, id: &str, node: &NodeId) -> bool {
        self.by_id.lock().get(id).is_some_and(|expectation| expectation.node == *node)
    }

    /// Takes one out, if it is for this node.
    pub(super) fn take(&self, id: &str, node: &NodeId) -> Option<Expectation> {
        let mut by_id = self.by_id.lock();
        by_id.get(id).filter(|expectation| expectation.node == *node)?;
        by_id.remove(id)
    }

    /// Remembers the monitor of the port; gives it back if the expectation is gone.
    pub(super) fn set_monitor(&self, id: &str, monitor: MonGuard) -> Result<(), MonGuard> {
        match self.by_id.lock().get_mut(id).and_then(|found| found.wanted.as_mut()) {
            Some(wanted) => {
                wanted.monitor = Some(monitor);
                Ok(())
            }
            None => Err(monitor),
        }
    }

    /// Notes that the node that wants the connection has asked us to dial; false if it has before,
    /// or wants no such connection.
    pub(super) fn begin_dial(&self, id: &str, node: &NodeId) -> bool {
        let mut by_id = self.by_id.lock();
        let found = by_id.get_mut(id).filter(|expectation| expectation.node == *node);
        let Some(wanted) = found.and_then(|found| found.wanted.as_mut()) else { return false };
        !std::mem::replace(&mut wanted.dialled, true)
    }

    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.by_id.lock());
        drop(all);
    }
}

#[cfg(test)]
mod tests {
    use aemp_transport::AdmissionLimit;

    use super::*;

    fn expectation(node: &str) -> Expectation {
        let node = NodeId::from(node);
        let admissions = AdmissionLimit::fixed(1, 1);
        let permit = admissions.try_admit(Some(node.clone())).expect("there is room").permit;
        let (timer, _) = oneshot::channel();
        let port = PortId::from("other#p");
        let wanted = Some(Wanted { port, permit, dialled: false, monitor: None, _timer: timer });
        Expectation { node, then: Box::new(|_, _| {}), wanted }
    }

    #[test]
    fn an_id_is_for_one_node_and_one_connection() {
        let (table, other, third) =
            (Expectations::default(), NodeId::from("other"), NodeId::from("third"));
        assert!(table.add("id", expectation("other")).is_ok());
        assert!(table.add("id", expectation("third")).is_err());
        assert!(table.has("id", &other) && !table.has("id", &third) && !table.has("x", &other));
        assert!(!table.begin_dial("id", &third));
        assert!(table.begin_dial("id", &other));
        assert!(!table.begin_dial("id", &other), "once");
        assert!(table.take("id", &third).is_none());
        assert!(table.take("id", &other).is_some());
        assert!(table.take("id", &other).is_none());
    }
}
