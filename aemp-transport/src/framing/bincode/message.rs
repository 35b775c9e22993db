//! Packets and messages.

use serde::Serialize;
use serde::de::Visitor;
use smol_str::SmolStr;

use super::check::{Rules, take_values};
use super::primitive::put_unsigned;
use super::reader::Reader;
use super::transcode::Elements;
use super::writer::Writer;
use crate::framing::binary::{self, Write};
use crate::framing::{DecodeError, EncodeError};
use crate::value::Value;

/// The packet of the empty list.
pub(in crate::framing) const KEEPALIVE: &[u8] = &[0, 0, 0, 1, 0];

/// How long the length of a packet is.
pub(super) const PREFIX: usize = 4;

/// What waits on this node, before its framing is known.
type Kept = Writer<true>;
/// What goes out.
type Wire = Writer<false>;

/// Appends the packet of a port and the elements of a message.
pub(in crate::framing) fn encode<T: Serialize + ?Sized>(
    port: &str,
    message: &T,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = begin(port, out);
    let count = binary::encode::<Wire, T>(message, out)?;
    end(start, count, out)
}

/// Appends a packet of elements that are encoded already.
pub(in crate::framing) fn encode_elements(
    port: &str,
    elements: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let wire = Rules { max_depth: usize::MAX, kept: false };
    let (mut rest, mut count) = (elements, 0);
    while !rest.is_empty() {
        if take_values(&mut rest, 1, wire).is_err() {
            // It holds what is not for the wire.
            return encode(port, &Elements(elements), out);
        }
        count += 1;
    }
    let start = begin(port, out);
    out.extend_from_slice(elements);
    end(start, count, out)
}

/// Leaves room for the length and for a count of one octet, and writes the port name.
fn begin(port: &str, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX + 1]);
    Wire::text(port, out);
    start
}

/// Fills in the length and the count of a packet of so many elements beside the port name.
fn end(start: usize, elements: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let place = start + PREFIX;
    // At the end first, where nothing has to be allocated for it.
    let content = out.len();
    put_unsigned(elements as u64 + 1, out);
    match out.len() - content {
        1 => out[place] = out.pop().unwrap_or_default(),
        longer => {
            let count = out.split_off(out.len() - longer);
            drop(out.splice(place..=place, count));
        }
    }
    let octets = out.len() - place;
    let length = u32::try_from(octets).map_err(|_| EncodeError::TooLong { octets })?;
    out[start..place].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

pub(in crate::framing) fn encode_message<T: Serialize + ?Sized>(
    message: &T,
) -> Result<Vec<u8>, EncodeError> {
    binary::encode_message::<Kept, T>(message)
}

pub(in crate::framing) fn to_values(elements: &[u8]) -> Result<Vec<Value>, DecodeError> {
    binary::to_values::<Reader<'_>>(elements)
}

pub(in crate::framing) fn visit_elements<'de, V: Visitor<'de>>(
    elements: &'de [u8],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    binary::visit_elements::<Reader<'_>, V>(elements, visitor)
}

pub(in crate::framing) fn first_text(elements: &[u8]) -> Option<SmolStr> {
    binary::first_text::<Reader<'_>>(elements)
}
