//! What a certificate says: whom it names, and how long it is valid.

use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, X509Certificate};

/// What stands before a node ID in a URI.
pub(super) const URI: &str = "aemp:";

/// The node IDs that a certificate (DER) is made out for: its subject alternative names `DNS:NODEID`
/// and `URI:aemp:NODEID`. None if it cannot be understood.
pub(crate) fn node_ids(certificate: &[u8]) -> Vec<String> {
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return Vec::new() };
    let Ok(Some(names)) = parsed.subject_alternative_name() else { return Vec::new() };
    let node_id = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::URI(uri) => uri.strip_prefix(URI).map(str::to_owned),
        _ => None,
    };
    names.value.general_names.iter().filter_map(node_id).collect()
}

/// Whether a certificate (DER) is valid at that time.
pub(super) fn check_time(certificate: &[u8], now: UnixTime) -> Result<(), CertificateError> {
    let (_, parsed) =
        X509Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let now = ASN1Time::from_timestamp(now).map_err(|_| CertificateError::BadEncoding)?;
    if now < parsed.validity().not_before {
        Err(CertificateError::NotValidYet)
    } else if now > parsed.validity().not_after {
        Err(CertificateError::Expired)
    } else {
        Ok(())
    }
}

/// Whether a certificate (DER) says that it was issued by itself.
pub(super) fn is_self_issued(certificate: &[u8]) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, parsed)| parsed.subject().as_raw() == parsed.issuer().as_raw())
}
