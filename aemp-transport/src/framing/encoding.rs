//! [`Encoding`]: what a framing has to give; [`with_encoding`] finds it.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use serde::de::Visitor;
use serde::ser::{Serialize, Serializer};
use smol_str::SmolStr;

use super::{DecodeError, EncodeError, FrameError, Limits, Packet};
use crate::value::Value;

/// How packets and messages are encoded. A message alone is bytes that only its encoding knows:
/// its elements, without a port.
pub(super) trait Encoding {
    /// An empty packet.
    const KEEPALIVE: &'static [u8];

    /// Cuts a stream into packets.
    fn splitter(limits: Limits) -> Box<dyn Split>;

    /// Appends the packet of a port and the elements of a message.
    fn encode<T: Serialize + ?Sized>(
        port: &str,
        message: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError>;

    /// The same for a message in this encoding.
    fn encode_encoded(port: &str, message: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// A message in this encoding.
    fn encode_message<T: Serialize + ?Sized>(message: &T) -> Result<Vec<u8>, EncodeError>;

    fn to_values(message: &[u8]) -> Result<Vec<Value>, DecodeError>;

    /// Has the visitor take the elements leniently, and skips those that it leaves.
    fn visit_elements<'de, V: Visitor<'de>>(
        message: &'de [u8],
        visitor: V,
    ) -> Result<V::Value, DecodeError>;

    /// Serialises as the message did.
    fn transcode<S: Serializer>(message: &[u8], to: S) -> Result<S::Ok, S::Error>;

    /// The first element as text, if it is a string, bytes (one character each) or a number, and of
    /// `longest` bytes at the most.
    fn first_text(message: &[u8], longest: usize) -> Option<SmolStr>;

    /// Appends the texts of the first elements of a packet that may not be whole, up to so many, and
    /// up to the first that has none or is not whole.
    fn first_texts(packet: &[u8], limit: usize, texts: &mut Vec<SmolStr>);

    /// Takes the first element off a message.
    fn without_first(message: Bytes) -> Bytes;

    /// Appends elements, one at least, to a message.
    fn append(message: Bytes, more: &[Value]) -> Result<Bytes, EncodeError>;

    /// The element that begins at `at` (0 at first) or after it: where it ends, and, if it is a list,
    /// where the message of its elements is.
    fn next_element(message: &[u8], at: usize) -> Option<(usize, Option<Range<usize>>)>;
}

/// Cuts a stream into packets and checks them.
pub(super) trait Split: std::fmt::Debug + Send + Sync {
    /// Takes the next packet off the front of `buf`, to which may only be appended between calls.
    fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Packet>, FrameError>;

    /// How many bytes the packet claims to have that begins so, where it says that.
    fn length(&self, _start: &[u8]) -> Option<usize> {
        None
    }

    /// Whether the stream may end with this rest.
    fn may_end(&self, rest: &[u8]) -> bool {
        rest.is_empty()
    }

    /// How many bytes were looked at to find the ends of packets.
    #[cfg(test)]
    fn scanned(&self) -> u64;
}

/// Evaluates `$call` with `$encoding` as the [`Encoding`] of a framing.
macro_rules! with_encoding {
    ($framing:expr, $encoding:ident => $call:expr) => {
        match $framing {
            $crate::framing::Framing::Bincode => {
                type $encoding = $crate::framing::bincode::Bincode;
                $call
            }
            $crate::framing::Framing::Cbor => {
                type $encoding = $crate::framing::cbor::Cbor;
                $call
            }
            $crate::framing::Framing::Json => {
                type $encoding = $crate::framing::json::Json;
                $call
            }
        }
    };
}

pub(super) use with_encoding;
