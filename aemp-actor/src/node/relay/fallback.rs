//! Connecting through a hub to a node whose addresses lead nowhere: behind NAT or a firewall, or in a
//! container.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::approach::{UNANSWERED, is_wanted};
use super::hubs::{dial_through, hubs};
use crate::node::{Backoff, Core, Peer, Purpose};

/// How long the addresses alone are tried, at the most. A connection that was made through a hub stays,
/// even when a direct one could be made later: so a direct one has the time for two lost packets (which
/// TCP sends again after 1 s and 3 s), and the other node has the time to hear of this one (the mesh
/// tells it within 3 s) and to dial it.
const DIRECT_FIRST: Duration = Duration::from_secs(4);

/// The same for this node: a third of the connect timeout, if that is less.
pub(super) fn patience(core: &Core) -> Duration {
    DIRECT_FIRST.min(core.config().connect_timeout_or_default() / 3)
}

/// Dials a node through hubs when its addresses have had their time, while they are tried again and
/// again by the caller, who counts the `failures` to reach any of them. Completes when the node is
/// connected.
///
/// If nothing is wanted of the node, it ends as soon as all hubs refuse, the one among them that has
/// told of the node: whoever tells of nodes that do not exist costs a few requests for each.
///
/// # Cancel safety
/// Dropping it gives the attempt up.
pub(crate) async fn fall_back(
    core: &Arc<Core>,
    peer: &Arc<Peer>,
    failures: &mut watch::Receiver<u64>,
) {
    if core.config().relay {
        // Until then the caller tries hubs itself.
        let mut backoff = Backoff::new(core.config().connect_interval);
        while !core.network().book().knows(peer.id()) {
            tokio::time::sleep(backoff.next(core.environment())).await;
        }
        if is_wanted(core) {
            // Nobody can dial this node: nothing else is to be waited for.
            failed(core, failures).await;
        } else {
            tokio::time::sleep(patience(core)).await;
        }
        try_hubs(core, peer, failures).await;
    }
    if !peer.is_up() {
        pending().await
    }
}

/// Waits until all addresses have failed once more, or have had their time.
async fn failed(core: &Core, failures: &mut watch::Receiver<u64>) {
    // (An error when the caller does not dial any more, and is about to end.)
    drop(tokio::time::timeout(patience(core), failures.changed()).await);
}

async fn try_hubs(core: &Arc<Core>, peer: &Arc<Peer>, failures: &mut watch::Receiver<u64>) {
    let node = peer.id();
    let mut backoff = Backoff::new(core.config().connect_interval);
    let mut unanswered = 0;
    for round in 0.. {
        if unanswered >= UNANSWERED {
            return;
        }
        let hubs = hubs(core, node, core.network().book().teller(node).as_ref(), round);
        let purpose = Purpose { wanted: peer.is_wanted(), again: round > 0 };
        let tried = dial_through(core, peer, &hubs, purpose, Peer::is_connecting, |_| ()).await;
        let Some(tried) = tried else { return };
        if let Some(problem) = tried.problem {
            tracing::debug!(target: "aemp", "no connection to node {node} yet: {problem}");
            if tried.refused == hubs.len() && !peer.is_wanted() {
                return;
            }
        }
        unanswered += tried.unanswered;
        tokio::time::sleep(backoff.next(core.environment())).await;
        // A node that was restarted meanwhile is dialled before hubs know it.
        failures.mark_unchanged();
        failed(core, failures).await;
    }
}
