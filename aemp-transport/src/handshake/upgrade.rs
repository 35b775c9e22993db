//! [`Upgrade`]: that TLS has to begin, and how.

use super::error::HandshakeError;
use super::{Carrier, HandshakeConfig, PeerGreeting};

/// TLS begins now, on the same stream, with the bytes after the nonce line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Upgrade {
    /// What we are in it.
    pub role: TlsRole,
    /// What it is checked by.
    pub kind: TlsKind,
}

/// What a side is in TLS: the lower nonce is the client, whoever dialled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TlsRole {
    /// Speaks first.
    Client,
    /// Answers.
    Server,
}

/// What TLS is checked by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TlsKind {
    /// Certificates: both greetings say `tls=1.0` (AEMP protocol, section 3).
    Certificates,
    /// The secret, afterwards: both greetings say `stls=1` (section 7.1).
    Secret,
}

/// Which keys of the greeting we say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// `tls=1.0`
    pub(super) certificates: bool,
    /// `stls=1`
    pub(super) secret: bool,
}

impl Offer {
    pub(super) fn of(config: &HandshakeConfig, carrier: &Carrier) -> Self {
        let tls = carrier.wants_tls();
        Self {
            certificates: tls && config.certificates.is_some(),
            secret: tls && config.stls && !config.secrets.is_empty(),
        }
    }

    /// What both want; decided from the two greetings alone, so that both sides decide the same.
    pub(super) fn kind(self, peer: &PeerGreeting) -> Option<TlsKind> {
        if self.certificates && peer.has_tls() {
            Some(TlsKind::Certificates)
        } else if self.secret && peer.has_stls() {
            Some(TlsKind::Secret)
        } else {
            None
        }
    }
}

impl TlsRole {
    /// Decided by the nonces.
    pub(super) fn by_nonces(
        own: &[u8],
        peer: &PeerGreeting,
        theirs: &[u8],
    ) -> Result<Self, HandshakeError> {
        match own.cmp(theirs) {
            std::cmp::Ordering::Less => Ok(Self::Client),
            std::cmp::Ordering::Greater => Ok(Self::Server),
            std::cmp::Ordering::Equal => {
                Err(HandshakeError::SameNonce { node_id: peer.node_id.clone() })
            }
        }
    }
}
