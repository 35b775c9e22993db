//! From a stream to a connection.

use std::sync::Arc;

use aemp_transport::{
    Address, Admission, Admit, BoxStream, EstablishError, Established, LinkConfig, Outcome,
    PeerGreeting, establish_with, start,
};

#[cfg(feature = "fail-points")]
use crate::fail_points::Passage;
use crate::id::NodeId;
use crate::node::arbiter::{Arbiter, Claim, Refusal};
use crate::node::core::Core;
use crate::node::data::{self, Unexpected};
use crate::node::door::Visit;
use crate::node::inbound::{Inbound, Origin};
#[cfg(feature = "fail-points")]
use crate::node::mesh;
use crate::node::peer::{Facts, Peer};

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

/// A connection in its handshake. Until it has proved itself nothing is kept of it anywhere else;
/// and however its handshake ends, also when it is dropped, it is in nobody's way afterwards.
struct Candidate<'a> {
    core: &'a Arc<Core>,
    attempt: u64,
    /// The other end's address.
    from: Option<String>,
    /// It is this node that has dialled.
    dialled: bool,
    /// While it has not proved itself.
    visit: Option<Visit>,
    /// What it has said.
    greeting: Option<PeerGreeting>,
    /// Once it has proved itself.
    peer: Option<Arc<Peer>>,
    /// The node was connected when the greeting came.
    was_up: bool,
    refused: Option<Refusal>,
    unexpected: Option<Unexpected>,
}

impl Admit for Candidate<'_> {
    fn greeted(&mut self, greeting: &PeerGreeting) -> Admission {
        if greeting.sub_protocol().is_some() {
            self.unexpected = data::admits(self.core, greeting).err();
            let wanted = !self.dialled && self.unexpected.is_none();
            return if wanted { Admission::AtOnce } else { Admission::Refused };
        }
        let node = NodeId::from(greeting.node_id.as_str());
        let claim = claim(self.core, &node, greeting, self.attempt);
        self.greeting = Some(greeting.clone());
        let greeted = match self.core.known_peer(&node) {
            Some(peer) => {
                self.was_up = peer.is_up();
                peer.greet(&claim, self.from.as_deref())
            }
            None => Arbiter::default().greet(&claim),
        };
        greeted.unwrap_or_else(|refusal| {
            self.refused = Some(refusal);
            Admission::Refused
        })
    }

    fn proved(&mut self, outcome: Option<&Outcome>) -> bool {
        let Some(outcome) = outcome else { return self.may_be_notified() };
        self.visit = None;
        let peer = self.peer_of(&outcome.peer);
        let claim = claim(self.core, peer.id(), &outcome.peer, self.attempt);
        let claim = Claim { trusted: outcome.trusted, ..claim };
        self.refused = peer.prove(&claim, self.was_up, self.from.as_deref()).err();
        self.refused.is_none()
    }
}

impl<'a> Candidate<'a> {
    fn new(
        core: &'a Arc<Core>,
        stream: &BoxStream,
        dialled: Option<&Address>,
        visit: Option<Visit>,
    ) -> Self {
        Self {
            core,
            attempt: core.network().new_attempt(),
            from: dialled.map(ToString::to_string).or_else(|| stream.peer_address()),
            dialled: dialled.is_some(),
            visit,
            greeting: None,
            peer: None,
            was_up: false,
            refused: None,
            unexpected: None,
        }
    }

    /// Runs the handshake, which asks this candidate what to admit.
    async fn shake_hands(&mut self, stream: BoxStream) -> Result<Established, Failure> {
        let limit = self.core.config().handshake_timeout_or_default();
        let config = self.core.network().handshake();
        let established = establish_with(stream, config, limit, self).await;
        self.visit = None;
        match self.unexpected.take() {
            Some(unexpected) => Err(Failure::Unexpected(unexpected)),
            None => established.map_err(|error| self.failure(error)),
        }
    }

    /// The node that has proved itself.
    fn peer_of(&mut self, greeting: &PeerGreeting) -> Arc<Peer> {
        let core = self.core;
        let peer = || core.peer(&NodeId::from(greeting.node_id.as_str()));
        self.peer.get_or_insert_with(peer).clone()
    }

    /// The node that it says it is, if anything is known of that.
    fn claimed(&self) -> Option<Arc<Peer>> {
        self.core.known_peer(&NodeId::from(self.greeting.as_ref()?.node_id.as_str()))
    }

    /// Its proof does not verify: whether our auth line tells it so, unless a
    /// connection is up or chosen, which the other side would replace at its word.
    fn may_be_notified(&self) -> bool {
        let (Some(greeting), Some(peer)) = (&self.greeting, self.claimed()) else { return true };
        peer.may_be_chosen(&claim(self.core, peer.id(), greeting, self.attempt))
    }

    /// Why the handshake has failed.
    fn failure(&self, error: EstablishError) -> Failure {
        match error {
            EstablishError::NotAdmitted { node_id } => {
                let refusal = self.refused.unwrap_or(Refusal::Superseded);
                Failure::Refused(refusal, NodeId::from(node_id.as_str()))
            }
            // The other side refuses by closing; that it is connected is the likely reason, and none
            // to dial it again and again.
            EstablishError::Closed { .. } => match self.claimed().filter(|peer| peer.is_up()) {
                Some(peer) => Failure::Refused(Refusal::AlreadyUp, peer.id().clone()),
                None => Failure::Establish(error),
            },
            error => Failure::Establish(error),
        }
    }
}

impl Drop for Candidate<'_> {
    fn drop(&mut self) {
        if let Some(peer) = self.peer.take() {
            peer.release(self.attempt);
            self.core.network().forget_stranger(peer);
        }
    }
}

/// Runs the handshake on a stream and adopts the connection; `dialled` is its address, or `visit` its
/// place at the door if the other side has dialled, which is given back with the proof.
///
/// # Cancel safety
/// Dropping it abandons the attempt.
pub(super) async fn greet(
    core: &Arc<Core>,
    stream: BoxStream,
    dialled: Option<&Address>,
    visit: Option<Visit>,
) -> Result<Greeted, Failure> {
    let mut candidate = Candidate::new(core, &stream, dialled, visit);
    let established = candidate.shake_hands(stream).await?;
    if established.outcome.peer.sub_protocol().is_some() {
        data::arrived(core, established).map_err(Failure::Unexpected)?;
        return Ok(Greeted::Data);
    }
    let peer = candidate.peer_of(&established.outcome.peer);
    let attempt = candidate.attempt;
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
    let config =
        LinkConfig { max_queue: core.config().node_limits.max_queue, limits: core.config().limits };
    let origin = Origin { peer: peer.clone(), attempt, rights };
    let sink = Inbound::new(core.clone(), origin);
    #[cfg(feature = "fail-points")]
    let sink = Passage::new(sink, mesh::CONNECT);
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
