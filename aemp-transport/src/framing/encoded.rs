//! [`Encoded`]: a message that nobody has looked into yet.

use std::fmt;
use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use serde::Serialize;
use serde::de::Visitor;
use smol_str::SmolStr;

use super::encoding::{Encoding, with_encoding};
use super::{DecodeError, EncodeError, Framing};
use crate::value::{Value, ValueError};

/// A message up to this size has bytes of its own, a larger one shares those of the read it came
/// in: so that one that is kept keeps little more than itself.
const COPIED: usize = 8 << 10;

/// Parts of a message that are shorter are copied out of it: a handle would keep all of it.
const SHARED: usize = 64 << 10;

/// A message up to this size lies within the [`Encoded`] itself: as much as the enum has room for when it
/// is five words long.
const SHORT: usize = 38;

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
    content: Content,
}

/// The bytes of a message.
#[derive(Clone)]
enum Content {
    /// So few that no memory of their own is worth it.
    Short {
        len: u8,
        bytes: [u8; SHORT],
    },
    Long(Bytes),
}

impl Content {
    /// A copy that shares nothing.
    fn copied(bytes: &[u8]) -> Self {
        match u8::try_from(bytes.len()) {
            Ok(len) if bytes.len() <= SHORT => {
                let mut short = [0; SHORT];
                short[..bytes.len()].copy_from_slice(bytes);
                Self::Short { len, bytes: short }
            }
            _ => Self::Long(Bytes::copy_from_slice(bytes)),
        }
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short { len, bytes } => &bytes[..usize::from(*len)],
            Self::Long(bytes) => bytes,
        }
    }
}

impl Encoded {
    pub(super) fn new(framing: Framing, bytes: Bytes) -> Self {
        Self { framing, content: Content::Long(bytes) }
    }

    /// Takes the packet that `message` is the end of off the front of `buf`.
    pub(super) fn taken(framing: Framing, buf: &mut BytesMut, message: Range<usize>) -> Self {
        if message.len() <= COPIED {
            let content = Content::copied(&buf[message.clone()]);
            buf.advance(message.end);
            return Self { framing, content };
        }
        let mut packet = buf.split_to(message.end);
        packet.advance(message.start);
        Self::new(framing, packet.freeze())
    }

    /// A message whose bytes are part of a larger buffer.
    pub(super) fn of_part(framing: Framing, bytes: Bytes) -> Self {
        if bytes.len() <= COPIED {
            return Self { framing, content: Content::copied(&bytes) };
        }
        Self::new(framing, bytes)
    }

    pub(super) fn part(&self, range: Range<usize>) -> Self {
        match &self.content {
            Content::Long(bytes) => Self::of_part(self.framing, bytes.slice(range)),
            short => Self { content: Content::copied(&short.as_slice()[range]), ..*self },
        }
    }

    pub(super) fn into_parts(self) -> (Framing, Bytes) {
        match self.content {
            Content::Long(bytes) => (self.framing, bytes),
            short => (self.framing, Bytes::copy_from_slice(short.as_slice())),
        }
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
        self.bytes().len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.content.as_slice()
    }

    /// A handle on bytes that were read out of this message ([`visit_seq`](Self::visit_seq) lends them), if
    /// sharing them is worth the memory: they are 64 KiB at least, and half of the message.
    #[must_use]
    pub fn share(&self, part: &[u8]) -> Option<Bytes> {
        let Content::Long(bytes) = &self.content else { return None };
        let (whole, range) = (bytes.as_ptr_range(), part.as_ptr_range());
        let is_part = whole.start <= range.start && range.end <= whole.end;
        let is_worth_it = part.len() >= SHARED && part.len() >= bytes.len() / 2;
        (is_part && is_worth_it).then(|| bytes.slice_ref(part))
    }

    /// Decodes all elements.
    ///
    /// # Errors
    ///
    /// A number that no [`Value`] can hold, such as `1e999` in JSON.
    pub fn to_values(&self) -> Result<Vec<Value>, ValueError> {
        Ok(with_encoding!(self.framing, E => E::to_values(self.bytes())?))
    }

    /// Has the visitor's `visit_seq` decode the elements leniently (see
    /// [`Lenient`](crate::Lenient)), straight from the bytes. Elements that the visitor leaves
    /// are skipped.
    ///
    /// # Errors
    ///
    /// Whatever the visitor objects to, as text.
    pub fn visit_seq<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, DecodeError> {
        with_encoding!(self.framing, E => E::visit_elements(self.bytes(), visitor))
    }

    /// The tag: the first element, if it is a string, bytes (as text, a character each) or a number
    /// (as its text), of 1 MiB at the most. The rest is not decoded.
    #[must_use]
    pub fn first_str(&self) -> Option<SmolStr> {
        with_encoding!(self.framing, E => E::first_text(self.bytes(), LONGEST_TAG))
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({}, \"{}\")", self.framing, self.bytes().escape_ascii())
    }
}
