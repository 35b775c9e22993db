//! What a node says about itself in every handshake.

use std::sync::Arc;

use uuid::Uuid;

use super::{Nonces, Policy, SubProtocol};
use crate::auth::{AuthMethod, Secret};
use crate::framing::Framing;
use crate::tls::Certificates;

/// What a node says about itself, and what it accepts of others.
#[derive(Clone, Debug)]
pub struct HandshakeConfig {
    /// Our node ID.
    pub node_id: String,
    /// What proves that two nodes belong together. The first is what we prove ourselves with, each
    /// of them is accepted; so secrets can be changed one node after the other. Without any, only
    /// certificates count.
    pub secrets: Vec<Secret>,
    /// Our certificate, and which ones of others we trust. Without it no certificates are agreed
    /// on.
    pub certificates: Option<Arc<Certificates>>,
    /// Whether we encrypt by the secret alone where no certificates are agreed on (setting
    /// `stls`).
    pub stls: bool,
    /// Which connections are good enough.
    pub policy: Policy,
    /// How peers may prove themselves, best first (setting `auth_accept`).
    pub accept: Vec<AuthMethod>,
    /// How we are willing to prove ourselves (setting `auth_offer`); the peer's order decides.
    pub offer: Vec<AuthMethod>,
    /// The encodings of packets that we can read and write, best first (setting `framings`).
    pub framings: Vec<Framing>,
    /// The greeting key `inst`: tells this process from an earlier one of the same node ID.
    pub instance: String,
    /// The greeting key `chunk`: large packets are sent in chunks, between which small ones can pass,
    /// if the peer says so too.
    pub chunk: bool,
    /// The greeting key `provider`: which implementation speaks.
    pub provider: String,
    /// Where nonces come from.
    pub nonces: Nonces,
    /// What we ask the peer for instead of packets, if anything.
    pub ask: Option<SubProtocol>,
    /// The names of the sub-protocols that peers may ask us for; none by default.
    pub serves: Vec<String>,
}

impl HandshakeConfig {
    /// The defaults: every method accepted, [`AuthMethod::OFFERED`] offered, every framing, TLS by
    /// the secret alone, chunks, and an instance of its own (so a process makes one configuration and
    /// shares it). With an empty secret there are no secrets.
    #[must_use]
    pub fn new(node_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        let secret = secret.into();
        Self {
            node_id: node_id.into(),
            secrets: if secret.is_empty() { Vec::new() } else { vec![secret] },
            certificates: None,
            stls: true,
            policy: Policy::default(),
            accept: AuthMethod::ALL.to_vec(),
            offer: AuthMethod::OFFERED.to_vec(),
            framings: Framing::ALL.to_vec(),
            instance: Uuid::new_v4().simple().to_string(),
            chunk: true,
            provider: concat!("aemp-rs-", env!("CARGO_PKG_VERSION")).to_owned(),
            nonces: Nonces::default(),
            ask: None,
            serves: Vec::new(),
        }
    }

    /// Whether a peer may greet with this sub-protocol.
    pub(super) fn understands(&self, name: &str) -> bool {
        match &self.ask {
            Some(asked) => asked.name == name,
            None => self.serves.iter().any(|served| served == name),
        }
    }

    /// Whether a method can be used at all with what there is.
    pub(super) fn can(&self, method: AuthMethod) -> bool {
        !(method.needs_secret() && self.secrets.is_empty())
    }

    /// The methods that the greeting says are accepted.
    pub(super) fn accepted(&self) -> impl Iterator<Item = AuthMethod> {
        self.accept.iter().copied().filter(|method| self.can(*method))
    }
}
