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
    core.config().relay && core.listeners().lock().is_empty()
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
        return core.mesh().given_up(core, node);
    }
    match core.relays().begin_approach(node) {
        Begun::First => {}
        Begun::Already => return,
        Begun::Hopeless => return core.mesh().given_up(core, node),
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
        own.relays().approached(&node);
        if !own.peer(&node).is_up() {
            own.mesh().given_up(&own, &node);
        }
        own.forget_stranger(own.peer(&node));
    });
}

/// Joining is not to wait for the node any more.
fn do_not_wait(core: &Arc<Core>, node: &NodeId) {
    if core.relays().is_hopeless(node) {
        core.mesh().given_up(core, node);
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

#[cfg(all(test, feature = "sim"))]
mod tests {
    use std::time::Duration;

    use crate::id::NodeId;
    use crate::node::Node;
    use crate::sim::{self, Network};

    async fn private(network: &Network, host: &str, visitor: bool) -> Node {
        let mut config = network.private_config(host).seed("mem:hub");
        config.visitor = visitor;
        let node = Node::configure(config).await.unwrap();
        node.joined().await.unwrap();
        node
    }

    /// They join without each other; what one sends to the other arrives all the same.
    #[test]
    fn visitors_are_connected_to_each_other_when_something_is_wanted() {
        sim::run(1, |network| async move {
            let _hub = Node::configure(network.config("hub")).await.unwrap();
            let worker = private(&network, "worker", false).await;
            let one = private(&network, "anon/one", true).await;
            let two = private(&network, "anon/two", true).await;
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(
                one.up_nodes(),
                ["hub", "worker"].map(NodeId::from),
                "and not the other one"
            );
            assert_eq!(
                two.up_nodes(),
                ["hub", "worker"].map(NodeId::from),
                "and not the other one"
            );
            assert_eq!(worker.up_nodes(), ["anon/one", "anon/two", "hub"].map(NodeId::from));
            let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
            let port = two.port_fn(move |_, message| {
                sender.send(message.arg::<u32>(0).unwrap()).unwrap();
            });
            one.snd(port.id(), ("hello", 1));
            assert_eq!(seen.recv().await, Some(1));
            assert!(one.node_is_up("anon/two") && two.node_is_up("anon/one"));
        });
    }

    /// A visitor and a node without an ID of its own that is none.
    #[test]
    fn who_is_no_visitor_approaches_a_visitor() {
        sim::run(2, |network| async move {
            let _hub = Node::configure(network.config("hub")).await.unwrap();
            let visitor = private(&network, "anon/visitor", true).await;
            let worker = private(&network, "anon/worker", false).await;
            assert!(worker.node_is_up("anon/visitor"));
            visitor.wait_up("anon/worker").await;
        });
    }
}
