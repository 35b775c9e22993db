//! What rustls says, as [`TlsError`].

use std::io;

use rustls::{AlertDescription, CertificateError as Cause, Error};

use super::TlsError;

impl TlsError {
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
