//! What a test of the whole crate looks at, and breaks, beyond what users can. Not for use by hand; it
//! changes without notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use tokio::sync::watch;

use crate::id::{NodeId, PortId};
use crate::node::{Core, Node};

/// What a node holds, in full; a [`Census`](super::Census) has only how much it is.
#[derive(Debug)]
pub struct Holdings {
    /// The nodes that it knows.
    pub peers: Vec<PeerHoldings>,
    /// Its ports, reply ports included.
    pub ports: Vec<PortHoldings>,
    /// Relayed connections that end here.
    pub relayed: usize,
    /// Relayed connections that it passes on, as their hub.
    pub passed: usize,
}

/// What a node holds for another one.
#[derive(Debug)]
pub struct PeerHoldings {
    /// The other node.
    pub node: NodeId,
    /// The ports there that are monitored here, and by how many monitors.
    pub watches: BTreeMap<PortId, usize>,
    /// The ports here that it monitors.
    pub watched: BTreeSet<PortId>,
    /// How many ports here it has spawned that live.
    pub spawned: usize,
}

/// What there is of a port.
#[derive(Debug)]
pub struct PortHoldings {
    /// Its ID.
    pub id: PortId,
    /// What it is made of.
    pub kind: &'static str,
    /// Messages in its mailbox.
    pub waiting: usize,
    /// Who monitors it.
    pub watchers: usize,
}

impl Holdings {
    /// Looks at a node.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        let core = node.core();
        let peers = core.peers().into_iter().map(|peer| PeerHoldings {
            node: peer.id().clone(),
            watches: peer.watches(),
            watched: peer.watched(core.id()),
            spawned: peer.spawned(),
        });
        Self {
            peers: peers.collect(),
            ports: ports(node),
            relayed: core.network().relays().held(),
            passed: core.network().relays().passed(),
        }
    }
}

/// The ports of a node.
#[must_use]
pub fn ports(node: &Node) -> Vec<PortHoldings> {
    let cells = node.core().registry().parts().flatten();
    let ports = cells.map(|cell| {
        let facts = cell.facts();
        let id = PortId::new(node.id().clone(), cell.name().clone());
        PortHoldings { id, kind: cell.kind(), waiting: facts.waiting, watchers: facts.watchers }
    });
    ports.collect()
}

/// A node that is not kept running by this.
#[derive(Clone, Debug)]
pub struct WeakNode(Weak<Core>);

impl WeakNode {
    /// That of a node.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        Self(Arc::downgrade(node.core()))
    }

    /// The members of a group, as far as the node has been told; none when nothing is left of it.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<PortId> {
        let core = self.0.upgrade();
        core.map(|core| core.network().mesh().groups(|groups| groups.members(group)).to_vec())
            .unwrap_or_default()
    }

    /// Whether it is this node, and not another one of the same ID.
    #[must_use]
    pub fn is(&self, node: &Node) -> bool {
        std::ptr::eq(self.0.as_ptr(), Arc::as_ptr(node.core()))
    }
}

/// Whether the node has joined. Does not keep it running.
#[must_use]
pub fn joined(node: &Node) -> watch::Receiver<bool> {
    node.core().network().mesh().joined()
}

/// The connection to another node is lost, or the wait for one is given up, from one moment to the next.
pub fn break_off(node: &Node, other: &NodeId) {
    if let Some(peer) = node.core().known_peer(other) {
        peer.break_off(node.core());
    }
}
