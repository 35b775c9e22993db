//! Drives a handshake over a stream, in bounded time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::handshake::{
    Handshake, HandshakeConfig, HandshakeError, Line, MAX_LINE, Outcome, PeerGreeting,
};
use crate::stream::BoxStream;

/// A connection whose peer has proved itself.
#[non_exhaustive]
pub struct Established {
    /// The stream, its next octets being packets, or whatever its sub-protocol has.
    pub stream: BoxStream,
    /// The start of what follows, read already.
    pub buffered: BytesMut,
    /// What was agreed on.
    pub outcome: Outcome,
    /// The peer's address as seen here, if the transport has addresses.
    pub peer_address: Option<String>,
}

impl std::fmt::Debug for Established {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Established")
            .field("transport", &self.stream.transport())
            .field("peer_address", &self.peer_address)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// No connection was established. The stream is closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EstablishError {
    /// The peer did not send a line in time.
    #[error("no {expected} from the peer within {timeout:?}")]
    Timeout {
        /// What it was to send.
        expected: Line,
        /// How long the whole handshake may take.
        timeout: Duration,
    },
    /// Reading or writing failed.
    #[error("connection lost during the handshake: {0}")]
    Io(#[from] io::Error),
    /// The peer ended the stream.
    #[error("connection closed by the peer before its {expected}{}", hint(*.expected))]
    Closed {
        /// What it was to send.
        expected: Line,
    },
    /// `admit` did not want it.
    #[error("a connection to node {node_id} is not wanted")]
    NotAdmitted {
        /// Who the peer said it was.
        node_id: String,
    },
    /// The peer has to be refused.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

fn hint(expected: Line) -> &'static str {
    match expected {
        Line::Greeting | Line::Nonce => "",
        Line::Auth => " (it refused ours, see its log)",
    }
}

/// Greets the peer, and finds out who it is, within `limit`.
///
/// `admit` is asked once, when the peer's greeting was read, before it is sent our auth line:
/// whoever it is has not proved it yet. If it says no, the stream is closed.
///
/// Reads a few KiB at a time, so that not more than that is buffered of what follows the handshake.
///
/// # Errors
///
/// The peer is too slow, went away, or has to be refused.
///
/// # Cancel safety
///
/// Dropping the future closes the stream.
pub async fn establish(
    mut stream: BoxStream,
    config: Arc<HandshakeConfig>,
    limit: Duration,
    admit: impl FnOnce(&PeerGreeting) -> bool + Send,
) -> Result<Established, EstablishError> {
    let peer_address = stream.peer_address();
    let nonce = config.nonces.next();
    let mut handshake = Handshake::new(config, nonce, peer_address.clone());
    let mut buffered = BytesMut::with_capacity(2 * MAX_LINE);
    match timeout(limit, drive(&mut stream, &mut handshake, &mut buffered, admit)).await {
        Ok(Ok(outcome)) => Ok(Established { stream, buffered, outcome, peer_address }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(EstablishError::Timeout {
            expected: handshake.expected().unwrap_or(Line::Auth),
            timeout: limit,
        }),
    }
}

async fn drive(
    stream: &mut BoxStream,
    handshake: &mut Handshake,
    buffered: &mut BytesMut,
    admit: impl FnOnce(&PeerGreeting) -> bool + Send,
) -> Result<Outcome, EstablishError> {
    let mut admit = Some(admit);
    loop {
        if let Some(peer) = handshake.peer()
            && let Some(admit) = admit.take()
            && !admit(peer)
        {
            return Err(EstablishError::NotAdmitted { node_id: peer.node_id.clone() });
        }
        transmit(stream, handshake).await?;
        if let Some(outcome) = handshake.poll_outcome() {
            return Ok(outcome);
        }
        let expected = handshake.expected().unwrap_or(Line::Auth);
        buffered.reserve(MAX_LINE);
        if stream.read_buf(buffered).await? == 0 {
            return Err(EstablishError::Closed { expected });
        }
        if let Err(error) = handshake.handle_input(buffered) {
            // With our auth line in hand the peer can tell a wrong secret, too.
            let _ = transmit(stream, handshake).await;
            return Err(error.into());
        }
    }
}

async fn transmit(stream: &mut BoxStream, handshake: &mut Handshake) -> io::Result<()> {
    while let Some(octets) = handshake.poll_transmit() {
        stream.write_all(&octets).await?;
    }
    // Streams that buffer, such as TLS, hold back what is not flushed.
    stream.flush().await
}
