//! Bytes between two processes: what two AEMP nodes say to each other, and nothing of what it means.
//!
//! From the bottom up:
//!
//! - [`Value`] is the self-describing datum; [`to_value`] and [`from_value`] convert any serde type,
//!   and [`Lenient`] forgives what loosely typed nodes send.
//! - [`Framing`] encodes packets, a [`Decoder`] cuts a stream into them, and a message stays
//!   [`Encoded`] until its receiver wants it.
//! - A [`Handshake`] greets a peer and has both sides prove that they know the [`Secret`].
//! - A [`Transport`] makes streams: [`Tcp`], `Quic` (feature `quic`), or [`Memory`] within a process.
//! - [`establish`] drives a handshake over a stream, and [`start`] makes a link of it: packets in
//!   by a [`PacketSink`], packets out by a [`LinkSender`], one [`CloseReason`] at the end.
//!
//! Values, framings and handshake know no socket, no clock and no runtime.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use aemp_transport::*;
//! use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
//!
//! struct Sink(UnboundedSender<String>);
//!
//! impl PacketSink for Sink {
//!     fn packet(&mut self, packet: Packet) {
//!         let _ = self.0.send(format!("{}: {:?}", packet.port, packet.message.first_str()));
//!     }
//!     fn closed(&mut self, reason: CloseReason) {
//!         let _ = self.0.send(reason.to_string());
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (network, address) = (Memory::new(), "mem:beta".parse()?);
//! let mut listener = network.bind(&address).await?;
//! let config = |id| Arc::new(HandshakeConfig::new(id, "geheim"));
//! let limit = Duration::from_secs(30);
//! let (near, far) = tokio::try_join!(network.dial(&address), listener.accept())?;
//! let (near, far) = tokio::try_join!(
//!     establish(near, config("alpha"), limit, |_| true),
//!     establish(far, config("beta"), limit, |_| true),
//! )?;
//! let (events, mut heard) = unbounded_channel();
//! let alpha = start(near, LinkConfig::default(), |_| Sink(unbounded_channel().0));
//! start(far, LinkConfig::default(), |_| Sink(events));
//!
//! alpha.send("a.b", &("say", "joe", 7))?;
//! alpha.finish();
//! assert_eq!(heard.recv().await.as_deref(), Some("a.b: Some(\"say\")"));
//! assert_eq!(heard.recv().await.as_deref(), Some("connection closed by the peer"));
//! # Ok(())
//! # }
//! ```

mod auth;
mod framing;
mod handshake;
mod lenient;
mod link;
mod md6;
mod stream;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls/stub.rs"]
mod tls;
mod value;
#[cfg(test)]
mod vectors;

pub use auth::{AuthMethod, Secret, UnknownAuthMethod};
pub use framing::{
    DecodeError, Decoder, EncodeError, Encoded, FrameError, Framing, Limits, Packet, UnknownFraming,
};
pub use handshake::{
    Carrier, Handshake, HandshakeConfig, HandshakeError, Line, MAX_LINE, Nonces, Outcome,
    PeerGreeting, Policy, Protection, Require, SubProtocol, TlsKind, TlsRole, TlsVersion, Upgrade,
    nonce,
};
pub use lenient::Lenient;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use link::fuzz_chunks;
pub use link::{
    Admission, Admit, CloseReason, EncodedPacket, EstablishError, Established, LinkConfig,
    LinkCounters, LinkSender, Order, PacketSink, SendError, establish, establish_with, start,
};
#[cfg(feature = "quic")]
pub use stream::Quic;
pub use stream::{
    Address, AddressError, AdmissionLimit, Admitted, BoxReader, BoxStream, BoxWriter, Listener,
    Liveness, Memory, Network, Permit, Reach, Refusal, Scheme, Session, Stream, Tcp, Transport,
};
pub use tls::{CertificateError, Certificates, TlsError, generate_certificate};
pub use value::{Value, ValueError, from_value, from_value_ref, to_value, to_values};
