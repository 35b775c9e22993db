//! Puts TLS on a stream.

use std::io;

use bytes::BytesMut;
use rustls::pki_types::{IpAddr, Ipv4Addr, ServerName};
use rustls::{CommonState, Error, ProtocolVersion};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::prefixed::Prefixed;
use super::stream::TlsStream;
use super::{Certificates, throw_away};
use crate::handshake::{TlsKind, TlsRole, TlsVersion, Upgrade};
use crate::stream::{BoxStream, Session};

/// A stream inside of TLS.
pub(crate) struct Upgraded {
    pub(crate) stream: BoxStream,
    pub(crate) session: Session,
    pub(crate) version: TlsVersion,
}

/// Puts TLS on a stream, `prefix` being what was read of it already.
///
/// # Errors
///
/// Those of the stream; what TLS says is in [`TlsError::of`](super::TlsError::of).
///
/// # Cancel safety
///
/// Dropping the future closes the stream.
pub(crate) async fn upgrade(
    stream: BoxStream,
    prefix: BytesMut,
    upgrade: Upgrade,
    certificates: Option<&Certificates>,
) -> io::Result<Upgraded> {
    let parameters = match (upgrade.kind, certificates) {
        (TlsKind::Certificates, Some(certificates)) => certificates.parameters(),
        (TlsKind::Certificates, None) => {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no certificates are set"));
        }
        // Anybody may speak: what is agreed on without certificates proves nothing by itself.
        (TlsKind::Secret, _) => throw_away::parameters().map_err(io::Error::other)?,
    };
    let stream = Prefixed { prefix, stream };
    let tls: tokio_rustls::TlsStream<Prefixed> = match upgrade.role {
        TlsRole::Client => {
            // Never sent, and nobody checks it.
            let name = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0, 0, 0, 0])));
            TlsConnector::from(parameters.client.clone()).connect(name, stream).await?.into()
        }
        TlsRole::Server => {
            TlsAcceptor::from(parameters.server.clone()).accept(stream).await?.into()
        }
    };
    let session = Session {
        exporter: export(&tls).map_err(io::Error::other)?,
        trusted: upgrade.kind == TlsKind::Certificates && certificate(&tls).is_some(),
        certificate: certificate(&tls),
    };
    let version = match tls.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => TlsVersion::V1_3,
        _ => TlsVersion::V1_2,
    };
    let stream = Box::new(TlsStream { tls, session: session.clone() });
    Ok(Upgraded { stream, session, version })
}

/// 32 bytes with label `EXPORTER-aemp` and an empty context (AEMP protocol, section 7.1).
fn export(tls: &tokio_rustls::TlsStream<Prefixed>) -> Result<[u8; 32], Error> {
    let (label, context) = (b"EXPORTER-aemp", Some(b"".as_slice()));
    match tls {
        tokio_rustls::TlsStream::Client(tls) => {
            tls.get_ref().1.export_keying_material([0; 32], label, context)
        }
        tokio_rustls::TlsStream::Server(tls) => {
            tls.get_ref().1.export_keying_material([0; 32], label, context)
        }
    }
}

/// What the peer has shown; by then it is trusted, if anything is checked at all.
fn certificate(tls: &tokio_rustls::TlsStream<Prefixed>) -> Option<Vec<u8>> {
    let state: &CommonState = tls.get_ref().1;
    state.peer_certificates()?.first().map(|certificate| certificate.to_vec())
}
