//! [`Cbor`]: packets.

use super::head;
use super::reader::Reader;
use super::splitter::Splitter;
use super::writer::Writer;
use crate::framing::binary::{self, Binary, Item, Read};
use crate::framing::encoding::Split;
use crate::framing::serialize::Write;
use crate::framing::{DecodeError, EncodeError, Limits};

/// The encoding of [`Framing::Cbor`](crate::Framing::Cbor).
pub(in crate::framing) struct Cbor;

impl Binary for Cbor {
    type Reader<'de> = Reader<'de>;
    type Wire = Writer;
    type Kept = Writer;

    /// The packet of the empty array.
    const KEEPALIVE: &'static [u8] = &[0x80];

    fn splitter(limits: Limits) -> Box<dyn Split> {
        Box::new(Splitter::new(limits))
    }

    /// Leaves room for the head of a short array.
    fn begin(port: &str, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        out.push(0);
        Writer::text(port, out);
        start
    }

    fn end(start: usize, elements: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        binary::fill_in(start, out, |out| head::write(head::ARRAY, elements as u64 + 1, out));
        Ok(())
    }

    fn count(message: &[u8]) -> Result<Option<usize>, DecodeError> {
        binary::count::<Reader<'_>>(message).map(Some)
    }

    fn elements(packet: &[u8]) -> Option<Reader<'_>> {
        let mut reader = Reader::new(packet);
        matches!(reader.item(), Ok(Item::List(_))).then_some(reader)
    }
}
