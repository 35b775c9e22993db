//! Connecting to nodes of which no address can be dialled from here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::fallback::patience;
use super::hubs::{dial_through, hubs};
use super::table::Begun;
use crate::id::NodeId;
use crate::node::{Backoff, Core, Peer, Purpose};

/// Dials that nobody answers, until a node counts as one that does not know of relayed connections.
pub(super) const UNANSWERED: usize = 3;

/// The longest pause before a lost connection is made again, so that the two nodes do not dial each
/// other in the same instant.
const JITTER: Duration = Duration::from_millis(200);

/// How long joining waits for such a node, if no hub says that it is gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether this node dials nodes that have no listener through others: it has none itself.
pub(crate) fn is_wanted(core: &Core) -> bool {
    core.config().relay && !core.network().has_listeners()
}

/// Whether the node is left alone until something is wanted of it: this one is a visitor, and that
/// one most likely is, too.
fn is_left_alone(core: &Core, node: &NodeId) -> bool {
    core.config().visitor && node.is_anonymous()
}

/// Connects to a node without an address that this one can dial, which was heard of from `told_by`, or
/// was lost, through the nodes that this one is connected to; gives up after the connect timeout, or
/// when nobody answers. If this node listens, the other one may dial it, and has time to.
///
/// Nothing waits for it: what is to be sent meanwhile makes a connection of its own. Only joining
/// does: until the hub that told of the node, or every hub, refuses, or for [`PATIENCE`].
pub(crate) fn approach(core: &Arc<Core>, node: &NodeId, told_by: Option<&NodeId>) {
    if is_left_alone(core, node) {
        return core.network().mesh().leave_alone(core, node);
    }
    match core.network().relays().begin_approach(node) {
        Begun::First => {}
        Begun::Already => return,
        Begun::Hopeless => return core.network().mesh().given_up(core, node),
    }
    let (own, node, told_by) = (core.clone(), node.clone(), told_by.cloned());
    core.run(async move {
        if told_by.is_none() {
            tokio::time::sleep(JITTER.mul_f64(own.environment().fraction())).await;
        }
        let mut trying = std::pin::pin!(async {
            if !is_wanted(&own) {
                tokio::time::sleep(patience(&own)).await;
            }
            try_hubs(&own, &node, told_by.as_ref()).await;
        });
        if tokio::time::timeout(PATIENCE, &mut trying).await.is_err() {
            do_not_wait(&own, &node);
            trying.await;
        }
        own.network().relays().approached(&node);
        if !own.peer(&node).is_up() {
            own.network().mesh().given_up(&own, &node);
        }
        own.network().forget_stranger(own.peer(&node));
    });
}

/// Joining is not to wait for the node any more.
fn do_not_wait(core: &Arc<Core>, node: &NodeId) {
    if core.network().relays().is_hopeless(node) {
        core.network().mesh().given_up(core, node);
    }
}

async fn try_hubs(core: &Arc<Core>, node: &NodeId, told_by: Option<&NodeId>) {
    let peer = core.peer(node);
    let deadline = Instant::now() + core.config().connect_timeout_or_default();
    let mut backoff = Backoff::new(core.config().connect_interval);
    let is_sought = |peer: &Peer| !(peer.is_up() || peer.is_connecting() || core.is_closed());
    // Who told of the node knew it; what it refuses now has gone.
    let refuses = |hub: &NodeId| {
        if told_by == Some(hub) {
            do_not_wait(core, node);
        }
    };
    let mut unanswered = 0;
    for round in 0.. {
        if Instant::now() >= deadline || unanswered >= UNANSWERED {
            return;
        }
        let hubs = hubs(core, node, told_by, round);
        let purpose = Purpose { wanted: false, again: unanswered > 0 };
        let tried = dial_through(core, &peer, &hubs, purpose, is_sought, refuses).await;
        let Some(tried) = tried else { return };
        unanswered += tried.unanswered;
        if let Some(problem) = tried.problem {
            tracing::debug!(target: "aemp", "no connection to node {node} yet: {problem}");
            if tried.refused == hubs.len() {
                do_not_wait(core, node);
            }
        }
        tokio::time::sleep(backoff.next(core.environment())).await;
    }
}
