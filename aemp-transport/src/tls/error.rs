//! What can be wrong with certificates, and with TLS.

use std::io;
use std::path::PathBuf;

use rustls::{AlertDescription, CertificateError as Cause, Error};

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

    /// What TLS says by an error of a stream, if it is TLS that says it.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Error>().map(Self::from)
    }
}

impl From<&Error> for TlsError {
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidCertificate(cause) => Self::Certificate(problem(cause)),
            Error::NoCertificatesPresented => Self::Certificate("there is none".to_owned()),
            Error::AlertReceived(alert) => Self::Refused(complaint(*alert)),
            other => Self::Protocol(other.to_string()),
        }
    }
}

fn problem(cause: &Cause) -> String {
    match cause {
        Cause::UnknownIssuer => {
            "unknown issuer (it is none of those configured here, nor signed by a configured CA)"
                .to_owned()
        }
        Cause::Expired | Cause::ExpiredContext { .. } => "it has expired".to_owned(),
        Cause::NotValidYet | Cause::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        Cause::BadSignature => "it is signed by another CA of the same name".to_owned(),
        Cause::BadEncoding => "it is damaged".to_owned(),
        other => other.to_string(),
    }
}

fn complaint(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => "it does not know the issuer of our certificate".to_owned(),
        AlertDescription::CertificateExpired => "our certificate has expired".to_owned(),
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate => "it rejects our certificate".to_owned(),
        AlertDescription::CertificateRequired => "it wants a certificate of ours".to_owned(),
        AlertDescription::ProtocolVersion => "it speaks another version".to_owned(),
        other => format!("{other:?}"),
    }
}
