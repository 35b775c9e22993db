//! [`Encoded`]: a message that nobody has looked into yet.

use std::fmt;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde::de::Visitor;
use smol_str::SmolStr;

use super::encoding::{Encoding, with_encoding};
use super::{DecodeError, EncodeError, Framing};
use crate::value::{Value, ValueError};

/// A message up to this size has bytes of its own, a larger one shares those of the read it came
/// in: so that one that is kept keeps little more than itself.
const COPIED: usize = 8 << 10;

/// A tag is kept beside the message: a longer element is none.
const LONGEST_TAG: usize = 1 << 20;

/// A message, that is a list of values, still encoded.
///
/// One that came from a stream has bytes of its own up to 8 KiB; a larger one shares those of the
/// read it came in, and keeps that buffer (64 KiB, or one large packet) as long as it lives;
/// cloning is cheap. What a
/// [`Decoder`](crate::Decoder) made is well-formed, so that decoding fails only for a type that
/// expects something else.
#[derive(Clone)]
pub struct Encoded {
    framing: Framing,
    /// In JSON the text of the array of the elements; in the binary framings the elements, one
    /// after the other.
    bytes: Bytes,
}

impl Encoded {
    pub(super) fn new(framing: Framing, bytes: Bytes) -> Self {
        Self { framing, bytes }
    }

    /// The message of a packet that was read.
    pub(super) fn received(framing: Framing, bytes: BytesMut) -> Self {
        Self::of_part(framing, bytes.freeze())
    }

    /// A message whose bytes are part of a larger buffer.
    pub(super) fn of_part(framing: Framing, bytes: Bytes) -> Self {
        let own = bytes.len() <= COPIED;
        Self::new(framing, if own { Bytes::copy_from_slice(&bytes) } else { bytes })
    }

    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self::of_part(self.framing, self.bytes.slice(range))
    }

    pub(super) fn into_parts(self) -> (Framing, Bytes) {
        (self.framing, self.bytes)
    }

    /// Encodes a message; as [`Framing::encode`], without a port.
    ///
    /// In [`Framing::Bincode`] everything survives that any framing makes a difference of, so that
    /// a message kept in it is written later, in whichever framing, as if it had been encoded then.
    ///
    /// # Errors
    ///
    /// The message's own `Serialize` failed.
    pub fn from_message<T: Serialize + ?Sized>(
        framing: Framing,
        message: &T,
    ) -> Result<Self, EncodeError> {
        let bytes = with_encoding!(framing, E => E::encode_message(message)?);
        Ok(Self::new(framing, bytes.into()))
    }

    /// The encoding of the bytes.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// How many bytes the message takes, encoded.
    #[must_use]
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Decodes all elements.
    ///
    /// # Errors
    ///
    /// A number that no [`Value`] can hold, such as `1e999` in JSON.
    pub fn to_values(&self) -> Result<Vec<Value>, ValueError> {
        Ok(with_encoding!(self.framing, E => E::to_values(&self.bytes)?))
    }

    /// Has the visitor's `visit_seq` decode the elements leniently (see
    /// [`Lenient`](crate::Lenient)), straight from the bytes. Elements that the visitor leaves
    /// are skipped.
    ///
    /// # Errors
    ///
    /// Whatever the visitor objects to, as text.
    pub fn visit_seq<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, DecodeError> {
        with_encoding!(self.framing, E => E::visit_elements(&self.bytes, visitor))
    }

    /// The tag: the first element, if it is a string, bytes (as text, a character each) or a number
    /// (as its text), of 1 MiB at the most. The rest is not decoded.
    #[must_use]
    pub fn first_str(&self) -> Option<SmolStr> {
        with_encoding!(self.framing, E => E::first_text(&self.bytes, LONGEST_TAG))
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({}, \"{}\")", self.framing, self.bytes.escape_ascii())
    }
}
