//! [`CloseReason`]: why a link ended.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::framing::FrameError;

/// Why a link ended: the first cause, whatever followed from it. Cheap to clone; the text is what
/// transport errors say.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended the stream, between packets.
    #[error("connection closed by the peer")]
    PeerClosed,
    /// Reading or writing failed.
    #[error("connection lost: {text}")]
    Io {
        /// The kind of the failure.
        kind: io::ErrorKind,
        /// What the system said.
        text: Arc<str>,
    },
    /// The peer sent something that is no packet, or exceeds a limit.
    #[error("protocol violation: {0}")]
    Frame(#[from] FrameError),
    /// The queue was full, so that a packet was lost.
    #[error("queue overflow: {queued} bytes wait, {packet} more exceed {limit} (max_queue)")]
    Overflow {
        /// How many bytes waited.
        queued: usize,
        /// How many the lost packet had.
        packet: usize,
        /// The limit.
        limit: usize,
    },
    /// Nothing came from the peer for that long.
    #[error("no sign of life from the peer for {0:?}")]
    Silent(Duration),
    /// This side wanted it.
    #[error("{0}")]
    Local(Arc<str>),
    /// Another connection to the same node took the place of this one.
    #[error("replaced by another connection")]
    Replaced,
    /// This side had everything written out, and said so.
    #[error("connection finished by this side")]
    Finished,
    /// What was to take the packets panicked.
    #[error("receiver of packets panicked: {0}")]
    SinkPanicked(Arc<str>),
}

impl CloseReason {
    /// This side wants it, and says why.
    #[must_use]
    pub fn local(text: impl Into<Arc<str>>) -> Self {
        Self::Local(text.into())
    }
}

impl From<io::Error> for CloseReason {
    fn from(error: io::Error) -> Self {
        Self::Io { kind: error.kind(), text: error.to_string().into() }
    }
}
