//! Packets and messages.

use serde::Serialize;
use serde::de::Visitor;
use smol_str::SmolStr;

use super::head;
use super::reader::Reader;
use super::writer::Writer;
use crate::framing::binary::{self, Write};
use crate::framing::{DecodeError, EncodeError};
use crate::value::Value;

/// The packet of the empty array.
pub(in crate::framing) const KEEPALIVE: &[u8] = &[0x80];

/// Appends the packet of a port and the elements of a message.
pub(in crate::framing) fn encode<T: Serialize + ?Sized>(
    port: &str,
    message: &T,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = begin(port, out);
    let count = binary::encode::<Writer, T>(message, out)?;
    end(start, count, out);
    Ok(())
}

/// Appends a packet of elements that are encoded already.
pub(in crate::framing) fn encode_elements(
    port: &str,
    elements: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let count = binary::count::<Reader<'_>>(elements).map_err(crate::ValueError::from)?;
    let start = begin(port, out);
    out.extend_from_slice(elements);
    end(start, count, out);
    Ok(())
}

/// Leaves room for the head of a short array, and writes the port name.
fn begin(port: &str, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.push(0);
    Writer::text(port, out);
    start
}

/// Fills in the head of the array of so many elements beside the port name.
fn end(start: usize, elements: usize, out: &mut Vec<u8>) {
    // At the end first, where nothing has to be allocated for it.
    let content = out.len();
    head::write(head::ARRAY, elements as u64 + 1, out);
    match out.len() - content {
        1 => out[start] = out.pop().unwrap_or_default(),
        longer => {
            let head = out.split_off(out.len() - longer);
            drop(out.splice(start..=start, head));
        }
    }
}

pub(in crate::framing) fn encode_message<T: Serialize + ?Sized>(
    message: &T,
) -> Result<Vec<u8>, EncodeError> {
    binary::encode_message::<Writer, T>(message)
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
