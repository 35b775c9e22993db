//! The second line of a greeting.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::RngCore;

/// As many random octets as the reference draws.
const OCTETS: usize = 66;

/// A fresh nonce: 66 octets from a cryptographic random generator, in base64.
#[must_use]
pub fn nonce() -> String {
    let mut octets = [0; OCTETS];
    rand::rng().fill_bytes(&mut octets);
    STANDARD.encode(octets)
}

#[cfg(test)]
mod tests {
    #[test]
    fn nonces_are_long_and_different() {
        assert_eq!(super::nonce().len(), 88);
        assert_ne!(super::nonce(), super::nonce());
    }
}
