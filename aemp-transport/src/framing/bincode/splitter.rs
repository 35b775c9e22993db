//! Takes whole packets off a stream and checks them.

use bytes::{Buf, BytesMut};

use super::check::{Rules, take_values};
use super::message::PREFIX;
use super::primitive::take_unsigned;
use super::reader::Reader;
use crate::framing::binary::{Read, item_text};
use crate::framing::encoding::Split;
use crate::framing::{Encoded, FrameError, Framing, Limits, Packet};

/// The bincode half of [`Decoder`](crate::Decoder). Has no place to keep: the length says how much
/// to wait for.
#[derive(Debug)]
pub(super) struct Splitter {
    limits: Limits,
    #[cfg(test)]
    scanned: u64,
}

impl Splitter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            #[cfg(test)]
            scanned: 0,
        }
    }

    /// Checks a whole packet and takes it apart; `None` is a keepalive.
    fn parse(&self, mut bytes: BytesMut) -> Result<Option<Packet>, FrameError> {
        if self.limits.max_depth == 0 {
            return Err(FrameError::TooDeep { limit: 0 });
        }
        let mut rest = &bytes[..];
        let count = take_unsigned(&mut rest)?;
        let first = rest;
        take_values(&mut rest, count, Rules { max_depth: self.limits.max_depth, kept: false })?;
        if !rest.is_empty() {
            return Err(FrameError::Bincode("a packet is longer than its list"));
        }
        if count == 0 {
            return Ok(None);
        }
        let mut reader = Reader::new(first);
        let item = reader.item().map_err(|_| FrameError::PortName)?;
        let port = item_text(&item).ok_or(FrameError::PortName)?;
        bytes.advance(bytes.len() - reader.left());
        Ok(Some(Packet { port, message: Encoded::received(Framing::Bincode, bytes) }))
    }
}

impl Split for Splitter {
    fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
        while let Some(prefix) = buf.first_chunk::<PREFIX>() {
            let length = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
            if length > self.limits.max_packet {
                return Err(FrameError::TooLong { limit: self.limits.max_packet });
            }
            if buf.len() - PREFIX < length {
                return Ok(None);
            }
            buf.advance(PREFIX);
            #[cfg(test)]
            {
                self.scanned += (PREFIX + length) as u64;
            }
            if let Some(packet) = self.parse(buf.split_to(length))? {
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }

    #[cfg(test)]
    fn scanned(&self) -> u64 {
        self.scanned
    }
}
