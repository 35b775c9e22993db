//! What the mesh wants done.

use std::sync::Arc;

use aemp_transport::Value;

use crate::group::{GroupChange, Members};
use crate::id::{NodeId, PortName};

/// Called with each change of a group.
pub(super) type GroupCallback = Arc<dyn Fn(&GroupChange) + Send + Sync>;

/// What is called behind other effects.
pub(super) type Afterwards = Box<dyn FnOnce() + Send>;

/// One thing to be done, after those before it.
pub(super) enum Effect {
    /// Spawn our rendezvous port on a node that came up, and monitor it.
    Meet { node: NodeId, attempt: u64, port: PortName },
    /// Send to our rendezvous port on a node, if it is still connected.
    Tell { node: NodeId, port: PortName, message: Vec<Value> },
    /// A node that is up has said where it can be dialled.
    Located { node: NodeId, addresses: Vec<String> },
    /// Tell the nodes that asked for news of a node's addresses, after a while.
    Announce { node: NodeId },
    /// A node was heard of: connect to it.
    Dial { node: NodeId, addresses: Vec<String>, told_by: NodeId },
    /// A node that was up, or heard of, cannot be reached: ask the master for it now and then.
    Seek { node: NodeId },
    /// The node has this one remember more than it may: its connection is closed.
    Exceeded { node: NodeId, attempt: u64, text: String },
    /// Tell the monitors of the group.
    Changed(GroupChange),
    /// A new monitor: tell it of the group as it is, if it has members.
    Monitor { id: u64, group: String, ports: Members },
    /// Call it: all that was to be done before is done.
    Then(Afterwards),
    /// The node has joined.
    Joined,
}
