//! From a stream to a connection.

use std::sync::Arc;

use aemp_transport::{
    Address, BoxStream, EstablishError, Established, LinkConfig, PeerGreeting, establish, start,
};

use crate::id::NodeId;
use crate::node::arbiter::{Claim, Refusal};
use crate::node::core::Core;
use crate::node::inbound::{Inbound, Origin};
use crate::node::peer::{Facts, Peer};
use crate::service::{Unexpected, data_admits, data_arrived};

/// What a stream has become.
pub(super) enum Greeted {
    /// A connection for messages.
    Node(Arc<Peer>),
    /// A data connection, which somebody has now.
    Data,
}

/// Why a stream did not become a connection.
pub(super) enum Failure {
    Establish(EstablishError),
    Refused(Refusal, NodeId),
    Unexpected(Unexpected),
}

/// A connection whose greeting was read. However its handshake ends, also when it is dropped, it
/// is in nobody's way afterwards; a node that has not proved itself by then was a stranger.
struct Admission<'a> {
    core: &'a Arc<Core>,
    peer: Option<Arc<Peer>>,
    attempt: u64,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if let Some(peer) = self.peer.take() {
            peer.release(self.attempt);
            self.core.forget_stranger(peer);
        }
    }
}

/// Runs the handshake on a stream and adopts the connection; `dialled` is its address unless the
/// other side has dialled.
///
/// # Cancel safety
/// Dropping it abandons the attempt.
pub(super) async fn greet(
    core: &Arc<Core>,
    stream: BoxStream,
    dialled: Option<&Address>,
) -> Result<Greeted, Failure> {
    let attempt = core.new_attempt();
    let timeout = core.config().monitor_timeout;
    let from = dialled.map(ToString::to_string).or_else(|| stream.peer_address());
    let mut admission = Admission { core, peer: None, attempt };
    let mut refused: Option<(Refusal, NodeId)> = None;
    let mut unexpected: Option<Unexpected> = None;
    let admit = |greeting: &PeerGreeting| {
        if greeting.sub_protocol().is_some() {
            unexpected = data_admits(core, greeting).err();
            return dialled.is_none() && unexpected.is_none();
        }
        let node = NodeId::from(greeting.node_id.as_str());
        let peer = admission.peer.insert(core.peer(&node));
        let claim = claim(core, &node, greeting, attempt);
        match peer.admit(&claim, from.as_deref()) {
            Ok(()) => true,
            Err(refusal) => {
                refused = Some((refusal, node));
                false
            }
        }
    };
    let established = establish(stream, core.handshake(), timeout, admit).await;
    if let Some(unexpected) = unexpected {
        return Err(Failure::Unexpected(unexpected));
    }
    let established = match established {
        Ok(established) if established.outcome.peer.sub_protocol().is_some() => {
            data_arrived(core, established).map_err(Failure::Unexpected)?;
            return Ok(Greeted::Data);
        }
        other => other,
    };
    let (established, peer) = match (established, &admission.peer, refused) {
        (_, _, Some((refusal, node))) => return Err(Failure::Refused(refusal, node)),
        (Ok(established), Some(peer), None) => (established, peer.clone()),
        // The other side refuses by closing; that it is connected is the likely reason, and none to
        // dial it again and again.
        (Err(EstablishError::Closed { .. }), Some(peer), None) if peer.is_up() => {
            return Err(Failure::Refused(Refusal::AlreadyUp, peer.id().clone()));
        }
        (Err(error), _, None) => return Err(Failure::Establish(error)),
        (Ok(_), None, None) => {
            return Err(Failure::Refused(Refusal::Superseded, core.id().clone()));
        }
    };
    adopt(core, peer, established, attempt, dialled).await.map(Greeted::Node)
}

/// Makes an established connection the one to its node.
async fn adopt(
    core: &Arc<Core>,
    peer: Arc<Peer>,
    established: Established,
    attempt: u64,
    dialled: Option<&Address>,
) -> Result<Arc<Peer>, Failure> {
    if let Err(error) = established.stream.limit_silence(core.config().monitor_timeout) {
        tracing::debug!(target: "aemp", "the system does not watch a connection: {error}");
    }
    let node = peer.id().clone();
    let greeting = established.outcome.peer.clone();
    let trusted = established.outcome.trusted;
    let rights = core.config().access.of(node.as_str(), trusted).clone();
    let claim = claim(core, &node, &greeting, attempt);
    let claim = Claim { trusted, member: claim.member && rights.may_join(), ..claim };
    let config = LinkConfig { max_queue: core.config().max_queue, limits: core.config().limits };
    let origin = Origin { peer: peer.clone(), attempt, rights };
    let sink = Inbound::new(core.clone(), origin);
    let facts = Facts::of(core, &established, dialled);
    let adopted = peer.adopt(core, &claim, facts, || start(established, config, |_| sink)).await;
    match adopted {
        Ok(_) => Ok(peer),
        Err(refusal) => Err(Failure::Refused(refusal, node)),
    }
}

fn claim<'a>(
    core: &'a Core,
    peer: &'a NodeId,
    greeting: &'a PeerGreeting,
    attempt: u64,
) -> Claim<'a> {
    let member = greeting.provider().is_some() || greeting.instance().is_some();
    Claim { own: core.id(), peer, instance: greeting.instance(), attempt, member, trusted: true }
}
