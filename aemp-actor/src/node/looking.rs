//! Looking: which other nodes there are, and what this one has.

use super::counters::DroppedCounts;
use super::events::{NodeEvent, NodeEvents, NodesToken};
use super::handle::Node;
use crate::id::NodeId;

/// The other nodes, and this one's counts.
impl Node {
    /// Calls `f` each time another node comes up or goes down; ups and downs of a node
    /// alternate. `f` runs in the task that noticed it and must be quick.
    pub fn mon_nodes(&self, f: impl Fn(&NodeEvent) + Send + Sync + 'static) -> NodesToken {
        NodesToken::new(self.core(), self.core().events().add(f))
    }

    /// Whether there is a connection to the node; a node is up for itself.
    pub fn node_is_up(&self, node: impl Into<NodeId>) -> bool {
        let node = node.into();
        node == *self.id() || self.core().known_peer(&node).is_some_and(|peer| peer.is_up())
    }

    /// Waits until there is a connection to the node, or this node is shut down.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn wait_up(&self, node: impl Into<NodeId>) {
        let peer = self.core().peer(&node.into());
        peer.until(|peer| peer.is_up() || peer.id() == self.id() || self.core().is_closed()).await;
    }

    /// Waits until the node has joined the mesh: a seed is up and has told its news, and the nodes
    /// that it named are connected and have told theirs, or could not be reached (for private nodes, that
    /// are connected through others: within 3 s). At once when there are no seeds, or the node is
    /// shut down.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn joined(&self) {
        // The sender lives as long as the node.
        drop(self.core().mesh().joined().wait_for(|joined| *joined).await);
    }

    /// The other nodes that are connected.
    pub fn up_nodes(&self) -> Vec<NodeId> {
        self.core().up_nodes()
    }

    /// The other nodes that are connected, are being connected to, or can be dialled.
    pub fn known_nodes(&self) -> Vec<NodeId> {
        self.core().known_nodes()
    }

    /// How many messages were dropped, by cause.
    pub fn dropped(&self) -> DroppedCounts {
        self.core().counters().snapshot()
    }

    /// How many ports there are, reply ports included.
    pub fn port_count(&self) -> usize {
        self.core().registry().len()
    }

    /// The other nodes coming up and going down, as a stream of events.
    pub fn node_events(&self) -> NodeEvents {
        NodeEvents::new(self.core())
    }
}
