//! Makes certificates for nodes.

use rcgen::string::Ia5String;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

use super::CertificateError;
use super::names::URI;

/// A new private key and a self-signed certificate for it, as one PEM text for
/// [`Certificates::from_pem`](super::Certificates::from_pem): on one node, or on all of them. It
/// holds the node ID as a subject alternative name (`DNS:NODEID`, or `URI:aemp:NODEID` where a node
/// ID is no host name), and does not expire for ten years.
///
/// # Errors
///
/// The node ID cannot be a part of a certificate.
///
/// ```
/// # #[cfg(feature = "tls")] {
/// let pem = aemp_transport::generate_certificate("alpha")?;
/// aemp_transport::Certificates::from_pem(&pem)?;
/// # }
/// # Ok::<(), aemp_transport::CertificateError>(())
/// ```
pub fn generate_certificate(node_id: &str) -> Result<String, CertificateError> {
    let failed = |text: String| CertificateError::Generate { node_id: node_id.to_owned(), text };
    let name = subject(node_id).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, node_id);
    params.subject_alt_names = vec![name];
    let now = std::time::SystemTime::now();
    // Clocks differ.
    params.not_before = (now - DAY).into();
    params.not_after = (now + 3650 * DAY).into();
    let key = KeyPair::generate().map_err(|error| failed(error.to_string()))?;
    let certificate = params.self_signed(&key).map_err(|error| failed(error.to_string()))?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

fn subject(node_id: &str) -> Result<SanType, String> {
    if node_id.is_empty() {
        return Err("it is empty".to_owned());
    }
    let host = node_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let text = if host { node_id.to_owned() } else { format!("{URI}{node_id}") };
    let text = Ia5String::try_from(text).map_err(|error| error.to_string())?;
    Ok(if host { SanType::DnsName(text) } else { SanType::URI(text) })
}
