//! What a simulation looks at, and breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Peer;
use super::state::Stage;
use crate::id::PortName;
use crate::node::Core;
use crate::reason::Reason;
use crate::sim::Census;

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
    pub(crate) fn watches(&self) -> BTreeMap<PortName, usize> {
        self.state.lock().watches.counts().map(|(port, count)| (port.clone(), count)).collect()
    }

    /// The ports here that it watches.
    pub(crate) fn watched(&self) -> BTreeSet<PortName> {
        self.state.lock().watched.keys().cloned().collect()
    }

    /// How many ports here it has spawned that live.
    pub(crate) fn spawned(&self) -> usize {
        self.state.lock().spawned
    }

    /// The bytes that wait for it.
    pub(crate) fn waiting_bytes(&self) -> usize {
        match &self.state.lock().stage {
            Stage::Connecting(waiting) | Stage::Falling(waiting) => waiting.bytes(),
            Stage::Up(up) => up.link.queued_bytes(),
            Stage::Idle => 0,
        }
    }

    /// The connection is lost, or the wait for one is given up, from one moment to the next.
    pub(crate) fn break_off(self: &Arc<Self>, core: &Arc<Core>) {
        let attempt = match &self.state.lock().stage {
            Stage::Up(up) => Some(up.attempt),
            _ => None,
        };
        self.fall(core, attempt, &Reason::transport("broken off"));
        if attempt.is_none() {
            core.mesh().given_up(core, &self.id);
        }
    }
}
