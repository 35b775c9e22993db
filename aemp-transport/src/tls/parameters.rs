//! [`Parameters`]: what rustls has to know for either role.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, Error, ServerConfig, SupportedProtocolVersion};

use super::verifier::{Trust, Verifier};

/// What rustls has to know for either role. Sessions are never resumed: each has its own keys, and
/// shows its own certificates.
#[derive(Clone)]
pub(super) struct Parameters {
    pub(super) client: Arc<ClientConfig>,
    pub(super) server: Arc<ServerConfig>,
}

impl Parameters {
    pub(super) fn new(
        versions: &[&'static SupportedProtocolVersion],
        chain: Vec<CertificateDer<'static>>,
        key: &PrivateKeyDer<'static>,
        trust: Arc<Trust>,
    ) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(trust);
        let mut client = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_client_auth_cert(chain.clone(), key.clone_key())?;
        // There is no meaningful server name.
        client.enable_sni = false;
        client.resumption = Resumption::disabled();
        // Without it an exporter of TLS 1.2 would not bind the session.
        client.require_ems = true;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key.clone_key())?;
        server.send_tls13_tickets = 0;
        server.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        server.require_ems = true;
        Ok(Self { client: Arc::new(client), server: Arc::new(server) })
    }
}
