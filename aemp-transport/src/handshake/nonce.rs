//! The second line of a greeting.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// As many random bytes as the Perl implementation draws.
const BYTES: usize = 66;

/// A fresh nonce: 66 random bytes of the operating system, in base64.
///
/// # Panics
/// When the operating system has none.
#[must_use]
pub fn nonce() -> String {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    STANDARD.encode(bytes)
}

/// Where the nonces of a node's handshakes come from: [`nonce`], unless a test wants to repeat a
/// conversation byte by byte.
#[derive(Clone)]
pub struct Nonces(Arc<dyn Fn() -> String + Send + Sync>);

impl Nonces {
    /// Nonces from `source`, which must never give the same one twice.
    pub fn from_fn(source: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    pub(crate) fn next(&self) -> String {
        (self.0)()
    }
}

impl Default for Nonces {
    fn default() -> Self {
        Self::from_fn(nonce)
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces(..)")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nonces_are_long_and_different() {
        assert_eq!(super::nonce().len(), 88);
        assert_ne!(super::nonce(), super::nonce());
    }
}
