//! [`Encoded`]: a message that nobody has looked into yet.

use std::fmt;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde::de::Visitor;
use smol_str::SmolStr;

use super::{DecodeError, EncodeError, Framing, binary, bincode, cbor, json};
use crate::value::{Value, ValueError};

/// A message up to this size has octets of its own, a larger one shares those of the read it came
/// in: so that one that is kept keeps little more than itself.
const COPIED: usize = 8 << 10;

/// A tag is kept beside the message: a longer element is none.
const LONGEST_TAG: usize = 1 << 20;

/// A message, that is a list of values, still encoded.
///
/// One that came from a stream has octets of its own up to 8 KiB; a larger one shares those of the
/// read it came in, and keeps that buffer (64 KiB, or one large packet) as long as it lives;
/// cloning is cheap. What a
/// [`Decoder`](crate::Decoder) made is well-formed, so that decoding fails only for a type that
/// expects something else.
#[derive(Clone)]
pub struct Encoded {
    framing: Framing,
    /// In JSON the text of the array of the elements; in the binary framings the elements, one
    /// after the other.
    octets: Bytes,
}

impl Encoded {
    pub(super) fn new(framing: Framing, octets: Bytes) -> Self {
        Self { framing, octets }
    }

    /// The message of a packet that was read.
    pub(super) fn received(framing: Framing, octets: BytesMut) -> Self {
        Self::of_part(framing, octets.freeze())
    }

    /// A message whose octets are part of a larger buffer.
    pub(super) fn of_part(framing: Framing, octets: Bytes) -> Self {
        let own = octets.len() <= COPIED;
        Self::new(framing, if own { Bytes::copy_from_slice(&octets) } else { octets })
    }

    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self::of_part(self.framing, self.octets.slice(range))
    }

    pub(super) fn into_parts(self) -> (Framing, Bytes) {
        (self.framing, self.octets)
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
        let octets = match framing {
            Framing::Bincode => binary::encode_message::<bincode::Kept, T>(message)?,
            Framing::Cbor => binary::encode_message::<cbor::Writer, T>(message)?,
            Framing::Json => json::encode_message(message)?,
        };
        Ok(Self::new(framing, octets.into()))
    }

    /// The encoding of the octets.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// How many octets the message takes, encoded.
    #[must_use]
    pub fn octets_len(&self) -> usize {
        self.octets.len()
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Decodes all elements.
    ///
    /// # Errors
    ///
    /// A number that no [`Value`] can hold, such as `1e999` in JSON.
    pub fn to_values(&self) -> Result<Vec<Value>, ValueError> {
        match self.framing {
            Framing::Bincode => Ok(binary::to_values::<bincode::Reader<'_>>(&self.octets)?),
            Framing::Cbor => Ok(binary::to_values::<cbor::Reader<'_>>(&self.octets)?),
            Framing::Json => Ok(json::to_values(&self.octets)?),
        }
    }

    /// Has the visitor's `visit_seq` decode the elements leniently (see
    /// [`Lenient`](crate::Lenient)), straight from the octets. Elements that the visitor leaves
    /// are skipped.
    ///
    /// # Errors
    ///
    /// Whatever the visitor objects to, as text.
    pub fn visit_seq<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.framing {
            Framing::Bincode => {
                binary::visit_elements::<bincode::Reader<'_>, V>(&self.octets, visitor)
            }
            Framing::Cbor => binary::visit_elements::<cbor::Reader<'_>, V>(&self.octets, visitor),
            Framing::Json => json::visit_elements(&self.octets, visitor),
        }
    }

    /// The tag: the first element, if it is a string, octets (as text, a character each) or a number
    /// (as its text), of 1 MiB at the most. The rest is not decoded.
    #[must_use]
    pub fn first_str(&self) -> Option<SmolStr> {
        match self.framing {
            Framing::Bincode => {
                binary::first_text::<bincode::Reader<'_>>(&self.octets, LONGEST_TAG)
            }
            Framing::Cbor => binary::first_text::<cbor::Reader<'_>>(&self.octets, LONGEST_TAG),
            Framing::Json => json::first_text(&self.octets, LONGEST_TAG),
        }
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({}, \"{}\")", self.framing, self.octets.escape_ascii())
    }
}
