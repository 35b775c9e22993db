//! QUIC: one connection with one bidirectional stream for each link, opened by who dials.
//!
//! QUIC's own TLS 1.3 encrypts all of it, and its handshake signatures are checked, so that the
//! exporter is known to the two ends only. Who the peer is, is for the AEMP handshake to find out,
//! which runs on the stream.

mod credentials;
mod endpoint;
mod gate;
mod listener;
mod lost;
mod settings;
mod shared_connection;
mod stream;
mod transport;

pub use transport::Quic;
