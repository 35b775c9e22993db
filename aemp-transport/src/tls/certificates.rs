//! [`Certificates`]: who we are, and whom we trust.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{Error, RootCertStore};

use super::CertificateError;
use super::names::is_self_issued;
use super::parameters::Parameters;
use super::verifier::{Trust, Trusted};

/// A private key, its certificate, and the certificates that are trusted. Cheap to clone; the key
/// is not printed by `Debug`.
///
/// A peer's certificate is trusted if it is, byte for byte, one that is configured here (our own
/// included: so one PEM on all nodes is enough), or if it was signed by a configured CA; in both
/// cases it must not have expired. Names in it do not matter, unless
/// [`Policy::check_node_id`](crate::Policy::check_node_id) is set. Its extended key usage, if it
/// has one, must allow TLS clients or TLS servers. There is no revocation: change the CA, or what
/// is pinned.
#[derive(Clone)]
pub struct Certificates {
    parameters: Parameters,
    trust: Arc<Trust>,
    /// Our own, the first of what we show.
    own: CertificateDer<'static>,
}

/// What a PEM text holds.
#[derive(Default)]
struct Pem {
    /// The file, for messages.
    name: String,
    certificates: Vec<CertificateDer<'static>>,
    key: Option<PrivateKeyDer<'static>>,
}

impl Certificates {
    /// One text with everything, as the Perl implementation has it: a private key and its
    /// certificate, in any order; other certificates are trusted, both as they are and as CAs, and
    /// shown with ours when they have issuers of their own.
    ///
    /// # Errors
    ///
    /// Something is missing, damaged, or does not belong together.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        Self::from_one(Pem::parse("the PEM text".to_owned(), pem.as_bytes())?)
    }

    /// [`from_pem`](Self::from_pem) of a file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or as above.
    pub fn from_pem_file(path: impl AsRef<Path>) -> Result<Self, CertificateError> {
        Self::from_one(Pem::read(path.as_ref())?)
    }

    /// Separate files: our certificate, followed by those that lead to the CA if there are any;
    /// its private key; and the CAs, or pinned certificates of others, that are trusted.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or something is missing, damaged, or does not belong together.
    pub fn from_files(
        certificate: impl AsRef<Path>,
        key: impl AsRef<Path>,
        trusted: Option<&Path>,
    ) -> Result<Self, CertificateError> {
        let (certificate, key) = (Pem::read(certificate.as_ref())?, Pem::read(key.as_ref())?);
        let trusted = trusted.map(Pem::read).transpose()?.unwrap_or_default();
        if !trusted.name.is_empty() && trusted.certificates.is_empty() {
            return Err(CertificateError::NoCertificate { source_name: trusted.name });
        }
        let chain = certificate.certificates.clone();
        Self::new(&certificate, &key, |own| [vec![own], chain].concat(), &trusted)
    }

    fn from_one(pem: Pem) -> Result<Self, CertificateError> {
        let between = pem.certificates.iter().filter(|certificate| !is_self_issued(certificate));
        let between: Vec<_> = between.cloned().collect();
        Self::new(&pem, &pem, |own| [vec![own], between].concat(), &pem)
    }

    fn new(
        certificate: &Pem,
        key: &Pem,
        chain: impl FnOnce(CertificateDer<'static>) -> Vec<CertificateDer<'static>>,
        trusted: &Pem,
    ) -> Result<Self, CertificateError> {
        let damaged = || CertificateError::Damaged { source_name: certificate.name.clone() };
        let private = key.key.as_ref();
        let private =
            private.ok_or_else(|| CertificateError::NoKey { source_name: key.name.clone() })?;
        let own = certificate.own(private, &key.name)?;
        let anchors = trusted.certificates.iter().filter(|other| **other != own);
        let mut roots = RootCertStore::empty();
        for anchor in anchors.clone() {
            let damaged = |_| CertificateError::Damaged { source_name: trusted.name.clone() };
            roots.add(anchor.clone()).map_err(damaged)?;
        }
        let pinned = std::iter::once(&own).chain(anchors).cloned().collect();
        let trust = Arc::new(Trust::Listed(Trusted { pinned, anchors: Arc::new(roots) }));
        let mut chain = chain(own.clone());
        let mut seen = Vec::new();
        chain.retain(|certificate| {
            let new = !seen.contains(certificate);
            seen.push(certificate.clone());
            new
        });
        let parameters = Parameters::new(&[&TLS13, &TLS12], chain, private, trust.clone())
            .map_err(|_| damaged())?;
        Ok(Self { parameters, trust, own })
    }

    /// Our own certificate, in DER.
    #[must_use]
    pub fn own_certificate(&self) -> &[u8] {
        &self.own
    }

    /// The node IDs that our own certificate is made out for: its names `DNS:NODEID` and
    /// `URI:aemp:NODEID`.
    #[must_use]
    pub fn node_ids(&self) -> Vec<String> {
        super::names::node_ids(&self.own)
    }

    /// Whether a certificate (DER) that a peer has shown is trusted now, `intermediates` being what
    /// it has shown with it. That the peer has the key is for TLS to find out.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn check(
        &self,
        certificate: &[u8],
        intermediates: &[&[u8]],
    ) -> Result<(), super::TlsError> {
        let Trust::Listed(trusted) = &*self.trust else { return Ok(()) };
        let intermediates: Vec<_> =
            intermediates.iter().map(|der| CertificateDer::from(*der)).collect();
        let judged =
            trusted.judge(&CertificateDer::from(certificate), &intermediates, UnixTime::now());
        judged.map_err(|error: Error| super::TlsError::from(&error))
    }

    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates(..)")
    }
}

impl Pem {
    fn read(path: &Path) -> Result<Self, CertificateError> {
        let bytes = std::fs::read(path)
            .map_err(|error| CertificateError::Read { path: path.to_owned(), error })?;
        Self::parse(path.display().to_string(), &bytes)
    }

    fn parse(name: String, bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut found = Self { name, ..Self::default() };
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes) {
            // Nothing of the text is told: it may be a part of the key.
            let (kind, der) = section.map_err(|error| CertificateError::Pem {
                source_name: found.name.clone(),
                text: match error {
                    pem::Error::MissingSectionEnd { .. } => "a section has no end",
                    pem::Error::IllegalSectionStart { .. } => "a BEGIN line is malformed",
                    pem::Error::Base64Decode(_) => "a section is not in base64",
                    _ => "it cannot be read",
                },
            })?;
            if let Some(key) = PrivateKeyDer::from_pem(kind, der.clone()) {
                found.key.get_or_insert(key);
            } else if kind == SectionKind::Certificate {
                found.certificates.push(der.into());
            }
        }
        Ok(found)
    }

    /// The certificate of that key.
    fn own(
        &self,
        key: &PrivateKeyDer<'static>,
        key_name: &str,
    ) -> Result<CertificateDer<'static>, CertificateError> {
        if self.certificates.is_empty() {
            return Err(CertificateError::NoCertificate { source_name: self.name.clone() });
        }
        let signer = ring::sign::any_supported_type(key)
            .map_err(|_| CertificateError::Key { source_name: key_name.to_owned() })?;
        let matches = |certificate: &&CertificateDer<'static>| {
            CertifiedKey::new(vec![(*certificate).clone()], signer.clone()).keys_match().is_ok()
        };
        let own = self.certificates.iter().find(matches).cloned();
        own.ok_or_else(|| CertificateError::Mismatch {
            key: key_name.to_owned(),
            certificate: self.name.clone(),
        })
    }
}
