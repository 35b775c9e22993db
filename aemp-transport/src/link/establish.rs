//! Drives a handshake over a stream, in bounded time.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::admit::{Admission, Admit, ByGreeting};
use crate::handshake::{
    Carrier, Handshake, HandshakeConfig, HandshakeError, Line, MAX_LINE, Outcome, PeerGreeting,
    Upgrade,
};
use crate::stream::BoxStream;
use crate::tls::{self, TlsError};

/// A connection whose peer has proved itself.
#[non_exhaustive]
pub struct Established {
    /// The stream, its next bytes being packets, or whatever its sub-protocol has.
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
    Io(#[source] io::Error),
    /// The peer ended the stream.
    #[error("connection closed by the peer before its {expected}{}", hint(*.expected))]
    Closed {
        /// What it was to send.
        expected: Line,
    },
    /// [`Admit`] did not want it.
    #[error("a connection to node {node_id} is not wanted")]
    NotAdmitted {
        /// Who the peer said it was.
        node_id: String,
    },
    /// TLS did not come about, or the peer ended it.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The peer has to be refused.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

fn hint(expected: Line) -> &'static str {
    match expected {
        Line::Greeting | Line::Nonce | Line::Tls => "",
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
    stream: BoxStream,
    config: Arc<HandshakeConfig>,
    limit: Duration,
    admit: impl FnOnce(&PeerGreeting) -> bool + Send,
) -> Result<Established, EstablishError> {
    establish_with(stream, config, limit, &mut ByGreeting(Some(admit))).await
}

/// As [`establish`], `admit` deciding also when our auth line is sent: at once, or only after the
/// peer has proved itself.
///
/// # Errors
///
/// As those of [`establish`].
///
/// # Cancel safety
///
/// Dropping the future closes the stream.
pub async fn establish_with(
    stream: BoxStream,
    config: Arc<HandshakeConfig>,
    limit: Duration,
    admit: &mut impl Admit,
) -> Result<Established, EstablishError> {
    let peer_address = stream.peer_address();
    let nonce = config.nonces.next();
    let handshake = Handshake::over(Carrier::of(&*stream), config.clone(), nonce);
    let buffered = BytesMut::with_capacity(2 * MAX_LINE);
    let mut driver = Driver { config, stream: Some(stream), handshake, buffered, withheld: false };
    let outcome = match timeout(limit, driver.run(admit)).await {
        Ok(outcome) => outcome?,
        Err(_) => {
            let expected = driver.expected();
            return Err(EstablishError::Timeout { expected, timeout: limit });
        }
    };
    let Driver { stream, buffered, .. } = driver;
    let stream = stream.ok_or_else(gone)?;
    Ok(Established { stream, buffered, outcome, peer_address })
}

struct Driver {
    config: Arc<HandshakeConfig>,
    /// Gone while TLS is put on it.
    stream: Option<BoxStream>,
    handshake: Handshake,
    buffered: BytesMut,
    /// Our auth line is not sent yet: the peer is to prove itself first.
    withheld: bool,
}

impl Driver {
    fn expected(&self) -> Line {
        self.handshake.expected().unwrap_or(Line::Auth)
    }

    async fn run(&mut self, admit: &mut impl Admit) -> Result<Outcome, EstablishError> {
        let mut is_greeted = false;
        loop {
            self.greeted(admit, &mut is_greeted)?;
            self.transmit().await?;
            if let Some(outcome) = self.handshake.poll_outcome() {
                if std::mem::take(&mut self.withheld) {
                    if !admit.proved(Some(&outcome)) {
                        return Err(EstablishError::not_admitted(&outcome.peer));
                    }
                    self.transmit().await?;
                }
                return Ok(outcome);
            }
            let stepped = match self.handshake.poll_upgrade() {
                Some(upgrade) => self.upgrade(upgrade).await?,
                None => {
                    self.read().await?;
                    self.handshake.handle_input(&mut self.buffered)
                }
            };
            if let Err(error) = stepped {
                // Its greeting and its auth line may have come at once.
                self.greeted(admit, &mut is_greeted)?;
                // With our auth line in hand the peer can tell a wrong secret, too.
                self.withheld = self.withheld && !admit.proved(None);
                let _ = self.transmit().await;
                return Err(error.into());
            }
        }
    }

    /// Asks whether the peer is wanted, when its greeting was read.
    fn greeted(
        &mut self,
        admit: &mut impl Admit,
        is_greeted: &mut bool,
    ) -> Result<(), EstablishError> {
        let Some(peer) = self.handshake.peer().filter(|_| !*is_greeted) else { return Ok(()) };
        *is_greeted = true;
        match admit.greeted(peer) {
            Admission::Refused => return Err(EstablishError::not_admitted(peer)),
            Admission::AtOnce => {}
            Admission::PeerFirst => self.withheld = true,
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), EstablishError> {
        let expected = self.expected();
        self.buffered.reserve(MAX_LINE);
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        match stream.read_buf(&mut self.buffered).await {
            Ok(0) => Err(EstablishError::Closed { expected }),
            Ok(_) => Ok(()),
            Err(error) => Err(EstablishError::of(error, expected)),
        }
    }

    /// Puts TLS on the stream.
    async fn upgrade(
        &mut self,
        upgrade: Upgrade,
    ) -> Result<Result<(), HandshakeError>, EstablishError> {
        let stream = self.stream.take().ok_or_else(gone)?;
        let prefix = std::mem::take(&mut self.buffered);
        let upgraded =
            tls::upgrade(stream, prefix, upgrade, self.config.certificates.as_deref()).await;
        let upgraded = upgraded.map_err(|error| EstablishError::of(error, Line::Tls))?;
        self.stream = Some(upgraded.stream);
        Ok(self.handshake.handle_session(&upgraded.session, upgraded.version))
    }

    async fn transmit(&mut self) -> Result<(), EstablishError> {
        let expected = self.expected();
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        let lost = |error| EstablishError::of(error, expected);
        while !self.withheld
            && let Some(bytes) = self.handshake.poll_transmit()
        {
            stream.write_all(&bytes).await.map_err(lost)?;
        }
        // Streams that buffer, such as TLS, hold back what is not flushed.
        stream.flush().await.map_err(lost)
    }
}

impl EstablishError {
    fn not_admitted(peer: &PeerGreeting) -> Self {
        Self::NotAdmitted { node_id: peer.node_id.clone() }
    }

    /// What an error of the stream means while that was expected.
    fn of(error: io::Error, expected: Line) -> Self {
        match TlsError::of(&error) {
            Some(error) => error.into(),
            // TLS says so when the stream ends without a word.
            None if error.kind() == io::ErrorKind::UnexpectedEof => Self::Closed { expected },
            None => Self::Io(error),
        }
    }
}

fn gone() -> EstablishError {
    EstablishError::Io(io::ErrorKind::NotConnected.into())
}
