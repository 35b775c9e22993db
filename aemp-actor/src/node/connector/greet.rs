//! From a stream to a connection.

use std::sync::Arc;

use aemp_transport::{
    BoxStream, EstablishError, Established, LinkConfig, PeerGreeting, establish, start,
};

use crate::id::NodeId;
use crate::mutation::Passage;
use crate::node::arbiter::{Claim, Refusal};
use crate::node::core::Core;
use crate::node::inbound::{Inbound, Origin};
use crate::node::peer::Peer;

/// Why a stream did not become a connection.
pub(super) enum Failure {
    Establish(EstablishError),
    Refused(Refusal, NodeId),
}

/// Runs the handshake on a stream and adopts the connection.
pub(super) async fn greet(core: &Arc<Core>, stream: BoxStream) -> Result<Arc<Peer>, Failure> {
    let attempt = core.new_attempt();
    let timeout = core.config().monitor_timeout;
    if let Err(error) = stream.limit_silence(timeout) {
        tracing::debug!(target: "aemp", "the system does not watch a connection: {error}");
    }
    let mut admitted: Option<Admission> = None;
    let mut refused: Option<(Refusal, NodeId)> = None;
    let admit = |greeting: &PeerGreeting| {
        let node = NodeId::from(greeting.node_id.as_str());
        let peer = core.peer(&node);
        let claim = claim(core, &node, greeting, attempt);
        match peer.admit(&claim) {
            Ok(()) => {
                admitted = Some(Admission { peer, attempt });
                true
            }
            Err(refusal) => {
                refused = Some((refusal, node));
                false
            }
        }
    };
    let established = establish(stream, core.handshake().clone(), timeout, admit).await;
    let (established, admission) = match (established, admitted, refused) {
        (_, _, Some((refusal, node))) => return Err(Failure::Refused(refusal, node)),
        (Ok(established), Some(admission), None) => (established, admission),
        (Err(error), Some(admission), None) => return Err(admission.failed(error)),
        (Err(error), None, None) => return Err(Failure::Establish(error)),
        (Ok(_), None, None) => {
            return Err(Failure::Refused(Refusal::Superseded, core.id().clone()));
        }
    };
    adopt(core, &admission.peer, attempt, established).await
}

/// The connection is to be the one from now on.
async fn adopt(
    core: &Arc<Core>,
    peer: &Arc<Peer>,
    attempt: u64,
    established: Established,
) -> Result<Arc<Peer>, Failure> {
    let node = peer.id().clone();
    let greeting = established.outcome.peer.clone();
    let claim = claim(core, &node, &greeting, attempt);
    let config = LinkConfig { max_queue: core.config().max_queue, limits: core.config().limits };
    let sink = Inbound {
        core: core.clone(),
        origin: Origin { peer: peer.clone(), attempt },
        passage: Passage::default(),
    };
    let adopted = peer.adopt(core, &claim, || start(established, config, |_| sink)).await;
    match adopted {
        Ok(_) => Ok(peer.clone()),
        Err(refusal) => Err(Failure::Refused(refusal, node)),
    }
}

/// A connection that was let into the handshake. Dropped, also by whoever does not want to wait for
/// it any longer, it makes room for another.
struct Admission {
    peer: Arc<Peer>,
    attempt: u64,
}

impl Admission {
    /// The other side refuses by closing; that it is connected is the likely reason, and none to
    /// dial it again and again.
    fn failed(&self, error: EstablishError) -> Failure {
        if self.peer.is_up() {
            Failure::Refused(Refusal::AlreadyUp, self.peer.id().clone())
        } else {
            Failure::Establish(error)
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.peer.release(self.attempt);
    }
}

fn claim<'a>(
    core: &'a Core,
    peer: &'a NodeId,
    greeting: &'a PeerGreeting,
    attempt: u64,
) -> Claim<'a> {
    let member = greeting.provider().is_some() || greeting.instance().is_some();
    Claim { own: core.id(), peer, instance: greeting.instance(), attempt, member }
}
