//! What a node holds for its peers, for tests to look at; and losing a connection at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Peer;
use super::state::Stage;
use crate::id::{NodeId, PortId};
use crate::node::{Core, Node};
use crate::reason::Reason;

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

impl Peer {
    /// Adds what is held for this peer.
    pub(crate) fn count(&self, census: &mut Census) {
        let state = self.state.lock();
        census.watching += state.watches.len();
        census.watched += state.watched.len();
        census.spawned += state.spawned;
        census.waiting += match &state.stage {
            Stage::Connecting(waiting) | Stage::Falling(waiting) => waiting.len(),
            Stage::Up(up) => up.link.lost_packets(),
            Stage::Idle => 0,
        };
    }

    /// The ports there that are watched here, with how many watches.
    pub(crate) fn watches(&self) -> BTreeMap<PortId, usize> {
        let state = self.state.lock();
        let counts = state.watches.counts();
        counts.map(|(name, count)| (PortId::new(self.id.clone(), name.clone()), count)).collect()
    }

    /// The ports here, on node `own`, that it watches.
    pub(crate) fn watched(&self, own: &NodeId) -> BTreeSet<PortId> {
        let state = self.state.lock();
        state.watched.keys().map(|name| PortId::new(own.clone(), name.clone())).collect()
    }

    /// How many ports here it has spawned that live.
    pub(crate) fn spawned(&self) -> usize {
        self.state.lock().spawned
    }

    /// The connection is lost, or the wait for one is given up, from one moment to the next.
    pub(crate) fn break_off(self: &Arc<Self>, core: &Arc<Core>) {
        let attempt = match &self.state.lock().stage {
            Stage::Up(up) => Some(up.attempt),
            _ => None,
        };
        self.fall(core, attempt, &Reason::transport("broken off"));
        if attempt.is_none() {
            core.network().mesh().given_up(core, &self.id);
        }
    }
}
