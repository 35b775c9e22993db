//! [`Protection`]: what keeps others from reading along.

use std::fmt;

/// What keeps others from reading a connection. Displayed for people:
///
/// ```
/// # use aemp_transport::{Protection, TlsVersion};
/// assert_eq!(Protection::Plain.to_string(), "none");
/// assert_eq!(Protection::Stls.to_string(), "stls (TLS 1.3, no certificate)");
/// let tls = Protection::Tls { version: TlsVersion::V1_3, certificate: true };
/// assert_eq!(tls.to_string(), "TLS 1.3, certificate");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Protection {
    /// Nothing does.
    Plain,
    /// TLS 1.3 without certificates; both sides have proved that they know the secret, and that
    /// they are the two ends of this very session.
    Stls,
    /// TLS with certificates.
    Tls {
        /// The version agreed on.
        version: TlsVersion,
        /// The peer has shown a certificate that is trusted here. Else it has shown none, and
        /// proved that it knows the secret, or is anonymous.
        certificate: bool,
    },
    /// The transport's own encryption, such as QUIC's.
    Transport {
        /// The name of the transport.
        transport: &'static str,
        /// The peer has shown a certificate that is trusted here.
        certificate: bool,
    },
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2: for old Perl nodes, with certificates only.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl Protection {
    /// Whether others on the way cannot read.
    #[must_use]
    pub fn is_encrypted(self) -> bool {
        self != Self::Plain
    }

    /// Whether the peer has shown a certificate that is trusted here.
    #[must_use]
    pub fn has_certificate(self) -> bool {
        match self {
            Self::Plain | Self::Stls => false,
            Self::Tls { certificate, .. } | Self::Transport { certificate, .. } => certificate,
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if self.has_certificate() { "certificate" } else { "no certificate" };
        match self {
            Self::Plain => f.write_str("none"),
            Self::Stls => write!(f, "stls (TLS 1.3, {shown})"),
            Self::Tls { version, .. } => write!(f, "{version}, {shown}"),
            Self::Transport { transport, .. } => write!(f, "{transport} (TLS 1.3, {shown})"),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1_2 => "TLS 1.2",
            Self::V1_3 => "TLS 1.3",
        })
    }
}
