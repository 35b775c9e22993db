//! [`Framing`]: which encodings there are, and encoding packets in them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::encoding::{Encoding, with_encoding};
use super::{EncodeError, Encoded};

/// An encoding of packets, as named in greetings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Framing {
    /// bincode 2 of self-describing values, each packet after its length: what our nodes speak
    /// among themselves.
    Bincode,
    /// CBOR arrays one after another: what 2.x Perl nodes speak.
    Cbor,
    /// JSON texts one after another: what every node speaks.
    Json,
}

/// There is no framing of this name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown framing {name:?}")]
pub struct UnknownFraming {
    name: String,
}

impl Framing {
    /// All framings, best first. (A peer that reads CBOR and JSON has an order of its own.)
    pub const ALL: &'static [Self] = &[Self::Bincode, Self::Json, Self::Cbor];

    /// The name in greetings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bincode => "bincode",
            Self::Cbor => "cbor",
            Self::Json => "json",
        }
    }

    /// The framing of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|framing| framing.name() == name)
    }

    /// Appends the packet of `port` and the elements of `message` to `out`.
    ///
    /// A message that serialises as a sequence (list, tuple, tuple struct) gives its elements, `()`
    /// gives none, and anything else is the only element, as in [`to_values`](crate::to_values).
    /// JSON has no bytes and no non-finite numbers: bytes become text of characters up to U+00FF,
    /// and the numbers `"NaN"`, `"inf"` and `"-inf"`. The binary framings write a sequence of `u8`
    /// (a `Vec<u8>`, a slice) as one byte string, JSON as a list of numbers; whoever asks for
    /// either is given it from both (see [`Lenient`](crate::Lenient)).
    ///
    /// # Errors
    ///
    /// The message's own `Serialize` failed, or the packet is too long for the framing. `out` is
    /// then as it was.
    pub fn encode<T: Serialize + ?Sized>(
        self,
        port: &str,
        message: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let before = out.len();
        let result = with_encoding!(self, E => E::encode(port, message, out));
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    /// Appends the packet of `port` and a message that is still encoded to `out`.
    ///
    /// The bytes are copied if they are of this framing already, and translated otherwise.
    ///
    /// # Errors
    ///
    /// The message cannot be translated. `out` is then as it was.
    pub fn encode_encoded(
        self,
        port: &str,
        message: &Encoded,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let bytes = message.bytes();
        let before = out.len();
        let result = if message.framing() == self {
            with_encoding!(self, E => E::encode_encoded(port, bytes, out))
        } else {
            self.encode(port, message, out)
        };
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    /// Appends a keepalive, an empty packet that readers skip, to `out`.
    pub fn encode_keepalive(self, out: &mut Vec<u8>) {
        out.extend_from_slice(with_encoding!(self, E => E::KEEPALIVE));
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Framing {
    type Err = UnknownFraming;

    fn from_str(name: &str) -> Result<Self, UnknownFraming> {
        Self::from_name(name).ok_or_else(|| UnknownFraming { name: name.to_owned() })
    }
}
