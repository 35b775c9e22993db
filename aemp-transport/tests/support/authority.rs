//! A CA, and the certificates that it signs.

use aemp_transport::Certificates;
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType, date_time_ymd,
};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a certificate says.
#[derive(Clone, Copy, Default)]
pub(crate) struct Says {
    pub(crate) expired: bool,
    pub(crate) usage: Option<Usage>,
    pub(crate) uri: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Usage {
    Client,
    Server,
    Email,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, aemp_transport::nonce());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a CA").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// The CA's own certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Certificate and key of a node, and the CA.
    pub(crate) fn node(&self, node_id: &str, says: Says) -> String {
        let mut params = CertificateParams::default();
        let text = |text: &str| Ia5String::try_from(text.to_owned()).expect("ASCII");
        params.subject_alt_names = vec![match says.uri {
            true => SanType::URI(text(&format!("aemp:{node_id}"))),
            false => SanType::DnsName(text(node_id)),
        }];
        params.extended_key_usages = Vec::from_iter(says.usage.map(|usage| match usage {
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Usage::Email => ExtendedKeyUsagePurpose::EmailProtection,
        }));
        if says.expired {
            params.not_after = date_time_ymd(2001, 1, 1);
            params.not_before = date_time_ymd(2000, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        format!("{}{}{}", certificate.pem(), key.serialize_pem(), self.pem)
    }

    pub(crate) fn certificates(&self, node_id: &str) -> Certificates {
        Certificates::from_pem(&self.node(node_id, Says::default())).expect("a PEM")
    }
}
