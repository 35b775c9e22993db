//! Packets.

use serde::Serialize;

use super::head;
use super::reader::Reader;
use super::writer::Writer;
use crate::framing::EncodeError;
use crate::framing::binary::{self, Item, Read, Write};

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

/// The elements of a packet that may not be whole.
pub(in crate::framing) fn elements(packet: &[u8]) -> Option<Reader<'_>> {
    let mut reader = Reader::new(packet);
    matches!(reader.item(), Ok(Item::List(_))).then_some(reader)
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
    binary::fill_in(start, out, |out| head::write(head::ARRAY, elements as u64 + 1, out));
}
