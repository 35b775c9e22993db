//! The steps of a handshake as types: each takes the line that it expects and gives the next step.

use super::HandshakeConfig;
use super::auth_line::{self, AuthLine};
use super::error::{HandshakeError, Line, excerpt};
use super::greeting::PeerGreeting;
use super::machine::Outcome;
use crate::auth::AuthMethod;
use crate::framing::Framing;

/// What stays the same through all steps: us.
#[derive(Debug)]
pub(super) struct Local<'a> {
    pub(super) config: &'a HandshakeConfig,
    /// Our greeting as sent: both lines, each with an LF.
    pub(super) greeting: &'a [u8],
}

#[derive(Debug)]
pub(super) struct ExpectGreeting;

impl ExpectGreeting {
    pub(super) fn handle(self, line: &[u8]) -> Result<ExpectNonce, HandshakeError> {
        Ok(ExpectNonce { peer: PeerGreeting::decode(line)?, transcript: terminated(line) })
    }
}

#[derive(Debug)]
pub(super) struct ExpectNonce {
    peer: PeerGreeting,
    /// The peer's first line with an LF.
    transcript: Vec<u8>,
}

impl ExpectNonce {
    /// Gives our auth line beside the next step.
    pub(super) fn handle(
        mut self,
        line: &[u8],
        local: &Local<'_>,
    ) -> Result<(ExpectAuth, Vec<u8>), HandshakeError> {
        text(line, Line::Nonce)?;
        self.transcript.extend_from_slice(&terminated(line));
        let Self { peer, transcript } = self;
        if transcript == local.greeting {
            return Err(HandshakeError::Echo);
        }
        if peer.node_id == local.config.node_id {
            return Err(HandshakeError::OwnNodeId { node_id: peer.node_id });
        }
        let method = choose_auth(&peer, local.config)?;
        let write_framing = choose_framing(&peer, local.config)?;
        let proof = method.prove(&local.config.secret, local.greeting, &transcript);
        let line = auth_line::encode(method, &proof, write_framing);
        Ok((ExpectAuth { peer, transcript, write_framing }, line))
    }
}

#[derive(Debug)]
pub(super) struct ExpectAuth {
    peer: PeerGreeting,
    /// Both of the peer's greeting lines, each with an LF.
    transcript: Vec<u8>,
    write_framing: Framing,
}

impl ExpectAuth {
    pub(super) fn peer(&self) -> &PeerGreeting {
        &self.peer
    }

    pub(super) fn handle(self, line: &[u8], local: &Local<'_>) -> Result<Outcome, HandshakeError> {
        let Self { peer, transcript, write_framing } = self;
        let Some(auth) = AuthLine::decode(text(line, Line::Auth)?) else {
            return Err(HandshakeError::AuthLine { line: excerpt(line) });
        };
        let method = accepted_method(&auth, &peer, local.config)?;
        if !method.verify(&local.config.secret, &transcript, local.greeting, auth.proof) {
            return Err(HandshakeError::WrongSecret {
                method: method.name(),
                node_id: peer.node_id,
            });
        }
        let read_framing = readable_framing(&auth, &peer, local.config)?;
        let chunked = local.config.chunk && peer.takes_chunks();
        Ok(Outcome { peer, read_framing, write_framing, chunked, auth: method })
    }
}

/// The first in the peer's list that we offer.
fn choose_auth(
    peer: &PeerGreeting,
    config: &HandshakeConfig,
) -> Result<AuthMethod, HandshakeError> {
    let known = peer.auth.iter().filter_map(|name| AuthMethod::from_name(name));
    known.into_iter().find(|method| config.offer.contains(method)).ok_or_else(|| {
        HandshakeError::NoCommonAuth {
            node_id: peer.node_id.clone(),
            accepted: names(&peer.auth),
            offered: names(config.offer.iter().map(|method| method.name())),
        }
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
    config: &HandshakeConfig,
) -> Result<AuthMethod, HandshakeError> {
    let node_id = || peer.node_id.clone();
    let Some(method) = AuthMethod::from_name(auth.method) else {
        let method = excerpt(auth.method.as_bytes());
        return Err(HandshakeError::UnknownAuth { method, node_id: node_id() });
    };
    if !config.accept.contains(&method) {
        let method = method.name();
        return Err(HandshakeError::AuthNotAccepted { method, node_id: node_id() });
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

fn text(octets: &[u8], line: Line) -> Result<&str, HandshakeError> {
    std::str::from_utf8(octets).map_err(|_| HandshakeError::Utf8 { line })
}

fn terminated(line: &[u8]) -> Vec<u8> {
    [line, b"\n"].concat()
}

/// The names for a message; the peer's are escaped, and shortened if there are absurdly many.
fn names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    excerpt(names.join(",").as_bytes())
}
