//! No TLS: nothing is offered, certificates cannot be made, and what is never asked for fails.

use std::io;
use std::path::Path;

use bytes::BytesMut;

use crate::handshake::{TlsVersion, Upgrade};
use crate::stream::{BoxStream, Session};

mod error;

pub use error::{CertificateError, TlsError};

/// Whether there is TLS.
pub(crate) const AVAILABLE: bool = false;

/// A private key, its certificate, and the certificates that are trusted: there are none without
/// the feature `tls`.
#[derive(Clone, Debug)]
pub enum Certificates {}

impl TlsError {
    pub(crate) fn of(_: &io::Error) -> Option<Self> {
        None
    }
}

impl Certificates {
    /// There are none without the feature `tls`.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn from_pem(_: &str) -> Result<Self, CertificateError> {
        Err(CertificateError::NoTls)
    }

    /// There are none without the feature `tls`.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn from_pem_file(_: impl AsRef<Path>) -> Result<Self, CertificateError> {
        Err(CertificateError::NoTls)
    }

    /// There are none without the feature `tls`.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn from_files(
        _: impl AsRef<Path>,
        _: impl AsRef<Path>,
        _: Option<&Path>,
    ) -> Result<Self, CertificateError> {
        Err(CertificateError::NoTls)
    }

    /// Our own certificate, in DER.
    #[must_use]
    pub fn own_certificate(&self) -> &[u8] {
        match *self {}
    }

    /// The node IDs that our own certificate is made out for.
    #[must_use]
    pub fn node_ids(&self) -> Vec<String> {
        match *self {}
    }

    /// Whether a certificate is trusted.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn check(&self, _: &[u8], _: &[&[u8]]) -> Result<(), TlsError> {
        match *self {}
    }
}

/// There are none without the feature `tls`.
///
/// # Errors
///
/// Always.
pub fn generate_certificate(_: &str) -> Result<String, CertificateError> {
    Err(CertificateError::NoTls)
}

pub(crate) fn node_ids(_: &[u8]) -> Vec<String> {
    Vec::new()
}

pub(crate) struct Upgraded {
    pub(crate) stream: BoxStream,
    pub(crate) session: Session,
    pub(crate) version: TlsVersion,
}

pub(crate) async fn upgrade(
    _: BoxStream,
    _: BytesMut,
    _: Upgrade,
    _: Option<&Certificates>,
) -> io::Result<Upgraded> {
    Err(io::ErrorKind::Unsupported.into())
}
