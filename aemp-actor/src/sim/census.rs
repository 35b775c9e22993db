//! What a node holds.

use crate::node::Node;

/// What a node holds for its ports and for other nodes: for tests that look for leaks. The mesh has
/// its share in it: a port, and a monitor in each direction, for each node that is connected.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Census {
    /// Ports, reply ports included.
    pub ports: usize,
    /// Monitors on ports of other nodes.
    pub watching: usize,
    /// Ports here that other nodes monitor, counted once for each of these nodes.
    pub watched: usize,
    /// Ports here that other nodes spawned.
    pub spawned: usize,
    /// Messages that wait for a connection, or to be written.
    pub waiting: usize,
}

impl Census {
    /// Counts what a node holds now.
    #[must_use]
    pub fn of(node: &Node) -> Self {
        let mut census = Self { ports: node.port_count(), ..Self::default() };
        for peer in node.core().peers() {
            peer.count(&mut census);
        }
        census
    }
}
