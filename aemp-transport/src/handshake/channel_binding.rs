//! [`ChannelBinding`]: on what ground two nodes prove themselves to each other.

use super::{HandshakeConfig, Protection};
use crate::auth::AuthMethod;
use crate::stream::Session;

/// How the connection is protected while the auth lines are exchanged, and what follows for them.
#[derive(Clone, Debug)]
pub(super) struct ChannelBinding {
    pub(super) protection: Protection,
    /// What a proof has to hold beside the greetings, to count for this session only.
    binding: String,
}

impl ChannelBinding {
    pub(super) fn plain() -> Self {
        Self { protection: Protection::Plain, binding: String::new() }
    }

    pub(super) fn encrypted(protection: Protection, session: &Session) -> Self {
        Self { protection, binding: format!("{}\n", hex::encode(session.exporter)) }
    }

    /// Whether we may prove ourselves so. Certificates prove something where ours was asked for.
    pub(super) fn sends(&self, method: AuthMethod, config: &HandshakeConfig) -> bool {
        let lenient = config.policy.anonymous_peers && self.can_be_anonymous();
        method != AuthMethod::TlsAnon
            && (self.takes(method) || (needs_certificate(method) && lenient))
            && (config.certificates.is_some() || !needs_certificate(method))
    }

    /// Whether the peer may prove itself so.
    pub(super) fn takes(&self, method: AuthMethod) -> bool {
        match method {
            AuthMethod::HmacMd6_64_256 | AuthMethod::HmacSha3_512 | AuthMethod::Cleartext => {
                self.protection == Protection::Plain
            }
            AuthMethod::TlsHmacSha3_512 => self.protection.is_encrypted(),
            AuthMethod::TlsSha3_512 | AuthMethod::TlsMd6_64_256 => {
                self.protection.has_certificate()
            }
            AuthMethod::TlsAnon => self.can_be_anonymous(),
        }
    }

    /// Without a certificate, and where none of the two ends could be somebody in the middle who
    /// is found out by the secret alone.
    fn can_be_anonymous(&self) -> bool {
        match self.protection {
            Protection::Plain | Protection::Stls => false,
            Protection::Tls { .. } | Protection::Transport { .. } => true,
        }
    }

    /// What follows the greetings in the proof.
    pub(super) fn bound(&self, method: AuthMethod, second: &[u8]) -> Vec<u8> {
        let bound = method == AuthMethod::TlsHmacSha3_512;
        [second, if bound { self.binding.as_bytes() } else { b"" }].concat()
    }
}

fn needs_certificate(method: AuthMethod) -> bool {
    matches!(method, AuthMethod::TlsSha3_512 | AuthMethod::TlsMd6_64_256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handshake::TlsVersion;

    fn taken(protection: Protection) -> Vec<&'static str> {
        let channel = ChannelBinding { protection, binding: String::new() };
        let taken = AuthMethod::ALL.iter().filter(|method| channel.takes(**method));
        taken.map(|method| method.name()).collect()
    }

    #[test]
    fn each_protection_has_its_methods() {
        assert_eq!(taken(Protection::Plain), ["hmac_sha3_512", "hmac_md6_64_256", "cleartext"],);
        assert_eq!(taken(Protection::Stls), ["tls_hmac_sha3_512"]);
        let tls = |certificate| Protection::Tls { version: TlsVersion::V1_3, certificate };
        assert_eq!(taken(tls(false)), ["tls_hmac_sha3_512", "tls_anon"]);
        let all = ["tls_hmac_sha3_512", "tls_sha3_512", "tls_md6_64_256", "tls_anon"];
        assert_eq!(taken(tls(true)), all);
        assert_eq!(taken(Protection::Transport { transport: "quic", certificate: true }), all);
    }
}
