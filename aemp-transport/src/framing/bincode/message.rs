//! [`Bincode`]: packets.

use serde::ser::{Serialize, Serializer};

use super::check::{Rules, take_values};
use super::primitive::{put_unsigned, take_unsigned};
use super::reader::Reader;
use super::splitter::Splitter;
use super::transcode::Elements;
use super::writer::Writer;
use crate::framing::binary::{self, Binary, Read};
use crate::framing::encoding::Split;
use crate::framing::serialize::Write;
use crate::framing::{DecodeError, EncodeError, Limits};

/// How long the length of a packet is.
pub(super) const PREFIX: usize = 4;

/// The encoding of [`Framing::Bincode`](crate::Framing::Bincode).
pub(in crate::framing) struct Bincode;

impl Binary for Bincode {
    type Reader<'de> = Reader<'de>;
    type Wire = Writer<false>;
    type Kept = Writer<true>;

    /// The packet of the empty list.
    const KEEPALIVE: &'static [u8] = &[0, 0, 0, 1, 0];

    fn splitter(limits: Limits) -> Box<dyn Split> {
        Box::new(Splitter::new(limits))
    }

    /// Leaves room for the length and for a count of one byte.
    fn begin(port: &str, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        out.extend_from_slice(&[0; PREFIX + 1]);
        Self::Wire::text(port, out);
        start
    }

    fn end(start: usize, elements: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let place = start + PREFIX;
        binary::fill_in(place, out, |out| put_unsigned(elements as u64 + 1, out));
        let bytes = out.len() - place;
        let length = u32::try_from(bytes).map_err(|_| EncodeError::TooLong { bytes })?;
        out[start..place].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn count(message: &[u8]) -> Result<Option<usize>, DecodeError> {
        let wire = Rules { max_depth: usize::MAX, kept: false };
        let (mut rest, mut count) = (message, 0);
        while !rest.is_empty() {
            if take_values(&mut rest, 1, wire).is_err() {
                return Ok(None);
            }
            count += 1;
        }
        Ok(Some(count))
    }

    fn elements(packet: &[u8]) -> Option<Reader<'_>> {
        let mut rest = packet.get(PREFIX..)?;
        take_unsigned(&mut rest).ok()?;
        Some(Reader::new(rest))
    }

    fn transcode<S: Serializer>(message: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Elements(message).serialize(to)
    }
}
