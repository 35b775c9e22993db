//! TLS for a transport that has it built in.

use std::sync::Arc;

use rustls::{ClientConfig, ServerConfig};

use super::{Certificates, TlsError, throw_away};

/// TLS 1.3 with anybody, showing the configured certificate if there is one: it begins before the
/// nodes have greeted each other, so nobody knows yet what they have agreed on. Whether the peer's
/// certificate is trusted is for [`Certificates::check`] to say afterwards. (That the peer has its
/// key is checked here.)
///
/// # Errors
///
/// A throw-away certificate cannot be made.
pub(crate) fn built_in(
    certificates: Option<&Certificates>,
    protocol: &[u8],
) -> Result<(ClientConfig, ServerConfig), TlsError> {
    let anybody = throw_away::parameters()?;
    let (mut client, mut server) =
        (ClientConfig::clone(&anybody.client), ServerConfig::clone(&anybody.server));
    if let Some(certificates) = certificates {
        let own = certificates.parameters();
        client.client_auth_cert_resolver = Arc::clone(&own.client.client_auth_cert_resolver);
        server.cert_resolver = Arc::clone(&own.server.cert_resolver);
    }
    client.alpn_protocols = vec![protocol.to_vec()];
    server.alpn_protocols = vec![protocol.to_vec()];
    Ok((client, server))
}
