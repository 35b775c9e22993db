//! How two nodes are connected: transport, protection and framing.

use aemp_actor::prelude::*;
use aemp_actor::{Certificates, Framing, Require, generate_certificate};

/// The certificate that both processes have.
const CERTIFICATE: &str = "AEMP_BENCH_CERTIFICATE";

/// One way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    /// As nodes talk by themselves: TCP, encrypted by the secret, bincode.
    Stls,
    Certificate,
    Plain,
    Quic,
    Json,
    Cbor,
}

impl Way {
    pub(crate) const ALL: [Self; 6] =
        [Self::Stls, Self::Certificate, Self::Plain, Self::Quic, Self::Json, Self::Cbor];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stls => "tcp+stls+bincode",
            Self::Certificate => "tcp+certificate+bincode",
            Self::Plain => "tcp+plain+bincode",
            Self::Quic => "quic+bincode",
            Self::Json => "tcp+stls+json",
            Self::Cbor => "tcp+stls+cbor",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// Where to listen.
    pub(crate) fn bind(self) -> &'static str {
        match self {
            Self::Quic => "quic:127.0.0.1:0",
            _ => "127.0.0.1:0",
        }
    }

    /// The settings of a node.
    pub(crate) fn config(self, id: &str) -> Config {
        let config = Config::new().nodeid(id).secret("geheim");
        match self {
            Self::Stls => config,
            Self::Certificate => config.certificates(certificates()),
            Self::Plain => config.stls(false).require(Require::None),
            Self::Quic => config.quic(),
            Self::Json => config.framings([Framing::Json]),
            Self::Cbor => config.framings([Framing::Cbor]),
        }
    }

    /// What the other process needs to do the same.
    pub(crate) fn environment() -> [(&'static str, &'static str); 1] {
        [(CERTIFICATE, pem())]
    }
}

/// Made by the first process, handed to the second.
fn pem() -> &'static str {
    static PEM: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    PEM.get_or_init(|| {
        let made = || generate_certificate("bench").expect("a certificate can be made");
        std::env::var(CERTIFICATE).unwrap_or_else(|_| made())
    })
}

fn certificates() -> Certificates {
    Certificates::from_pem(pem()).expect("it is a certificate")
}
