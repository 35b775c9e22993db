//! A certificate that proves nothing, for TLS that is bound to the secret.

use std::sync::{Arc, LazyLock};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::TLS13;

use super::TlsError;
use super::parameters::Parameters;
use super::verifier::Trust;

/// Made once per process, shown to those only who get as far as TLS.
static PARAMETERS: LazyLock<Result<Parameters, TlsError>> = LazyLock::new(make);

/// TLS 1.3 with anybody.
pub(super) fn parameters() -> Result<&'static Parameters, TlsError> {
    PARAMETERS.as_ref().map_err(Clone::clone)
}

fn make() -> Result<Parameters, TlsError> {
    let failed = |error: rcgen::Error| TlsError::Protocol(error.to_string());
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = CertificateParams::default().self_signed(&key).map_err(failed)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.der().clone()];
    Parameters::new(&[&TLS13], chain, &key, Arc::new(Trust::Anybody))
        .map_err(|error| TlsError::from(&error))
}
