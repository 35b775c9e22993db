//! What a node takes from its environment: random numbers, for names and pauses; the time of day.
//!
//! All of it comes from one source, so that a simulated node can be given a seeded one and does
//! the same each time.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aemp_transport::Nonces;

/// Draws for a node.
pub(crate) trait Environment: Send + Sync {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8]);

    /// The time of day, since 1970.
    fn time_of_day(&self) -> Duration;

    /// The nonces of handshakes.
    fn nonces(self: Arc<Self>) -> Nonces;
}

/// The operating system's chance and clock.
pub(crate) struct System;

impl Environment for System {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system has random bytes");
    }

    fn time_of_day(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn nonces(self: Arc<Self>) -> Nonces {
        Nonces::default()
    }
}

/// A new secret for a network: 64 random letters and digits (some 380 bits) of the operating system.
#[must_use]
pub fn generate_secret() -> String {
    (&System as &dyn Environment).text(64)
}

impl dyn Environment + '_ {
    /// Random letters and digits.
    pub(crate) fn text(&self, length: usize) -> String {
        const ALPHABET: &[u8; 62] =
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let mut bytes = [0; 32];
            self.fill(&mut bytes);
            // Bytes above the largest multiple of 62 would make some letters more likely.
            let fair = bytes.iter().filter(|byte| **byte < 248);
            let letters = fair.map(|byte| ALPHABET[usize::from(byte % 62)] as char);
            text.extend(letters.take(length - text.len()));
        }
        text
    }

    /// A number from 0 up to, but not including, `below`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    pub(crate) fn below(&self, below: usize) -> usize {
        (self.fraction() * below as f64) as usize
    }

    /// A number from 0 up to, but not including, 1.
    pub(crate) fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_long_enough_and_differ() {
        let environment: Arc<dyn Environment> = Arc::new(System);
        let text = environment.text(88);
        assert_eq!(text.len(), 88);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(text, environment.text(88));
        assert!((0..100).all(|_| (0.0..1.0).contains(&environment.fraction())));
    }
}
