//! What is held for a peer, for tests that look for leaks.

use super::Peer;
use super::state::Stage;
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
}
