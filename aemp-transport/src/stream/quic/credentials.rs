//! The TLS of QUIC: certificates, and what a session gives to the handshake.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Connection, ServerConfig, TransportConfig};
use rustls::pki_types::CertificateDer;

use crate::stream::Session;
use crate::tls::{Certificates, built_in};

/// Application protocol, negotiated by TLS: who speaks something else is refused.
const ALPN: &[u8] = b"aemp/1";

/// The label of the exporter (AEMP protocol, section 7.1).
const EXPORTER: &[u8] = b"EXPORTER-aemp";

/// What this side shows and trusts, the same for all clones. Without certificates a throw-away one
/// is shown, and nobody's is trusted.
#[derive(Clone, Debug, Default)]
pub(super) struct Credentials {
    certificates: Arc<Mutex<Option<Certificates>>>,
}

impl Credentials {
    /// From the next connection on.
    pub(super) fn set(&self, certificates: Option<Certificates>) {
        *self.certificates.lock() = certificates;
    }

    fn certificates(&self) -> Option<Certificates> {
        self.certificates.lock().clone()
    }

    pub(super) fn client(&self, transport: Arc<TransportConfig>) -> io::Result<ClientConfig> {
        let (tls, _) = built_in(self.certificates().as_ref(), ALPN).map_err(io::Error::other)?;
        let tls = QuicClientConfig::try_from(tls).map_err(io::Error::other)?;
        let mut config = ClientConfig::new(Arc::new(tls));
        config.transport_config(transport);
        Ok(config)
    }

    pub(super) fn server(&self, transport: Arc<TransportConfig>) -> io::Result<ServerConfig> {
        let (_, tls) = built_in(self.certificates().as_ref(), ALPN).map_err(io::Error::other)?;
        let tls = QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
        let mut config = ServerConfig::with_crypto(Arc::new(tls));
        config.transport_config(transport);
        Ok(config)
    }

    /// What the AEMP handshake has to know of an established connection.
    pub(super) fn session(&self, connection: &Connection) -> io::Result<Session> {
        let mut exporter = [0; 32];
        let exported = connection.export_keying_material(&mut exporter, EXPORTER, b"");
        exported.map_err(|_| io::Error::other("the TLS session has no exporter"))?;
        let identity = connection.peer_identity();
        let chain = identity.and_then(|any| any.downcast::<Vec<CertificateDer<'static>>>().ok());
        let chain = chain.unwrap_or_default();
        let shown: Vec<&[u8]> = chain.iter().map(AsRef::as_ref).collect();
        let trusted = match (self.certificates(), shown.as_slice()) {
            (Some(certificates), [own, between @ ..]) => certificates.check(own, between).is_ok(),
            _ => false,
        };
        Ok(Session { exporter, trusted, certificate: shown.first().map(|der| der.to_vec()) })
    }
}
