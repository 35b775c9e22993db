//! From a connection whose handshake is done to whoever expects it.

use std::sync::Arc;

use aemp_transport::{Established, PeerGreeting};

use super::connection::DataConn;
use super::expectations::Expectation;
use super::wire::{DATA_CONN, ID_KEY, KIND};
use crate::id::NodeId;
use crate::node::{Core, Dropped};
use crate::reason::Reason;
use crate::visible::one_line;

/// A data connection that nobody expects. (Its ID is not shown: it may be somebody's secret.)
#[derive(Debug, thiserror::Error)]
#[error("nobody expects a data connection of node {node} with this ID (any more)")]
pub(crate) struct Unexpected {
    node: NodeId,
}

/// Whether a connection that asks for this in its greeting is expected; who it is has not been
/// proved yet.
pub(crate) fn admits(core: &Arc<Core>, greeting: &PeerGreeting) -> Result<(), Unexpected> {
    let node = NodeId::from(greeting.node_id.as_str());
    let known = greeting.sub_protocol() == Some(DATA_CONN)
        && greeting.key(ID_KEY).is_some_and(|id| core.network().data().expectations.has(id, &node));
    if known { Ok(()) } else { Err(refuse(core, node)) }
}

/// A connection has come from another node.
pub(crate) fn arrived(core: &Arc<Core>, established: Established) -> Result<(), Unexpected> {
    let id = established.outcome.peer.key(ID_KEY).unwrap_or_default().to_owned();
    hand_over(core, &id, established)
}

/// Gives the connection of this ID to who expects it.
pub(super) fn hand_over(
    core: &Arc<Core>,
    id: &str,
    established: Established,
) -> Result<(), Unexpected> {
    let outcome = &established.outcome;
    let node = NodeId::from(outcome.peer.node_id.as_str());
    let rights = core.config().access.of(node.as_str(), outcome.trusted);
    let Some(expectation) = core.network().data().expectations.take(id, &node) else {
        return Err(refuse(core, node));
    };
    let Expectation { then, wanted, .. } = expectation;
    if wanted.is_some() && !rights.may_open_data() {
        return Err(refuse(core, node));
    }
    let timeout = core.config().monitor_timeout;
    if let Err(error) = established.stream.keep_alive(timeout) {
        tracing::debug!(target: "aemp", "the system does not watch a data connection: {error}");
    }
    let permit = wanted.map(|wanted| wanted.permit);
    then(core, DataConn::new(established, permit));
    Ok(())
}

fn refuse(core: &Core, node: NodeId) -> Unexpected {
    core.count_dropped(Dropped::Refused, 1);
    Unexpected { node }
}

/// The connection that this node wants will not come: tells it.
pub(super) fn fail(core: &Arc<Core>, id: &str, node: &NodeId, text: &str) {
    let Some(expectation) = core.network().data().expectations.take(id, node) else { return };
    tracing::debug!(target: "aemp", "data connection of node {node}: {}", one_line(text));
    if let Some(wanted) = &expectation.wanted {
        core.kil(&wanted.port, reason(text));
    }
}

pub(super) fn reason(text: &str) -> Reason {
    Reason::new(KIND, text)
}
