//! [`Handshake`]: the state machine that drivers feed.

use std::mem;
use std::sync::Arc;

use bytes::BytesMut;

use super::HandshakeConfig;
use super::error::{HandshakeError, Line};
use super::greeting::{self, PeerGreeting};
use super::lines::Lines;
use super::steps::{ExpectAuth, ExpectGreeting, ExpectNonce, Local};
use crate::auth::AuthMethod;
use crate::framing::Framing;

/// What two nodes agreed on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What the peer said about itself.
    pub peer: PeerGreeting,
    /// How the peer writes.
    pub read_framing: Framing,
    /// How we write.
    pub write_framing: Framing,
    /// Packets travel in chunks, in both directions.
    pub chunked: bool,
    /// What the peer proved itself with.
    pub auth: AuthMethod,
}

/// One side of a handshake, without any I/O.
///
/// **Write out everything that [`poll_transmit`](Self::poll_transmit) gives, from the start and
/// after every [`handle_input`](Self::handle_input), until
/// [`poll_outcome`](Self::poll_outcome) gives the outcome.** Octets that are not part of the
/// handshake stay in the buffer.
///
/// ```
/// use std::sync::Arc;
/// use aemp_transport::{Handshake, HandshakeConfig, nonce};
/// use bytes::BytesMut;
///
/// let side = |name: &str| {
///     Handshake::new(Arc::new(HandshakeConfig::new(name, "geheim")), nonce(), None)
/// };
/// let (mut alpha, mut beta) = (side("alpha"), side("beta"));
/// let (mut to_alpha, mut to_beta) = (BytesMut::new(), BytesMut::new());
/// let (a, b) = loop {
///     while let Some(octets) = alpha.poll_transmit() { to_beta.extend_from_slice(&octets) }
///     while let Some(octets) = beta.poll_transmit() { to_alpha.extend_from_slice(&octets) }
///     alpha.handle_input(&mut to_alpha)?;
///     beta.handle_input(&mut to_beta)?;
///     if let (Some(a), Some(b)) = (alpha.poll_outcome(), beta.poll_outcome()) { break (a, b) }
/// };
/// assert_eq!((a.peer.node_id.as_str(), b.peer.node_id.as_str()), ("beta", "alpha"));
/// # Ok::<(), aemp_transport::HandshakeError>(())
/// ```
#[derive(Debug)]
pub struct Handshake {
    config: Arc<HandshakeConfig>,
    /// Our greeting as sent: both lines, each with an LF.
    greeting: Vec<u8>,
    lines: Lines,
    step: Step,
    /// What is to be written out: at most the greeting and the auth line.
    transmit: Vec<u8>,
}

#[derive(Debug)]
enum Step {
    Greeting(ExpectGreeting),
    Nonce(ExpectNonce),
    Auth(ExpectAuth),
    Done(Box<Outcome>),
    /// The outcome has been taken.
    Over,
    Failed(HandshakeError),
}

impl Handshake {
    /// Starts a handshake. `nonce` must be fresh (see [`nonce`](crate::nonce)) and without line
    /// ends, `peer_address` is where the connection comes from or goes to, if known.
    #[must_use]
    pub fn new(config: Arc<HandshakeConfig>, nonce: String, peer_address: Option<String>) -> Self {
        let line = greeting::encode(&config, peer_address.as_deref());
        Self::greeting_with(config, &line, &nonce)
    }

    /// Starts a handshake with a first line given literally.
    pub(super) fn greeting_with(config: Arc<HandshakeConfig>, line: &str, nonce: &str) -> Self {
        let greeting = format!("{line}\n{nonce}\n").into_bytes();
        Self {
            config,
            transmit: greeting.clone(),
            greeting,
            lines: Lines::default(),
            step: Step::Greeting(ExpectGreeting),
        }
    }

    /// Takes what has been read: whole lines of the handshake off the front of `input`, and not an
    /// octet more. Between calls `input` may only be appended to.
    ///
    /// # Errors
    ///
    /// The peer has to be refused; every later call returns the same error.
    pub fn handle_input(&mut self, input: &mut BytesMut) -> Result<(), HandshakeError> {
        while let Some(expected) = self.expected() {
            let line = match self.lines.next(input) {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(()),
                Err(_) => return self.fail(HandshakeError::LineTooLong { line: expected }),
            };
            if let Err(error) = self.handle_line(&line) {
                return self.fail(error);
            }
        }
        match &self.step {
            Step::Failed(error) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Octets to write out, if there are any.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        (!self.transmit.is_empty()).then(|| mem::take(&mut self.transmit))
    }

    /// The outcome, once, when the handshake is over. Packets may follow in both directions.
    pub fn poll_outcome(&mut self) -> Option<Outcome> {
        match mem::replace(&mut self.step, Step::Over) {
            Step::Done(outcome) => Some(*outcome),
            other => {
                self.step = other;
                None
            }
        }
    }

    /// Who the peer says it is, from when its greeting was read to the outcome; not proved yet.
    #[must_use]
    pub fn peer(&self) -> Option<&PeerGreeting> {
        match &self.step {
            Step::Auth(step) => Some(step.peer()),
            Step::Done(outcome) => Some(&outcome.peer),
            Step::Greeting(_) | Step::Nonce(_) | Step::Over | Step::Failed(_) => None,
        }
    }

    /// The line that the peer has to send next, unless the handshake is over.
    #[must_use]
    pub fn expected(&self) -> Option<Line> {
        match self.step {
            Step::Greeting(_) => Some(Line::Greeting),
            Step::Nonce(_) => Some(Line::Nonce),
            Step::Auth(_) => Some(Line::Auth),
            Step::Done(_) | Step::Over | Step::Failed(_) => None,
        }
    }

    fn handle_line(&mut self, line: &[u8]) -> Result<(), HandshakeError> {
        let local = Local { config: &self.config, greeting: &self.greeting };
        self.step = match mem::replace(&mut self.step, Step::Over) {
            Step::Greeting(step) => Step::Nonce(step.handle(line)?),
            Step::Nonce(step) => {
                let (next, auth_line) = step.handle(line, &local)?;
                self.transmit.extend_from_slice(&auth_line);
                Step::Auth(next)
            }
            Step::Auth(step) => Step::Done(Box::new(step.handle(line, &local)?)),
            over => over,
        };
        Ok(())
    }

    fn fail(&mut self, error: HandshakeError) -> Result<(), HandshakeError> {
        self.step = Step::Failed(error.clone());
        Err(error)
    }
}
