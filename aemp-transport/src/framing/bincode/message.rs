//! Packets.

use serde::Serialize;

use super::check::{Rules, take_values};
use super::primitive::{put_unsigned, take_unsigned};
use super::reader::Reader;
use super::transcode::Elements;
use super::writer::Writer;
use crate::framing::EncodeError;
use crate::framing::binary::{self, Read, Write};

/// The packet of the empty list.
pub(in crate::framing) const KEEPALIVE: &[u8] = &[0, 0, 0, 1, 0];

/// How long the length of a packet is.
pub(super) const PREFIX: usize = 4;

/// What waits on this node, before its framing is known.
pub(in crate::framing) type Kept = Writer<true>;
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

/// The elements of a packet that may not be whole.
pub(in crate::framing) fn elements(packet: &[u8]) -> Option<Reader<'_>> {
    let mut rest = packet.get(PREFIX..)?;
    take_unsigned(&mut rest).ok()?;
    Some(Reader::new(rest))
}

/// Leaves room for the length and for a count of one byte, and writes the port name.
fn begin(port: &str, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; PREFIX + 1]);
    Wire::text(port, out);
    start
}

/// Fills in the length and the count of a packet of so many elements beside the port name.
fn end(start: usize, elements: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let place = start + PREFIX;
    binary::fill_in(place, out, |out| put_unsigned(elements as u64 + 1, out));
    let bytes = out.len() - place;
    let length = u32::try_from(bytes).map_err(|_| EncodeError::TooLong { bytes })?;
    out[start..place].copy_from_slice(&length.to_be_bytes());
    Ok(())
}
