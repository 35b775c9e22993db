//! The steps of a handshake as types: each takes the line that it expects and gives the next step.

use super::auth_line::{self, AuthLine};
use super::channel_binding::ChannelBinding;
use super::error::{HandshakeError, Line, excerpt, first_field};
use super::greeting::PeerGreeting;
use super::machine::Outcome;
use super::upgrade::{Offer, TlsKind, TlsRole, Upgrade};
use super::{Carrier, HandshakeConfig, Protection, TlsVersion};
use crate::auth::{AuthMethod, Secret};
use crate::framing::Framing;
use crate::stream::Session;

/// What stays the same through all steps: us.
#[derive(Debug)]
pub(super) struct Local<'a> {
    pub(super) config: &'a HandshakeConfig,
    pub(super) carrier: &'a Carrier,
    /// Our greeting as sent: both lines, each with an LF.
    pub(super) greeting: &'a [u8],
}

impl Local<'_> {
    fn nonce(&self) -> &[u8] {
        self.greeting.split(|byte| *byte == b'\n').nth(1).unwrap_or_default()
    }
}

#[derive(Debug)]
pub(super) struct ExpectGreeting;

impl ExpectGreeting {
    pub(super) fn handle(
        self,
        line: &[u8],
        local: &Local<'_>,
    ) -> Result<ExpectNonce, HandshakeError> {
        let peer = PeerGreeting::decode(line, local.config)?;
        Ok(ExpectNonce { peer, transcript: terminated(line) })
    }
}

#[derive(Debug)]
pub(super) struct ExpectNonce {
    peer: PeerGreeting,
    /// The peer's first line with an LF.
    transcript: Vec<u8>,
}

impl ExpectNonce {
    pub(super) fn handle(
        mut self,
        line: &[u8],
        local: &Local<'_>,
    ) -> Result<AfterNonce, HandshakeError> {
        text(line, Line::Nonce)?;
        self.transcript.extend_from_slice(&terminated(line));
        let Self { peer, transcript } = self;
        if transcript == local.greeting {
            return Err(HandshakeError::Echo);
        }
        if peer.node_id == local.config.node_id {
            let is_self = peer.instance() == Some(local.config.instance.as_str());
            return Err(HandshakeError::OwnNodeId { node_id: peer.node_id, is_self });
        }
        let (config, carrier) = (local.config, local.carrier);
        if let Some(kind) = Offer::of(config, carrier).kind(&peer) {
            let role = TlsRole::by_nonces(local.nonce(), &peer, line)?;
            let upgrade = Upgrade { role, kind };
            return Ok(AfterNonce::Session(ExpectSession { peer, transcript, upgrade }));
        }
        let channel = match &carrier.session {
            Some(session) => {
                let (transport, certificate) = (carrier.transport, session.trusted);
                let protection = Protection::Transport { transport, certificate };
                config.policy.check_encrypted(&peer, carrier, protection, session)?;
                ChannelBinding::encrypted(protection, session)
            }
            None => {
                config.policy.check_plain(&peer, carrier)?;
                ChannelBinding::plain()
            }
        };
        let (next, line) = ExpectAuth::new(peer, transcript, channel, local)?;
        Ok(AfterNonce::Auth(next, line))
    }
}

/// What comes after the nonce line.
#[derive(Debug)]
pub(super) enum AfterNonce {
    Session(ExpectSession),
    /// At once, with our auth line.
    Auth(ExpectAuth, Vec<u8>),
}

/// TLS has to be put on the stream.
#[derive(Debug)]
pub(super) struct ExpectSession {
    pub(super) peer: PeerGreeting,
    transcript: Vec<u8>,
    pub(super) upgrade: Upgrade,
}

impl ExpectSession {
    /// Gives our auth line beside the next step.
    pub(super) fn handle(
        self,
        session: &Session,
        version: TlsVersion,
        local: &Local<'_>,
    ) -> Result<(ExpectAuth, Vec<u8>), HandshakeError> {
        let Self { peer, transcript, upgrade } = self;
        let protection = match upgrade.kind {
            TlsKind::Secret => Protection::Stls,
            TlsKind::Certificates => Protection::Tls { version, certificate: session.trusted },
        };
        local.config.policy.check_encrypted(&peer, local.carrier, protection, session)?;
        ExpectAuth::new(peer, transcript, ChannelBinding::encrypted(protection, session), local)
    }
}

#[derive(Debug)]
pub(super) struct ExpectAuth {
    peer: PeerGreeting,
    /// Both of the peer's greeting lines, each with an LF.
    transcript: Vec<u8>,
    channel: ChannelBinding,
    write_framing: Framing,
}

impl ExpectAuth {
    /// Gives our auth line, too.
    fn new(
        peer: PeerGreeting,
        transcript: Vec<u8>,
        channel: ChannelBinding,
        local: &Local<'_>,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        let method = choose_auth(&peer, &channel, local.config)?;
        let write_framing = choose_framing(&peer, local.config)?;
        let secrets = secrets(method, local.config);
        let second = channel.bound(method, &transcript);
        let proof = method.prove(&secrets[0], local.greeting, &second);
        let line = auth_line::encode(method, &proof, write_framing);
        Ok((Self { peer, transcript, channel, write_framing }, line))
    }

    pub(super) fn peer(&self) -> &PeerGreeting {
        &self.peer
    }

    pub(super) fn handle(self, line: &[u8], local: &Local<'_>) -> Result<Outcome, HandshakeError> {
        let Self { peer, transcript, channel, write_framing } = self;
        let Some(auth) = AuthLine::decode(text(line, Line::Auth)?) else {
            return Err(HandshakeError::AuthLine { line: first_field(line) });
        };
        let method = accepted_method(&auth, &peer, &channel, local.config)?;
        let verifier = channel.bound(method, local.greeting);
        let verifies = |secret| method.verify(secret, &transcript, &verifier, auth.proof);
        if !secrets(method, local.config).iter().any(verifies) {
            let (method, secret) = (method.name(), method.needs_secret());
            let node_id = peer.node_id;
            return Err(match secret {
                true => HandshakeError::WrongSecret { method, node_id },
                false => HandshakeError::WrongGreetings { method, node_id },
            });
        }
        let trusted = local.config.policy.check_proof(&peer, local.carrier, method)?;
        let read_framing = readable_framing(&auth, &peer, local.config)?;
        let protection = channel.protection;
        let chunked = local.config.chunk && peer.takes_chunks();
        Ok(Outcome {
            peer,
            read_framing,
            write_framing,
            chunked,
            auth: method,
            protection,
            trusted,
        })
    }
}

/// The secrets that a proof of this method may be made with: at least one, if
/// [`HandshakeConfig::can`] says that it can be used.
fn secrets(method: AuthMethod, config: &HandshakeConfig) -> &[Secret] {
    if method.needs_secret() { &config.secrets } else { std::slice::from_ref(Secret::empty()) }
}

/// The first in the peer's list that we offer.
fn choose_auth(
    peer: &PeerGreeting,
    channel: &ChannelBinding,
    config: &HandshakeConfig,
) -> Result<AuthMethod, HandshakeError> {
    let offered = |method: &AuthMethod| {
        config.offer.contains(method) && config.can(*method) && channel.sends(*method, config)
    };
    let known = peer.auth.iter().filter_map(|name| AuthMethod::from_name(name));
    known.into_iter().find(offered).ok_or_else(|| HandshakeError::NoCommonAuth {
        node_id: peer.node_id.clone(),
        accepted: names(&peer.auth),
        offered: names(config.offer.iter().filter(|m| offered(m)).map(|method| method.name())),
    })
}

/// The first in the peer's list that we can write.
fn choose_framing(
    peer: &PeerGreeting,
    config: &HandshakeConfig,
) -> Result<Framing, HandshakeError> {
    let known = peer.framings.iter().filter_map(|name| Framing::from_name(name));
    known.into_iter().find(|framing| config.framings.contains(framing)).ok_or_else(|| {
        HandshakeError::NoCommonFraming {
            node_id: peer.node_id.clone(),
            readable: names(&peer.framings),
            writable: names(config.framings.iter().map(|framing| framing.name())),
        }
    })
}

fn accepted_method(
    auth: &AuthLine<'_>,
    peer: &PeerGreeting,
    channel: &ChannelBinding,
    config: &HandshakeConfig,
) -> Result<AuthMethod, HandshakeError> {
    let node_id = || peer.node_id.clone();
    let Some(method) = AuthMethod::from_name(auth.method) else {
        let method = excerpt(auth.method.as_bytes());
        return Err(HandshakeError::UnknownAuth { method, node_id: node_id() });
    };
    if !config.accepted().any(|accepted| accepted == method) {
        let method = method.name();
        return Err(HandshakeError::AuthNotAccepted { method, node_id: node_id() });
    }
    if !channel.takes(method) {
        let (method, protection) = (method.name(), channel.protection);
        return Err(HandshakeError::AuthUnfit { method, node_id: node_id(), protection });
    }
    Ok(method)
}

fn readable_framing(
    auth: &AuthLine<'_>,
    peer: &PeerGreeting,
    config: &HandshakeConfig,
) -> Result<Framing, HandshakeError> {
    Framing::from_name(auth.framing).filter(|framing| config.framings.contains(framing)).ok_or_else(
        || HandshakeError::FramingNotReadable {
            node_id: peer.node_id.clone(),
            framing: excerpt(auth.framing.as_bytes()),
            readable: names(config.framings.iter().map(|framing| framing.name())),
        },
    )
}

fn text(bytes: &[u8], line: Line) -> Result<&str, HandshakeError> {
    std::str::from_utf8(bytes).map_err(|_| HandshakeError::Utf8 { line })
}

fn terminated(line: &[u8]) -> Vec<u8> {
    [line, b"\n"].concat()
}

/// The names for a message; the peer's are escaped, and shortened if there are absurdly many.
fn names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    excerpt(names.join(",").as_bytes())
}
