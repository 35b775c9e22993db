//! One attempt to connect to an address.

use std::sync::Arc;

use aemp_transport::{Address, EstablishError, HandshakeError, Line, Scheme};

use super::greet::{Failure, Greeted, greet};
use crate::id::NodeId;
use crate::node::arbiter::Refusal;
use crate::node::core::Core;
use crate::node::data::DATA_CONN;
use crate::node::peer::Peer;
use crate::node::relay;

/// Why a dial gave no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    #[error("cannot connect to {address}: {error}")]
    Io { address: Address, error: std::io::Error },
    #[error("handshake with {address}: {error}")]
    Handshake { address: Address, error: EstablishError },
    #[error("no transport for {address}")]
    NoTransport { address: Address },
    #[error("{address}: {refusal}")]
    Refused { address: Address, refusal: Refusal, node: NodeId },
    #[error("at {address} there is node {node}")]
    OtherNode { address: Address, node: String },
}

impl DialError {
    /// Whether trying again can help only after somebody has changed a configuration.
    pub(crate) fn is_permanent(&self) -> bool {
        use HandshakeError as Why;
        match self {
            Self::Handshake { error: EstablishError::Tls(error), .. } => error.is_permanent(),
            Self::Handshake { error: EstablishError::Handshake(error), .. } => matches!(
                error,
                Why::WrongSecret { .. }
                    | Why::NoCommonAuth { .. }
                    | Why::NoCommonFraming { .. }
                    | Why::AuthNotAccepted { .. }
                    | Why::NotEncrypted { .. }
                    | Why::NoCertificate { .. }
                    | Why::CertificateNames { .. }
            ),
            _ => false,
        }
    }

    /// Whether the other side was silent for too long.
    pub(crate) fn is_timeout(&self) -> bool {
        match self {
            Self::Handshake { error: EstablishError::Timeout { .. }, .. } => true,
            Self::Handshake { error: EstablishError::Io(error), .. } | Self::Io { error, .. } => {
                error.kind() == std::io::ErrorKind::TimedOut
            }
            _ => false,
        }
    }

    /// Whether the other side, or who speaks for it, said no before anything else was said.
    pub(crate) fn is_refusal(&self) -> bool {
        let Self::Io { error, .. } = self else { return false };
        error.kind() == std::io::ErrorKind::ConnectionRefused
    }

    /// Whether the other side closed the connection, without a word, when it knew who we are.
    pub(crate) fn is_turned_away(&self) -> bool {
        use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let Self::Handshake { error, .. } = self else { return false };
        match error {
            EstablishError::Closed { expected } => matches!(expected, Line::Tls | Line::Auth),
            // What we had sent by then was not read.
            EstablishError::Io(error) => {
                matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
            }
            _ => false,
        }
    }

    /// Whether this node dialled itself.
    pub(crate) fn is_self(&self) -> bool {
        use HandshakeError::{Echo, OwnNodeId};
        let Self::Handshake { error, .. } = self else { return false };
        matches!(error, EstablishError::Handshake(OwnNodeId { .. } | Echo))
    }
}

/// Dials an address and adopts the connection; remembers which node is there.
///
/// # Cancel safety
/// Dropping it abandons the attempt.
pub(crate) async fn dial(core: &Arc<Core>, address: &Address) -> Result<Arc<Peer>, DialError> {
    let address = address.clone();
    let relayed = address.scheme() == Scheme::Relay;
    let dialled = if relayed {
        relay::dial(core, &address).await
    } else if let Some(transport) = core.config().transport_for(&address) {
        transport.dial(&address).await
    } else {
        return Err(DialError::NoTransport { address });
    };
    let stream = match dialled {
        Ok(stream) => stream,
        Err(error) => return Err(DialError::Io { address, error }),
    };
    match greet(core, stream, Some(&address), None).await {
        Ok(Greeted::Node(peer)) => {
            // What goes through a hub is worked out anew each time.
            if !relayed {
                core.network().book().found(peer.id(), &address);
            }
            Ok(peer)
        }
        Err(Failure::Establish(error)) => Err(DialError::Handshake { address, error }),
        // Never: what was dialled for messages is not adopted for anything else.
        Ok(Greeted::Data) | Err(Failure::Unexpected(_)) => {
            let error = HandshakeError::SubProtocol { name: DATA_CONN.to_owned() }.into();
            Err(DialError::Handshake { address, error })
        }
        Err(Failure::Refused(refusal, node)) => {
            // Whoever it is has proved nothing; but a node of that name is connected.
            if !relayed && core.known_peer(&node).is_some_and(|peer| peer.is_up()) {
                core.network().book().seems_at(&node, &address);
            }
            Err(DialError::Refused { address, refusal, node })
        }
    }
}
