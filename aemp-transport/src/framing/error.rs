//! The errors of encoding, cutting and decoding.

use std::fmt::Display;
use std::sync::Arc;

use serde::{de, ser};

use crate::value::ValueError;

/// The caller's message cannot be encoded.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The type's own `Serialize` is to blame.
    #[error("{0}")]
    Message(Box<str>),
    /// The packet is longer than any packet of the framing can be.
    #[error("a packet of {bytes} bytes is longer than the framing can say")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// A message of another framing could not be decoded for the translation.
    #[error("cannot translate the message: {0}")]
    Translate(#[from] ValueError),
}

impl ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Message(message.to_string().into())
    }
}

/// A message does not have the shape that its receiver expects.
///
/// Cheap to clone; the text says what came and what was expected.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct DecodeError {
    text: Arc<str>,
}

impl DecodeError {
    pub(super) fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into() }
    }
}

impl de::Error for DecodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl From<DecodeError> for ValueError {
    fn from(error: DecodeError) -> Self {
        Self::new(&*error.text)
    }
}

/// The peer sent something that is no packet. The connection cannot go on.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Between packets there was something else than the start of one.
    #[error("expected a JSON array, found '{}'", .byte.escape_ascii())]
    NotAnArray {
        /// The first byte that does not belong there.
        byte: u8,
    },
    /// Between packets there was something else than the start of one.
    #[error("expected a CBOR array, found {byte:#04x}")]
    NotACborArray {
        /// The first byte that does not belong there.
        byte: u8,
    },
    /// A packet is longer than [`Limits::max_packet`](crate::Limits::max_packet).
    #[error("a packet is longer than {limit} bytes (max_packet)")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// A packet nests deeper than [`Limits::max_depth`](crate::Limits::max_depth).
    #[error("a packet is nested deeper than {limit} levels (max_depth)")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A bracket is closed by another kind of bracket.
    #[error("malformed JSON: '{}' closed by '{}'", .open.escape_ascii(), .close.escape_ascii())]
    Mismatched {
        /// The bracket that is open.
        open: u8,
        /// The bracket that came.
        close: u8,
    },
    /// A packet is not UTF-8.
    #[error("a packet is not valid UTF-8")]
    Utf8,
    /// A packet is not JSON.
    #[error("malformed JSON: {0}")]
    Json(Box<str>),
    /// A packet is no list of values in bincode.
    #[error("malformed bincode: {0}")]
    Bincode(&'static str),
    /// A packet is no CBOR, or holds what no value can.
    #[error("malformed CBOR: {0}")]
    Cbor(&'static str),
    /// A packet holds half of a surrogate pair, which is no character.
    #[error("malformed JSON: lone surrogate in a string")]
    Surrogate,
    /// The first element of a packet is neither a string nor a number.
    #[error("a packet does not start with a port name")]
    PortName,
    /// A chunk, in which packets travel between our nodes, breaks the rules of chunks.
    #[error("malformed chunk: {0}")]
    Chunk(&'static str),
    /// The stream ended within a packet.
    #[error("connection closed in the middle of a packet")]
    Incomplete,
}
