//! The bounds of a link.

use crate::framing::Limits;

/// The bounds of a link, in both directions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LinkConfig {
    /// How many bytes may wait to be written, large packets and those being written included; 64
    /// MiB by default. A packet that does not fit closes the link.
    pub max_queue: usize,
    /// What the peer may send.
    pub limits: Limits,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self { max_queue: 64 << 20, limits: Limits::default() }
    }
}
