//! Who dials whom through which hub, and when.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Address;
use tokio::time::Instant;

use super::table::Begun;
use crate::id::NodeId;
use crate::node::{Backoff, Core, Purpose, dial};

/// How long one hub is tried, the handshake included.
pub(crate) const RELAY_LIMIT: Duration = Duration::from_secs(5);

/// Hubs that are tried one after the other.
const HUBS: usize = 4;

/// Dials that nobody answers, until a node counts as one that does not know of relayed connections.
const UNANSWERED: usize = 3;

/// The longest pause before a lost connection is made again, so that the two nodes do not dial each
/// other in the same instant.
const JITTER: Duration = Duration::from_millis(200);

/// How long joining waits for a private node, if no hub says that it is gone.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether this node dials nodes that have no listener through others: it has none itself.
pub(crate) fn is_wanted(core: &Core) -> bool {
    core.config().relay && core.listeners().lock().is_empty()
}

/// Where a node may be reached of which no address is known, if this node has no listener: through
/// each node that it is connected to, a few at a time, beginning with another one in each `round`.
pub(crate) fn addresses(core: &Core, node: &NodeId, round: usize) -> Vec<Address> {
    if !is_wanted(core) {
        return Vec::new();
    }
    let mut hubs = hubs(core, node, None);
    if !hubs.is_empty() {
        let first = (round * HUBS) % hubs.len();
        hubs.rotate_left(first);
    }
    let relayed = hubs.iter().take(HUBS).map(|hub| Address::relayed(hub.as_str(), node.as_str()));
    relayed.filter_map(Result::ok).collect()
}

/// The nodes that this one is connected to, `first` at the head; the others in an order that is the
/// same for both ends, and another for each pair of them, so that pairs spread over the hubs.
fn hubs(core: &Core, node: &NodeId, first: Option<&NodeId>) -> Vec<NodeId> {
    let (low, high) = if core.id() < node { (core.id(), node) } else { (node, core.id()) };
    let mut hubs: Vec<(bool, u64, NodeId)> = core
        .peers()
        .into_iter()
        .filter(|peer| peer.id() != node && peer.direct_link().is_some())
        .map(|peer| {
            let mut hasher = DefaultHasher::new();
            (low.as_str(), high.as_str(), peer.id().as_str()).hash(&mut hasher);
            (Some(peer.id()) != first, hasher.finish(), peer.id().clone())
        })
        .collect();
    hubs.sort();
    hubs.into_iter().map(|(_, _, hub)| hub).collect()
}

/// Whether the node is left alone until something is wanted of it: this one is a visitor, and that
/// one most likely is, too.
fn is_left_alone(core: &Core, node: &NodeId) -> bool {
    core.config().visitor && node.is_anonymous()
}

/// Connects to a node without listeners that was heard of from `told_by`, or was lost, through the
/// nodes that this one is connected to; gives up after the connect timeout, or when nobody answers.
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
            tokio::time::sleep(JITTER.mul_f64(own.chance().fraction())).await;
        }
        let mut trying = std::pin::pin!(try_hubs(&own, &node, told_by.as_ref()));
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
    let mut unanswered = 0;
    while Instant::now() < deadline && unanswered < UNANSWERED {
        let (mut all_refuse, mut problem) = (true, None);
        for hub in hubs(core, node, told_by).iter().take(HUBS) {
            if peer.is_up() || peer.is_connecting() || core.is_closed() {
                return;
            }
            let Ok(address) = Address::relayed(hub.as_str(), node.as_str()) else { return };
            let again = unanswered > 0;
            let turn = core.relays().dials().turn(Purpose { wanted: false, again }).await;
            let refuses = match turn.run(RELAY_LIMIT, dial(core, &address)).await {
                Some(Ok(_)) => return,
                Some(Err(error)) if error.is_permanent() => {
                    tracing::warn!(target: "aemp", "no connection to node {node}: {error}");
                    return;
                }
                Some(Err(error)) => {
                    let refuses = error.is_refusal();
                    problem = Some(error);
                    refuses
                }
                None => {
                    unanswered += 1;
                    false
                }
            };
            all_refuse &= refuses;
            // Who told of the node knew it; what it refuses now has gone.
            if refuses && told_by == Some(hub) {
                do_not_wait(core, node);
            }
        }
        if let Some(problem) = problem {
            tracing::debug!(target: "aemp", "no connection to node {node} yet: {problem}");
            if all_refuse {
                do_not_wait(core, node);
            }
        }
        tokio::time::sleep(backoff.next(core.chance())).await;
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
