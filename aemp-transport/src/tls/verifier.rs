//! [`Verifier`]: whose certificate is trusted. The same for both roles of TLS.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

/// Whose certificate is trusted.
pub(super) enum Trust {
    /// Anybody's: who it is has to be proved in another way. The session is sound all the same,
    /// since the peer has to sign it with the key of the certificate.
    Anybody,
    /// Those of [`Trusted`].
    Listed(Trusted),
}

/// Pinned certificates, and those that a CA has signed.
pub(super) struct Trusted {
    /// Accepted byte for byte, also such as could never be an end entity.
    pub(super) pinned: Vec<CertificateDer<'static>>,
    /// May sign others.
    pub(super) anchors: Arc<RootCertStore>,
}

impl Trusted {
    /// Whether a certificate is trusted at that time. (That the peer has its key is for the
    /// signature to show.)
    pub(super) fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.pinned.iter().any(|pinned| pinned.as_ref() == end_entity.as_ref()) {
            return Ok(super::names::check_time(end_entity, now)?);
        }
        if self.anchors.is_empty() {
            return Err(CertificateError::UnknownIssuer.into());
        }
        // A node is client or server as the nonces fall, so a certificate for either will do.
        let provider = Arc::new(ring::default_provider());
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &self.anchors,
            intermediates,
            now,
            algorithms,
        )
        .or_else(|error| {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(self.anchors.clone(), provider).build();
            let verified = verifier.is_ok_and(|verifier| {
                verifier.verify_client_cert(end_entity, intermediates, now).is_ok()
            });
            if verified { Ok(()) } else { Err(error) }
        })
    }
}

/// Checks the peer's certificate in TLS.
pub(super) struct Verifier {
    trust: Arc<Trust>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(trust: Arc<Trust>) -> Arc<Self> {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        Arc::new(Self { trust, algorithms })
    }

    fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        match &*self.trust {
            Trust::Anybody => Ok(()),
            Trust::Listed(trusted) => trusted.judge(end_entity, intermediates, now),
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

/// What both roles of TLS ask in the same words: whether the peer has the key of its certificate.
macro_rules! verify_signatures {
    () => {
        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, certificate, signature, &self.algorithms)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, certificate, signature, &self.algorithms)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(end_entity, intermediates, now).map(|()| ServerCertVerified::assertion())
    }

    verify_signatures!();
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        // Who shows none is anonymous, or proves itself by the secret.
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity, intermediates, now).map(|()| ClientCertVerified::assertion())
    }

    verify_signatures!();
}
