//! What can be wrong with certificates, and with TLS.

use std::io;
use std::path::PathBuf;

/// Certificates cannot be read, or do not belong together. The text names the file and what is
/// missing; nothing of a key is ever in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {path}: {error}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A text is no PEM.
    #[error("{source_name} is not valid PEM: {text}")]
    Pem {
        /// The file, or "the PEM text".
        source_name: String,
        /// What is wrong with it.
        text: &'static str,
    },
    /// There is no private key.
    #[error("{source_name} holds no private key (BEGIN PRIVATE KEY)")]
    NoKey {
        /// The file, or "the PEM text".
        source_name: String,
    },
    /// There is no certificate.
    #[error("{source_name} holds no certificate (BEGIN CERTIFICATE)")]
    NoCertificate {
        /// The file, or "the PEM text".
        source_name: String,
    },
    /// There is a private key, but of a kind that is not known, or damaged.
    #[error("the private key in {source_name} cannot be used (RSA, ECDSA and Ed25519 are known)")]
    Key {
        /// The file, or "the PEM text".
        source_name: String,
    },
    /// The private key belongs to none of the certificates.
    #[error("the private key in {key} belongs to no certificate in {certificate}")]
    Mismatch {
        /// Where the key is.
        key: String,
        /// Where the certificates are.
        certificate: String,
    },
    /// A certificate cannot be understood.
    #[error("a certificate in {source_name} is damaged")]
    Damaged {
        /// The file, or "the PEM text".
        source_name: String,
    },
    /// No certificate can be made for that node ID.
    #[error("no certificate can be made for the node ID {node_id:?}: {text}")]
    Generate {
        /// The node ID.
        node_id: String,
        /// Why.
        text: String,
    },
    /// The program was built without TLS.
    #[error("this program was built without TLS (feature tls)")]
    NoTls,
}

/// TLS did not come about, or failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The peer's certificate is not to be trusted.
    #[error("the peer's certificate is not trusted: {0}")]
    Certificate(String),
    /// The peer ended TLS, and said why; if it is about a certificate, about ours.
    #[error("the peer refused TLS: {0}")]
    Refused(String),
    /// What the peer says is no TLS, or not such as is spoken here.
    #[error("no TLS with the peer: {0}")]
    Protocol(String),
}

impl TlsError {
    /// Whether it can get better only after somebody has changed a configuration.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Certificate(_))
    }
}
