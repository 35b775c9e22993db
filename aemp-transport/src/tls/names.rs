//! What a certificate says: whom it names, and how long it is valid.

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

/// What stands before a node ID in a URI.
pub(super) const URI: &str = "aemp:";

/// The node IDs that a certificate (DER) is made out for: its subject alternative names `DNS:NODEID`
/// and `URI:aemp:NODEID`. None if it cannot be understood.
pub(crate) fn node_ids(certificate: &[u8]) -> Vec<String> {
    let der = CertificateDer::from(certificate);
    let Ok(parsed) = EndEntityCert::try_from(&der) else { return Vec::new() };
    let uris = parsed.valid_uri_names().filter_map(|uri| uri.strip_prefix(URI));
    parsed.valid_dns_names().chain(uris).map(str::to_owned).collect()
}

/// Whether a certificate (DER) is valid at that time.
pub(super) fn check_time(certificate: &[u8], now: UnixTime) -> Result<(), CertificateError> {
    let der = CertificateDer::from(certificate);
    let parsed = EndEntityCert::try_from(&der).map_err(|_| CertificateError::BadEncoding)?;
    // The time is looked at first; that nobody has signed it is known.
    let usage = KeyUsage::server_auth();
    match parsed.verify_for_usage(&[], &[], &[], now, usage, None, None) {
        Err(Error::CertNotValidYet { .. }) => Err(CertificateError::NotValidYet),
        Err(Error::CertExpired { .. }) => Err(CertificateError::Expired),
        Err(Error::InvalidCertValidity | Error::BadDer | Error::BadDerTime) => {
            Err(CertificateError::BadEncoding)
        }
        _ => Ok(()),
    }
}

/// Whether a certificate (DER) says that it was issued by itself.
pub(super) fn is_self_issued(certificate: &[u8]) -> bool {
    let der = CertificateDer::from(certificate);
    EndEntityCert::try_from(&der).is_ok_and(|parsed| parsed.subject() == parsed.issuer())
}
