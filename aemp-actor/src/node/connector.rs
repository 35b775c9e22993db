//! Makes connections: listeners, seeds, and dials on demand.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    Address, BoxStream, EstablishError, LinkConfig, Listener, PeerGreeting, establish, start,
};
use tokio::time::Instant;

use super::Chance;
use super::arbiter::{Claim, Refusal};
use super::core::Core;
use super::door::Door;
use super::inbound::Inbound;
use super::peer::Peer;
use crate::id::NodeId;

/// The pause after the first failed dial; it doubles up to the configured interval.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Why a dial gave no connection.
#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error("cannot connect to {address}: {error}")]
    Io { address: Address, error: std::io::Error },
    #[error("handshake with {address}: {error}")]
    Handshake { address: Address, error: EstablishError },
    #[error("no transport for {address}")]
    NoTransport { address: Address },
    #[error("{address}: {refusal}")]
    Refused { address: Address, refusal: Refusal, node: NodeId },
}

/// Accepts connections until the node is shut down.
pub(super) fn listen(core: &Arc<Core>, mut listener: Box<dyn Listener>) {
    let door = Door::new(core.config().max_handshakes, core.config().max_handshakes_per_address);
    let own = core.clone();
    core.run(async move {
        loop {
            door.room().await;
            let stream = match listener.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: others may be closed soon.
                    tracing::error!(target: "aemp", "cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            match door.enter(stream.peer_address()) {
                Ok(visit) => {
                    let core = own.clone();
                    own.run(async move {
                        accepted(&core, stream).await;
                        drop(visit);
                    });
                }
                Err(crowd) => tracing::warn!(target: "aemp", "connection refused: {crowd}"),
            }
        }
    });
}

async fn accepted(core: &Arc<Core>, stream: BoxStream) {
    let from = stream.peer_address().unwrap_or_else(|| "an unknown address".into());
    match connect(core, stream).await {
        Ok(_) => {}
        Err(Failure::Refused(refusal, node)) => {
            tracing::debug!(target: "aemp", "connection of node {node} from {from}: {refusal}");
        }
        Err(Failure::Establish(error)) => {
            tracing::warn!(target: "aemp", "connection from {from} refused: {error}");
        }
    }
}

/// Why a stream did not become a connection.
enum Failure {
    Establish(EstablishError),
    Refused(Refusal, NodeId),
}

/// Runs the handshake on a stream and adopts the connection.
async fn connect(core: &Arc<Core>, stream: BoxStream) -> Result<Arc<Peer>, Failure> {
    let attempt = core.new_attempt();
    let timeout = core.config().monitor_timeout;
    if let Err(error) = stream.limit_silence(timeout) {
        tracing::debug!(target: "aemp", "the system does not watch a connection: {error}");
    }
    let mut admitted: Option<Arc<Peer>> = None;
    let mut refused: Option<(Refusal, NodeId)> = None;
    let admit = |greeting: &PeerGreeting| {
        let node = NodeId::from(greeting.node_id.as_str());
        let peer = core.peer(&node);
        let claim = Claim { own: core.id(), peer: &node, instance: greeting.instance(), attempt };
        match peer.admit(&claim) {
            Ok(()) => {
                admitted = Some(peer);
                true
            }
            Err(refusal) => {
                refused = Some((refusal, node));
                false
            }
        }
    };
    let established = establish(stream, core.handshake().clone(), timeout, admit).await;
    let (established, peer) = match (established, admitted, refused) {
        (_, _, Some((refusal, node))) => return Err(Failure::Refused(refusal, node)),
        (Ok(established), Some(peer), None) => (established, peer),
        (Err(error), admitted, None) => {
            if let Some(peer) = admitted {
                peer.release(attempt);
            }
            return Err(Failure::Establish(error));
        }
        (Ok(_), None, None) => {
            return Err(Failure::Refused(Refusal::Superseded, core.id().clone()));
        }
    };
    let node = peer.id().clone();
    let instance = established.outcome.peer.instance().map(str::to_owned);
    let claim = Claim { own: core.id(), peer: &node, instance: instance.as_deref(), attempt };
    let config = LinkConfig { max_queue: core.config().max_queue, limits: core.config().limits };
    let sink = Inbound { core: core.clone(), peer: peer.clone(), attempt };
    let adopted = peer.adopt(core, &claim, || start(established, config, |_| sink)).await;
    match adopted {
        Ok(_) => Ok(peer),
        Err(refusal) => Err(Failure::Refused(refusal, node)),
    }
}

async fn dial(core: &Arc<Core>, address: &Address) -> Result<Arc<Peer>, DialError> {
    let address = address.clone();
    let Some(transport) = core.config().transport_for(&address) else {
        return Err(DialError::NoTransport { address });
    };
    let stream = match transport.dial(&address).await {
        Ok(stream) => stream,
        Err(error) => return Err(DialError::Io { address, error }),
    };
    match connect(core, stream).await {
        Ok(peer) => {
            core.add_address(peer.id(), &address);
            Ok(peer)
        }
        Err(Failure::Establish(error)) => Err(DialError::Handshake { address, error }),
        Err(Failure::Refused(refusal, node)) => {
            core.add_address(&node, &address);
            Err(DialError::Refused { address, refusal, node })
        }
    }
}

/// Makes a connection to a node because something waits for it.
pub(super) fn want(core: &Arc<Core>, peer: &Arc<Peer>) {
    let (own, peer) = (core.clone(), peer.clone());
    core.run(async move { pursue(&own, &peer).await });
}

async fn pursue(core: &Arc<Core>, peer: &Arc<Peer>) {
    let deadline = Instant::now() + core.config().connect_timeout_or_default();
    let mut backoff = Backoff::new(core.config().connect_interval);
    let mut problem = "no address is known for it, and it did not connect".to_owned();
    loop {
        for address in core.addresses(peer.id()) {
            if !peer.is_connecting() {
                return;
            }
            match tokio::time::timeout_at(deadline, dial(core, &address)).await {
                Ok(Ok(other)) if other.id() == peer.id() => return,
                Ok(Ok(other)) => {
                    problem = format!("at {address} there is node {}", other.id());
                }
                Ok(Err(error)) => problem = error.to_string(),
                Err(_) => {}
            }
        }
        let pause = Instant::now() + backoff.next(core.chance());
        let changed = peer.changed();
        if !peer.is_connecting() {
            return;
        }
        if Instant::now() >= deadline {
            peer.unreachable(core, format!("no connection to node {}: {problem}", peer.id()));
            return;
        }
        drop(tokio::time::timeout_at(pause.min(deadline), changed).await);
    }
}

/// Keeps connected to a seed.
pub(super) fn keep_seed(core: &Arc<Core>, address: Address) {
    let own = core.clone();
    core.run(async move {
        let mut backoff = Backoff::new(own.config().connect_interval);
        let mut logged = String::new();
        loop {
            match dial(&own, &address).await {
                Ok(peer) => {
                    backoff = Backoff::new(own.config().connect_interval);
                    until_down(&peer).await;
                }
                Err(DialError::Refused { node, refusal: Refusal::AlreadyUp, .. }) => {
                    until_down(&own.peer(&node)).await;
                }
                Err(DialError::Handshake { error, .. }) if is_self(&error) => {
                    tracing::debug!(target: "aemp", "seed {address} is this node itself");
                    return;
                }
                Err(error) => {
                    let text = error.to_string();
                    if text != logged {
                        tracing::warn!(target: "aemp", "seed: {text}; trying again");
                        logged = text;
                    }
                }
            }
            tokio::time::sleep(backoff.next(own.chance())).await;
        }
    });
}

fn is_self(error: &EstablishError) -> bool {
    use aemp_transport::HandshakeError::{Echo, OwnNodeId};
    matches!(error, EstablishError::Handshake(OwnNodeId { .. } | Echo))
}

async fn until_down(peer: &Arc<Peer>) {
    peer.until(|peer| !peer.is_up()).await;
}

/// Pauses that double, each shortened by a random part, so that nodes do not move in step.
struct Backoff {
    pause: Duration,
    longest: Duration,
}

impl Backoff {
    fn new(longest: Duration) -> Self {
        Self { pause: FIRST_PAUSE.min(longest), longest }
    }

    fn next(&mut self, chance: &dyn Chance) -> Duration {
        let pause = self.pause.mul_f64(1.0 - chance.fraction() / 2.0);
        self.pause = (self.pause * 2).min(self.longest);
        pause
    }
}
