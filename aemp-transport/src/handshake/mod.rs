//! From a fresh stream to an authenticated peer: bytes in, bytes and an outcome out.
//!
//! ```text
//!   we                                  the peer
//!   aemp;1;NODE;AUTHS;FRAMINGS;k=v… ──▶      greeting, at once, both ways
//!   NONCE ──▶
//!                      ◀── its greeting, its nonce
//!   TLS ◀─▶ TLS                              if both greetings want it; the rest is inside
//!   METHOD;PROOF;FRAMING ──▶                 auth line, as soon as the peer's greeting is known
//!                      ◀── its auth line
//!   packets ◀─▶ packets
//! ```
//!
//! Lives below any socket and clock: who reads, writes and limits the time is told by
//! [`establish`](crate::establish).

mod auth_line;
mod carrier;
mod channel_binding;
mod config;
mod error;
mod fields;
mod greeting;
mod lines;
mod machine;
mod nonce;
mod policy;
mod protection;
#[cfg(test)]
mod replay;
mod steps;
mod sub_protocol;
mod upgrade;

pub use carrier::Carrier;
pub use config::HandshakeConfig;
pub use error::{HandshakeError, Line};
pub use greeting::PeerGreeting;
pub use lines::MAX_LINE;
pub use machine::{Handshake, Outcome};
pub use nonce::{Nonces, nonce};
pub use policy::{Policy, Require};
pub use protection::{Protection, TlsVersion};
pub use sub_protocol::SubProtocol;
pub use upgrade::{TlsKind, TlsRole, Upgrade};
