//! The TLS of QUIC: certificates, and what a session gives to the handshake.

use std::io;
use std::sync::{Arc, OnceLock};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, ServerConfig, TransportConfig};
use rustls::client::Resumption;
use rustls::pki_types::CertificateDer;
use rustls::version::TLS13;

use super::throw_away::{Pair, Unverified};
use crate::stream::Session;

/// Application protocol, negotiated by TLS: who speaks something else is refused.
const ALPN: &[u8] = b"aemp/1";

/// The label of the exporter (AEMP protocol, section 7.1).
const EXPORTER: &[u8] = b"EXPORTER-aemp";

/// What this side shows, made once for all clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Credentials {
    pair: Arc<OnceLock<Pair>>,
}

impl Credentials {
    pub(super) fn client(&self, transport: Arc<TransportConfig>) -> io::Result<ClientConfig> {
        let unverified = Unverified::new();
        let Pair { certificate, key } = self.pair()?;
        let mut tls = rustls::ClientConfig::builder_with_provider(unverified.provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(unverified))
            .with_client_auth_cert(vec![certificate.clone()], key.clone_key())
            .map_err(io::Error::other)?;
        tls.alpn_protocols = vec![ALPN.to_vec()];
        tls.enable_sni = false;
        tls.resumption = Resumption::disabled();
        let tls = QuicClientConfig::try_from(tls).map_err(io::Error::other)?;
        let mut config = ClientConfig::new(Arc::new(tls));
        config.transport_config(transport);
        Ok(config)
    }

    pub(super) fn server(&self, transport: Arc<TransportConfig>) -> io::Result<ServerConfig> {
        let unverified = Unverified::new();
        let Pair { certificate, key } = self.pair()?;
        let mut tls = rustls::ServerConfig::builder_with_provider(unverified.provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(io::Error::other)?
            .with_client_cert_verifier(Arc::new(unverified))
            .with_single_cert(vec![certificate.clone()], key.clone_key())
            .map_err(io::Error::other)?;
        tls.alpn_protocols = vec![ALPN.to_vec()];
        tls.send_tls13_tickets = 0;
        let tls = QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
        let mut config = ServerConfig::with_crypto(Arc::new(tls));
        config.transport_config(transport);
        Ok(config)
    }

    fn pair(&self) -> io::Result<&Pair> {
        if let Some(pair) = self.pair.get() {
            return Ok(pair);
        }
        let fresh = Pair::generate().map_err(io::Error::other)?;
        Ok(self.pair.get_or_init(|| fresh))
    }
}

/// What the handshake has to know of an established connection.
pub(super) fn session(connection: &Connection) -> io::Result<Session> {
    let mut exporter = [0; 32];
    let exported = connection.export_keying_material(&mut exporter, EXPORTER, b"");
    exported.map_err(|_| io::Error::other("the TLS session has no exporter"))?;
    let identity = connection.peer_identity();
    let chain = identity.and_then(|any| any.downcast::<Vec<CertificateDer<'static>>>().ok());
    let certificate = chain.and_then(|chain| chain.first().map(|der| der.to_vec()));
    Ok(Session { exporter, trusted: false, certificate })
}
