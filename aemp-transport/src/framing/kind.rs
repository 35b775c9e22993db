//! [`Framing`]: which encodings there are, and encoding packets in them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{EncodeError, Encoded, json};

/// An encoding of packets, as named in greetings.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Framing {
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
    /// All framings, best first.
    pub const ALL: &'static [Self] = &[Self::Json];

    /// The name in greetings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
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
    /// Octet strings become text of characters up to U+00FF where the framing has no octets, and
    /// non-finite floats become `"NaN"`, `"inf"` and `"-inf"`.
    ///
    /// # Errors
    ///
    /// The message's own `Serialize` failed, or a map key has no text. `out` is then as it was.
    pub fn encode<T: Serialize + ?Sized>(
        self,
        port: &str,
        message: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let before = out.len();
        let result = match self {
            Self::Json => json::encode(port, message, out),
        };
        if result.is_err() {
            out.truncate(before);
        }
        result
    }

    /// Appends the packet of `port` and a message that is still encoded to `out`.
    ///
    /// The octets are copied if they are of this framing already, and translated otherwise.
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
        if message.framing() != self {
            return self.encode(port, &message.to_values()?, out);
        }
        match self {
            Self::Json => json::encode_elements(port, message.octets(), out),
        }
        Ok(())
    }

    /// Appends a keepalive, an empty packet that readers skip, to `out`.
    pub fn encode_keepalive(self, out: &mut Vec<u8>) {
        match self {
            Self::Json => out.extend_from_slice(b"[]"),
        }
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
