//! What a node says about itself in every handshake.

use uuid::Uuid;

use super::Nonces;
use crate::auth::{AuthMethod, Secret};
use crate::framing::Framing;

/// What a node says about itself, and what it accepts of others.
#[derive(Clone, Debug)]
pub struct HandshakeConfig {
    /// Our node ID.
    pub node_id: String,
    /// What proves that two nodes belong together.
    pub secret: Secret,
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
}

impl HandshakeConfig {
    /// The defaults: every method accepted, the HMACs offered, every framing, chunks, and an instance
    /// of its own (so a process makes one configuration and shares it).
    #[must_use]
    pub fn new(node_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self {
            node_id: node_id.into(),
            secret: secret.into(),
            accept: AuthMethod::ALL.to_vec(),
            offer: vec![AuthMethod::HmacSha3_512, AuthMethod::HmacMd6_64_256],
            framings: Framing::ALL.to_vec(),
            instance: Uuid::new_v4().simple().to_string(),
            chunk: true,
            provider: concat!("aemp-rs-", env!("CARGO_PKG_VERSION")).to_owned(),
            nonces: Nonces::default(),
        }
    }
}
