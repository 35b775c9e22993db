//! Why a handshake is refused: every reason its own, naming what it is about.

use std::fmt;

use super::Protection;

/// A line of the handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Line {
    /// The first line of the greeting.
    Greeting,
    /// The second line of the greeting.
    Nonce,
    /// No line, but what TLS has to say between nonce and auth line.
    Tls,
    /// The line that proves the secret.
    Auth,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "greeting",
            Self::Nonce => "nonce line",
            Self::Tls => "part of the TLS handshake",
            Self::Auth => "auth line",
        })
    }
}

/// The peer broke the rules of the handshake, is incompatible, or is not who it should be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The first line is not that of an AEMP node.
    #[error("the peer speaks no AEMP: its first line is {line}")]
    NotAemp {
        /// The start of the line, quoted.
        line: String,
    },
    /// The peer asks for a sub-protocol that is not served here.
    #[error("the peer asks for the sub-protocol {name:?}")]
    SubProtocol {
        /// What follows `aemp-`.
        name: String,
    },
    /// The peer speaks another version of the protocol.
    #[error("the peer speaks AEMP version {version}, not version 1")]
    Version {
        /// The version field.
        version: String,
    },
    /// The greeting has fewer than its five fields.
    #[error("the peer's greeting is not complete: {line}")]
    Truncated {
        /// The start of the line, quoted.
        line: String,
    },
    /// A line exceeds 4096 bytes, its ending included.
    #[error("the peer's {line} is longer than 4096 bytes")]
    LineTooLong {
        /// Which line.
        line: Line,
    },
    /// A line is not UTF-8.
    #[error("the peer's {line} is not valid UTF-8")]
    Utf8 {
        /// Which line.
        line: Line,
    },
    /// A `%` in a field is not the start of an escape.
    #[error("malformed escape in the field {field} of the peer's greeting")]
    Escape {
        /// The start of the field, quoted.
        field: String,
    },
    /// The node ID is empty or has characters that no node ID has.
    #[error("the peer's node ID {node_id} is not valid (allowed are A-Z a-z 0-9 _ - . : /)")]
    NodeId {
        /// The start of the node ID, quoted.
        node_id: String,
    },
    /// The greeting is our own, byte by byte.
    #[error("the peer echoes our own greeting")]
    Echo,
    /// The peer has our own node ID.
    #[error("the peer has our own node ID {node_id:?}: talking to myself?")]
    OwnNodeId {
        /// The node ID.
        node_id: String,
        /// It is this very node: it has dialled itself.
        is_self: bool,
    },
    /// There is no method that the peer accepts and that we are willing to use.
    #[error(
        "no common authentication method: node {node_id:?} accepts {accepted}, we offer {offered} \
         (auth_offer)"
    )]
    NoCommonAuth {
        /// The peer.
        node_id: String,
        /// What the peer accepts.
        accepted: String,
        /// What we offer.
        offered: String,
    },
    /// There is no framing that the peer can read and that we can write.
    #[error("no common framing: node {node_id:?} reads {readable}, we write {writable} (framings)")]
    NoCommonFraming {
        /// The peer.
        node_id: String,
        /// What the peer reads.
        readable: String,
        /// What we write.
        writable: String,
    },
    /// The auth line has fewer than its three fields.
    #[error("the peer's auth line is not complete: {line}")]
    AuthLine {
        /// The start of the line, quoted.
        line: String,
    },
    /// The peer proves itself in a way that does not exist here.
    #[error("unknown authentication method {method} used by node {node_id:?}")]
    UnknownAuth {
        /// The start of the method's name, quoted.
        method: String,
        /// The peer.
        node_id: String,
    },
    /// The peer proves itself in a way that we do not accept.
    #[error(
        "authentication method {method} used by node {node_id:?} is not accepted here (auth_accept)"
    )]
    AuthNotAccepted {
        /// The method's name.
        method: &'static str,
        /// The peer.
        node_id: String,
    },
    /// The peer proves itself in a way that is not good enough for this connection.
    #[error(
        "authentication method {method} used by node {node_id:?} does not fit a connection with \
         the protection {protection}"
    )]
    AuthUnfit {
        /// The method's name.
        method: &'static str,
        /// The peer.
        node_id: String,
        /// How the connection is protected.
        protection: Protection,
    },
    /// What the peer says the greetings were is not what they were here.
    #[error("the greetings were altered on the way ({method} of node {node_id:?} does not verify)")]
    WrongGreetings {
        /// The method's name.
        method: &'static str,
        /// The peer.
        node_id: String,
    },
    /// The nonce is our own, so that neither side is the client of TLS.
    #[error("node {node_id:?} has sent our own nonce: TLS cannot begin")]
    SameNonce {
        /// The peer.
        node_id: String,
    },
    /// The connection would not be encrypted.
    #[error(
        "node {node_id:?} from {from} is not encrypted: set plain_peers (Config::plain_peers) to \
         admit it, or give it a certificate"
    )]
    NotEncrypted {
        /// The peer.
        node_id: String,
        /// Where it is.
        from: String,
    },
    /// The peer shows no certificate.
    #[error(
        "node {node_id:?} from {from} shows no certificate: give it one (and this node, \
         Config::certificates), or require less (Config::require)"
    )]
    NoCertificate {
        /// The peer.
        node_id: String,
        /// Where it is.
        from: String,
    },
    /// The certificate is trusted, but somebody else's.
    #[error(
        "the certificate of node {node_id:?} does not hold its node ID but {names} (check_node_id)"
    )]
    CertificateNames {
        /// The peer.
        node_id: String,
        /// The node IDs that the certificate holds, quoted.
        names: String,
    },
    /// The peer proves nothing.
    #[error(
        "node {node_id:?} from {from} is anonymous: set anonymous_peers (Config::anonymous_peers) \
         to admit it without trust"
    )]
    Anonymous {
        /// The peer.
        node_id: String,
        /// Where it is.
        from: String,
    },
    /// The peer proves nothing, and does not say so in its name.
    #[error("node {node_id:?} is anonymous: its node ID has to begin with anon/")]
    AnonymousName {
        /// The peer.
        node_id: String,
    },
    /// The peer does not know our secret.
    #[error("wrong secret ({method} of node {node_id:?} does not verify)")]
    WrongSecret {
        /// The method's name.
        method: &'static str,
        /// The peer.
        node_id: String,
    },
    /// The peer wants to write in a framing that we did not say we can read.
    #[error("node {node_id:?} wants to write framing {framing}, we read {readable} (framings)")]
    FramingNotReadable {
        /// The peer.
        node_id: String,
        /// The start of the framing's name, quoted.
        framing: String,
        /// What we read.
        readable: String,
    },
}

/// The start of something foreign, fit for a message: quoted, escaped, at most 80 characters.
pub(super) fn excerpt(text: &[u8]) -> String {
    const MAX: usize = 80;
    let text = String::from_utf8_lossy(text);
    let mut start: String = text.chars().take(MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

/// The start of a foreign line up to its first `;`: what follows may be a secret in clear text.
pub(super) fn first_field(line: &[u8]) -> String {
    match memchr::memchr(b';', line) {
        Some(end) => excerpt(&[&line[..end], ";…".as_bytes()].concat()),
        None => excerpt(line),
    }
}

#[cfg(test)]
mod tests {
    use super::{excerpt, first_field};

    #[test]
    fn what_may_be_a_secret_is_left_out() {
        assert_eq!(first_field(b"cleartext;67656865696d"), "\"cleartext;…\"");
        assert_eq!(first_field(b"SSH-2.0"), "\"SSH-2.0\"");
    }

    #[test]
    fn excerpts_are_short_and_harmless() {
        assert_eq!(excerpt(b"GET / HTTP/1.1"), "\"GET / HTTP/1.1\"");
        assert_eq!(excerpt(b"a\x1b\"\xff"), "\"a\\u{1b}\\\"\u{fffd}\"");
        assert_eq!(excerpt(&[b'x'; 100]), format!("\"{}…\"", "x".repeat(80)));
    }
}
