//! Dialling a node through hubs, one after the other.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Address;

use super::approach::is_wanted;
use crate::id::NodeId;
use crate::node::{Core, DialError, Peer, Purpose, dial};

/// How long one hub is tried, the handshake included.
pub(crate) const RELAY_LIMIT: Duration = Duration::from_secs(5);

/// Hubs that are tried in one round.
const HUBS: usize = 4;

/// What came of a round.
#[derive(Default)]
pub(super) struct Round {
    /// Hubs that did not answer, or the node behind them.
    pub(super) unanswered: usize,
    /// Hubs that said no, or the node behind them.
    pub(super) refused: usize,
    /// The last problem, unless there was no answer.
    pub(super) problem: Option<DialError>,
}

/// Where a node may be reached of which no address is known, if this node has no listener.
pub(crate) fn addresses(core: &Core, node: &NodeId, round: usize) -> Vec<Address> {
    if !is_wanted(core) {
        return Vec::new();
    }
    let hubs = hubs(core, node, None, round);
    let relayed = hubs.iter().map(|hub| Address::relayed(hub.as_str(), node.as_str()));
    relayed.filter_map(Result::ok).collect()
}

/// Some of the nodes that this one is connected to, others in each `round` if there are many; `first` at
/// the head of all. The order of the others is the same for both ends, and another for each pair of
/// them, so that pairs spread over the hubs.
pub(super) fn hubs(
    core: &Core,
    node: &NodeId,
    first: Option<&NodeId>,
    round: usize,
) -> Vec<NodeId> {
    let (low, high) = if core.id() < node { (core.id(), node) } else { (node, core.id()) };
    let mut hubs: Vec<(bool, u64, NodeId)> = core
        .network()
        .connected()
        .into_iter()
        .filter(|peer| peer.id() != node && peer.direct_link().is_some())
        .map(|peer| {
            let mut hasher = DefaultHasher::new();
            (low.as_str(), high.as_str(), peer.id().as_str()).hash(&mut hasher);
            (Some(peer.id()) != first, hasher.finish(), peer.id().clone())
        })
        .collect();
    hubs.sort();
    if hubs.len() > HUBS {
        let begin = round.wrapping_mul(HUBS) % hubs.len();
        hubs.rotate_left(begin);
        hubs.truncate(HUBS);
    }
    hubs.into_iter().map(|(_, _, hub)| hub).collect()
}

/// Dials the node through one hub after the other, for as long as it `is_sought`; calls `refuses` with
/// each hub that says no. `None` when the node is connected, is not sought any more, or can be
/// connected only after somebody has changed a configuration.
pub(super) async fn dial_through(
    core: &Arc<Core>,
    peer: &Arc<Peer>,
    hubs: &[NodeId],
    purpose: Purpose,
    is_sought: impl Fn(&Peer) -> bool,
    refuses: impl Fn(&NodeId),
) -> Option<Round> {
    let mut round = Round::default();
    for hub in hubs {
        if !is_sought(peer) {
            return None;
        }
        let address = Address::relayed(hub.as_str(), peer.id().as_str()).ok()?;
        let again = purpose.again || round.unanswered > 0;
        let turn = core.network().relays().dials().turn(Purpose { again, ..purpose }).await;
        match turn.run(RELAY_LIMIT, dial(core, &address)).await {
            Some(Ok(_)) => return None,
            Some(Err(error)) if error.is_permanent() => {
                tracing::warn!(target: "aemp", "no connection to node {}: {error}", peer.id());
                return None;
            }
            Some(Err(error)) => {
                if error.is_refusal() {
                    round.refused += 1;
                    refuses(hub);
                }
                round.problem = Some(error);
            }
            None => round.unanswered += 1,
        }
    }
    Some(round)
}
