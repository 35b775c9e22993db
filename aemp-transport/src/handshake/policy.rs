//! [`Policy`]: which connections are good enough.

use super::error::HandshakeError;
use super::{Carrier, PeerGreeting, Protection};
use crate::auth::AuthMethod;
use crate::stream::{Reach, Session};

/// What every connection has to have (setting `require`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Require {
    /// Nothing but a proof.
    None,
    /// Encryption, except on loopback. Nodes of ours agree on it by themselves.
    #[default]
    Encrypted,
    /// A certificate that is trusted here, also on loopback. What stays within a process needs none.
    Certificate,
}

/// Which connections are good enough.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Policy {
    /// What every connection has to have.
    pub require: Require,
    /// Plain connections of other hosts are admitted, too, unless a certificate is required
    /// (setting `plain_peers`).
    pub plain_peers: bool,
    /// Peers that prove nothing are admitted, as not trusted (setting `anonymous_peers`). They
    /// have to call themselves `anon/…`, so that they cannot pass for anybody.
    pub anonymous_peers: bool,
    /// A certificate has to hold the node ID of the peer that shows it, as a subject alternative
    /// name: `DNS:NODEID` or `URI:aemp:NODEID` (setting `check_node_id`).
    pub check_node_id: bool,
}

impl Policy {
    /// The connection stays plain: before anything is proved on it.
    pub(super) fn check_plain(
        self,
        peer: &PeerGreeting,
        carrier: &Carrier,
    ) -> Result<(), HandshakeError> {
        if carrier.reach == Reach::Process {
            return Ok(());
        }
        let plain = self.plain_peers || carrier.reach == Reach::Host;
        match self.require {
            Require::None => Ok(()),
            Require::Encrypted if plain => Ok(()),
            Require::Encrypted => Err(HandshakeError::NotEncrypted {
                node_id: peer.node_id.clone(),
                from: carrier.from(),
            }),
            Require::Certificate => Err(uncertified(peer, carrier)),
        }
    }

    /// The connection is encrypted: before anything is proved on it.
    pub(super) fn check_encrypted(
        self,
        peer: &PeerGreeting,
        carrier: &Carrier,
        protection: Protection,
        session: &Session,
    ) -> Result<(), HandshakeError> {
        if !protection.has_certificate() {
            let required = self.require == Require::Certificate;
            return if required { Err(uncertified(peer, carrier)) } else { Ok(()) };
        }
        if !self.check_node_id {
            return Ok(());
        }
        let names = crate::tls::node_ids(session.certificate.as_deref().unwrap_or_default());
        if names.contains(&peer.node_id) {
            return Ok(());
        }
        Err(HandshakeError::CertificateNames {
            node_id: peer.node_id.clone(),
            names: super::error::excerpt(names.join(", ").as_bytes()),
        })
    }

    /// What the peer has proved; gives whether it is to be trusted.
    pub(super) fn check_proof(
        self,
        peer: &PeerGreeting,
        carrier: &Carrier,
        method: AuthMethod,
    ) -> Result<bool, HandshakeError> {
        if method != AuthMethod::TlsAnon {
            return Ok(true);
        }
        if !self.anonymous_peers {
            return Err(HandshakeError::Anonymous {
                node_id: peer.node_id.clone(),
                from: carrier.from(),
            });
        }
        if !peer.node_id.starts_with("anon/") {
            return Err(HandshakeError::AnonymousName { node_id: peer.node_id.clone() });
        }
        Ok(false)
    }
}

fn uncertified(peer: &PeerGreeting, carrier: &Carrier) -> HandshakeError {
    HandshakeError::NoCertificate { node_id: peer.node_id.clone(), from: carrier.from() }
}
