//! What a decoder accepts at most.

/// Bounds on what a peer may send. Exceeding one is a [`FrameError`](crate::FrameError).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest packet, in bytes; 64 MiB by default. A longer one is refused as soon as it is
    /// known to be longer, not when all of it has been read.
    pub max_packet: usize,
    /// The deepest nesting, the packet itself being the first level; 128 by default. Decoding
    /// recurses, so that much larger values need threads with large stacks.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_packet: 64 << 20, max_depth: 128 }
    }
}
