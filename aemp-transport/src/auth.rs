//! How a node proves that it knows the secret. Pure functions of the secret and the greetings.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use hmac::{KeyInit, Mac, SimpleHmac};
use sha3::{Digest, Sha3_512};
use subtle::ConstantTimeEq;

use crate::md6::md6_256;

/// What all nodes of a network know and nobody else does. Not printed by `Debug`.
///
/// May be empty here; a node has to refuse an empty one.
#[derive(Clone, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The one of no bytes, for methods that need none.
    pub(crate) fn empty() -> &'static Self {
        static EMPTY: LazyLock<Secret> = LazyLock::new(|| Secret::from(""));
        &EMPTY
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever the two differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

/// A way to prove knowledge of the secret, as named in greetings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// HMAC with MD6-256, as 1.x nodes do it.
    HmacMd6_64_256,
    /// HMAC with SHA3-512, as 2.x nodes do it.
    HmacSha3_512,
    /// The secret itself, in hex. Accepted by default for the sake of small scripts, never offered.
    Cleartext,
    /// HMAC with SHA3-512 that also covers the encrypted session: whoever sits in the middle has
    /// another one. What nodes of ours do inside of any encryption.
    TlsHmacSha3_512,
    /// A certificate, and SHA3-512 of the greetings, as 2.x nodes do it.
    TlsSha3_512,
    /// A certificate, and MD6-256 of the greetings, as 1.x nodes do it.
    TlsMd6_64_256,
    /// Nothing at all, inside of TLS with certificates: the peer is not trusted. Never offered.
    TlsAnon,
}

/// There is no authentication method of this name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown authentication method {name:?}")]
pub struct UnknownAuthMethod {
    name: String,
}

impl AuthMethod {
    /// All methods, best first.
    pub const ALL: &'static [Self] = &[
        Self::TlsHmacSha3_512,
        Self::TlsSha3_512,
        Self::TlsMd6_64_256,
        Self::HmacSha3_512,
        Self::HmacMd6_64_256,
        Self::TlsAnon,
        Self::Cleartext,
    ];

    /// What nodes prove themselves with unless told otherwise: all but
    /// [`TlsAnon`](Self::TlsAnon) and [`Cleartext`](Self::Cleartext).
    pub const OFFERED: &'static [Self] = &[
        Self::TlsHmacSha3_512,
        Self::TlsSha3_512,
        Self::TlsMd6_64_256,
        Self::HmacSha3_512,
        Self::HmacMd6_64_256,
    ];

    /// The name in greetings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HmacMd6_64_256 => "hmac_md6_64_256",
            Self::HmacSha3_512 => "hmac_sha3_512",
            Self::Cleartext => "cleartext",
            Self::TlsHmacSha3_512 => "tls_hmac_sha3_512",
            Self::TlsSha3_512 => "tls_sha3_512",
            Self::TlsMd6_64_256 => "tls_md6_64_256",
            Self::TlsAnon => "tls_anon",
        }
    }

    /// Whether it proves knowledge of the secret.
    #[must_use]
    pub fn needs_secret(self) -> bool {
        match self {
            Self::HmacMd6_64_256 | Self::HmacSha3_512 | Self::Cleartext | Self::TlsHmacSha3_512 => {
                true
            }
            Self::TlsSha3_512 | Self::TlsMd6_64_256 | Self::TlsAnon => false,
        }
    }

    /// Whether it is for encrypted connections only; the others are for plain ones only.
    #[must_use]
    pub fn needs_encryption(self) -> bool {
        match self {
            Self::HmacMd6_64_256 | Self::HmacSha3_512 | Self::Cleartext => false,
            Self::TlsHmacSha3_512 | Self::TlsSha3_512 | Self::TlsMd6_64_256 | Self::TlsAnon => true,
        }
    }

    /// The method of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.name() == name)
    }

    /// The proof: lower-case hex, computed over `first` followed by `second`.
    ///
    /// Each of the two is what one node greeted with: both lines, each with an LF. The node that
    /// proves itself puts its own greeting first. For [`TlsHmacSha3_512`](Self::TlsHmacSha3_512)
    /// the exporter of the session in lower-case hex follows, and an LF.
    #[must_use]
    pub fn prove(self, secret: &Secret, first: &[u8], second: &[u8]) -> String {
        let secret = secret.as_bytes();
        match self {
            Self::HmacMd6_64_256 => hex::encode(hmac_md6(&[first, second].concat(), secret)),
            Self::HmacSha3_512 => hex::encode(hmac_sha3(secret, &[first, second])),
            Self::Cleartext => hex::encode(secret),
            Self::TlsHmacSha3_512 => hex::encode(hmac_sha3(secret, &[first, second])),
            Self::TlsSha3_512 => {
                hex::encode(Sha3_512::new().chain_update(first).chain_update(second).finalize())
            }
            Self::TlsMd6_64_256 => hex::encode(md6_256(&[first, second].concat())),
            Self::TlsAnon => String::new(),
        }
    }

    /// Whether `proof` is what a node that greeted with `prover` proves to one that greeted with
    /// `verifier`. Takes the same time wherever a wrong proof differs from the right one.
    #[must_use]
    pub fn verify(self, secret: &Secret, prover: &[u8], verifier: &[u8], proof: &str) -> bool {
        let expected = self.prove(secret, prover, verifier);
        expected.as_bytes().ct_eq(proof.as_bytes()).into()
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AuthMethod {
    type Err = UnknownAuthMethod;

    fn from_str(name: &str) -> Result<Self, UnknownAuthMethod> {
        Self::from_name(name).ok_or_else(|| UnknownAuthMethod { name: name.to_owned() })
    }
}

/// HMAC (RFC 2104) over the hash of the secret, keyed with the transcript: the Perl implementation
/// documents it the other way round, but this is what it sends.
fn hmac_md6(transcript: &[u8], secret: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut key = [0; BLOCK];
    if transcript.len() > BLOCK {
        key[..32].copy_from_slice(&md6_256(transcript));
    } else {
        key[..transcript.len()].copy_from_slice(transcript);
    }
    let inner = [&key.map(|byte| byte ^ 0x36), md6_256(secret).as_slice()].concat();
    md6_256(&[&key.map(|byte| byte ^ 0x5c), md6_256(&inner).as_slice()].concat())
}

fn hmac_sha3(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac =
        SimpleHmac::<Sha3_512>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{hashes, pattern};

    #[test]
    fn recorded_sha3() {
        for entry in hashes()["hashes"].as_array().expect("a list") {
            let length = entry["length"].as_u64().expect("a length");
            assert_eq!(entry["sha3_512"], hex::encode(Sha3_512::digest(pattern(length))));
        }
    }

    #[test]
    fn recorded_proofs() {
        for entry in hashes()["auth"].as_array().expect("a list") {
            let secret = Secret::from(entry["secret"].as_str().expect("a secret"));
            let length = entry["transcript_length"].as_u64().expect("a length");
            let transcript = pattern(length);
            let (first, second) = transcript.split_at(transcript.len() / 3);
            for method in [AuthMethod::HmacMd6_64_256, AuthMethod::HmacSha3_512] {
                assert_eq!(entry[method.name()], method.prove(&secret, first, second));
            }
        }
    }

    #[test]
    fn cleartext_is_the_secret_in_hex() {
        let secret = Secret::from("geheim");
        assert!(AuthMethod::Cleartext.verify(&secret, b"", b"", "67656865696d"));
        assert!(!AuthMethod::Cleartext.verify(&secret, b"", b"", "67656865696e"));
    }

    #[test]
    fn names_are_read_back() {
        for method in AuthMethod::ALL {
            assert_eq!(method.name().parse(), Ok(*method));
        }
        let error = AuthMethod::from_str("tls_x").expect_err("not known");
        assert_eq!(error.to_string(), "unknown authentication method \"tls_x\"");
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", Secret::from("geheim")), "Secret(..)");
    }

    #[test]
    fn recorded_hashes_prove_certificates() {
        let certificates =
            [("md6_256", AuthMethod::TlsMd6_64_256), ("sha3_512", AuthMethod::TlsSha3_512)];
        for entry in hashes()["hashes"].as_array().expect("a list") {
            let transcript = pattern(entry["length"].as_u64().expect("a length"));
            let (first, second) = transcript.split_at(transcript.len() / 2);
            for (name, method) in certificates {
                assert_eq!(entry[name], method.prove(&Secret::from(""), first, second));
            }
        }
    }

    #[test]
    fn what_is_offered_is_a_part_of_all() {
        let offered =
            |method: &&AuthMethod| !matches!(method, AuthMethod::TlsAnon | AuthMethod::Cleartext);
        let expected: Vec<_> = AuthMethod::ALL.iter().filter(offered).copied().collect();
        assert_eq!(AuthMethod::OFFERED, expected);
    }

    #[test]
    fn proofs_depend_on_secret_and_order() {
        let secret = Secret::from("geheim");
        use AuthMethod::{HmacMd6_64_256, HmacSha3_512, TlsHmacSha3_512};
        for method in [HmacMd6_64_256, HmacSha3_512, TlsHmacSha3_512] {
            let proof = method.prove(&secret, b"a\nb\n", b"c\nd\n");
            assert!(method.verify(&secret, b"a\nb\n", b"c\nd\n", &proof));
            assert!(!method.verify(&secret, b"c\nd\n", b"a\nb\n", &proof));
            assert!(!method.verify(&Secret::from("x"), b"a\nb\n", b"c\nd\n", &proof));
            assert!(!method.verify(&secret, b"a\nb\n", b"c\nd\n", ""));
        }
    }
}
