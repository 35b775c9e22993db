//! [`Handshake`]: the state machine that drivers feed.

use std::mem;
use std::sync::Arc;

use bytes::BytesMut;

use super::error::{HandshakeError, Line};
use super::greeting::{self, PeerGreeting};
use super::lines::Lines;
use super::steps::{AfterNonce, ExpectAuth, ExpectGreeting, ExpectNonce, ExpectSession, Local};
use super::upgrade::Upgrade;
use super::{Carrier, HandshakeConfig, Protection, TlsVersion};
use crate::auth::AuthMethod;
use crate::framing::Framing;
use crate::stream::Session;

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
    /// What keeps others from reading along.
    pub protection: Protection,
    /// The peer has proved that it belongs to us. If not, it is anonymous, and to be given nothing
    /// (see [`Policy::anonymous_peers`](super::Policy::anonymous_peers)).
    pub trusted: bool,
}

/// One side of a handshake, without any I/O.
///
/// **Write out everything that [`poll_transmit`](Self::poll_transmit) gives, from the start and
/// after every [`handle_input`](Self::handle_input), until
/// [`poll_outcome`](Self::poll_outcome) gives the outcome.** Bytes that are not part of the
/// handshake stay in the buffer.
///
/// **When [`poll_upgrade`](Self::poll_upgrade) gives something, put TLS on the stream, what is left
/// in the buffer being the first that TLS reads, and tell by
/// [`handle_session`](Self::handle_session) when that is done**; all later input and output is
/// inside of it. A handshake [within a process](Self::new) never asks for that.
///
/// ```
/// use std::sync::Arc;
/// use aemp_transport::{Handshake, HandshakeConfig, nonce};
/// use bytes::BytesMut;
///
/// let side = |name: &str| {
///     Handshake::new(Arc::new(HandshakeConfig::new(name, "pZ4vQ8mT2xK7cW9rB5nH3jD6")), nonce(), None)
/// };
/// let (mut alpha, mut beta) = (side("alpha"), side("beta"));
/// let (mut to_alpha, mut to_beta) = (BytesMut::new(), BytesMut::new());
/// let (a, b) = loop {
///     while let Some(bytes) = alpha.poll_transmit() { to_beta.extend_from_slice(&bytes) }
///     while let Some(bytes) = beta.poll_transmit() { to_alpha.extend_from_slice(&bytes) }
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
    carrier: Carrier,
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
    Session(ExpectSession),
    Auth(ExpectAuth),
    Done(Box<Outcome>),
    /// The outcome has been taken.
    Over,
    /// Who the peer said it was, if it has.
    Failed(HandshakeError, Option<Box<PeerGreeting>>),
}

impl Handshake {
    /// Starts a handshake within a process. `nonce` must be fresh (see [`nonce`](crate::nonce)) and
    /// without line ends, `peer_address` is where the connection comes from or goes to, if known.
    #[must_use]
    pub fn new(config: Arc<HandshakeConfig>, nonce: String, peer_address: Option<String>) -> Self {
        Self::over(Carrier::within_process(peer_address), config, nonce)
    }

    /// Starts a handshake over such a stream.
    #[must_use]
    pub fn over(carrier: Carrier, config: Arc<HandshakeConfig>, nonce: String) -> Self {
        let line = greeting::encode(&config, &carrier);
        Self::greeting_with(carrier, config, &line, &nonce)
    }

    /// Starts a handshake with a first line given literally.
    pub(super) fn greeting_with(
        carrier: Carrier,
        config: Arc<HandshakeConfig>,
        line: &str,
        nonce: &str,
    ) -> Self {
        let greeting = format!("{line}\n{nonce}\n").into_bytes();
        Self {
            config,
            carrier,
            transmit: greeting.clone(),
            greeting,
            lines: Lines::default(),
            step: Step::Greeting(ExpectGreeting),
        }
    }

    /// Takes what has been read: whole lines of the handshake off the front of `input`, and not an
    /// byte more. Between calls `input` may only be appended to.
    ///
    /// # Errors
    ///
    /// The peer has to be refused; every later call returns the same error.
    pub fn handle_input(&mut self, input: &mut BytesMut) -> Result<(), HandshakeError> {
        while let Some(expected) = self.expected().filter(|expected| *expected != Line::Tls) {
            let line = match self.lines.next(input) {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(()),
                Err(_) => return self.fail(HandshakeError::LineTooLong { line: expected }),
            };
            let peer = self.peer().cloned();
            if let Err(error) = self.handle_line(&line) {
                self.step = Step::Failed(error.clone(), peer.map(Box::new));
                return Err(error);
            }
        }
        match &self.step {
            Step::Failed(error, _) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Bytes to write out, if there are any.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        (!self.transmit.is_empty()).then(|| mem::take(&mut self.transmit))
    }

    /// Whether TLS has to be put on the stream now. The same until
    /// [`handle_session`](Self::handle_session).
    #[must_use]
    pub fn poll_upgrade(&self) -> Option<Upgrade> {
        match &self.step {
            Step::Session(step) => Some(step.upgrade),
            _ => None,
        }
    }

    /// TLS is on the stream, as [`poll_upgrade`](Self::poll_upgrade) wanted it. Ignored when
    /// nothing was wanted.
    ///
    /// # Errors
    ///
    /// The peer has to be refused, as from [`handle_input`](Self::handle_input).
    pub fn handle_session(
        &mut self,
        session: &Session,
        version: TlsVersion,
    ) -> Result<(), HandshakeError> {
        let step = match mem::replace(&mut self.step, Step::Over) {
            Step::Session(step) => step,
            other => {
                self.step = other;
                return Ok(());
            }
        };
        match step.handle(session, version, &self.local()) {
            Ok((next, auth_line)) => {
                self.transmit.extend_from_slice(&auth_line);
                self.step = Step::Auth(next);
                Ok(())
            }
            Err(error) => self.fail(error),
        }
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

    /// Who the peer says it is, from when its greeting was read to the outcome, or since its proof was
    /// refused; not proved yet.
    #[must_use]
    pub fn peer(&self) -> Option<&PeerGreeting> {
        match &self.step {
            Step::Session(step) => Some(&step.peer),
            Step::Auth(step) => Some(step.peer()),
            Step::Done(outcome) => Some(&outcome.peer),
            Step::Failed(_, peer) => peer.as_deref(),
            Step::Greeting(_) | Step::Nonce(_) | Step::Over => None,
        }
    }

    /// What the peer has to send next, unless the handshake is over.
    #[must_use]
    pub fn expected(&self) -> Option<Line> {
        match self.step {
            Step::Greeting(_) => Some(Line::Greeting),
            Step::Nonce(_) => Some(Line::Nonce),
            Step::Session(_) => Some(Line::Tls),
            Step::Auth(_) => Some(Line::Auth),
            Step::Done(_) | Step::Over | Step::Failed(..) => None,
        }
    }

    fn handle_line(&mut self, line: &[u8]) -> Result<(), HandshakeError> {
        let step = mem::replace(&mut self.step, Step::Over);
        let local = self.local();
        self.step = match step {
            Step::Greeting(step) => Step::Nonce(step.handle(line, &local)?),
            Step::Nonce(step) => match step.handle(line, &local)? {
                AfterNonce::Session(next) => Step::Session(next),
                AfterNonce::Auth(next, auth_line) => {
                    self.transmit.extend_from_slice(&auth_line);
                    Step::Auth(next)
                }
            },
            Step::Auth(step) => Step::Done(Box::new(step.handle(line, &local)?)),
            over => over,
        };
        Ok(())
    }

    fn local(&self) -> Local<'_> {
        Local { config: &self.config, carrier: &self.carrier, greeting: &self.greeting }
    }

    fn fail(&mut self, error: HandshakeError) -> Result<(), HandshakeError> {
        self.step = Step::Failed(error.clone(), None);
        Err(error)
    }
}
