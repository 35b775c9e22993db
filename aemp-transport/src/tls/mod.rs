//! TLS: certificates and whom they prove, throw-away certificates, and TLS put on a stream.
//!
//! All that knows rustls lives here; whether and how TLS begins is the handshake's to decide.
//! Without the feature `tls` a stub has the same names, and nothing is ever encrypted.

#[cfg(feature = "quic")]
mod built_in;
mod causes;
mod certificates;
mod error;
mod generate;
mod names;
mod parameters;
mod prefixed;
mod stream;
mod throw_away;
mod upgrade;
mod verifier;

#[cfg(feature = "quic")]
pub(crate) use built_in::built_in;
pub use certificates::Certificates;
pub use error::{CertificateError, TlsError};
pub use generate::generate_certificate;
pub(crate) use names::node_ids;
pub(crate) use upgrade::upgrade;

/// Whether there is TLS.
pub(crate) const AVAILABLE: bool = true;
