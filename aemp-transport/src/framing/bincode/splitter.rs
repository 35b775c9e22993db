//! Takes whole packets off a stream and checks them.

use bytes::{Buf, BytesMut};
use smol_str::SmolStr;

use super::check::{Rules, possible, take_values};
use super::message::PREFIX;
use super::primitive::take_unsigned;
use super::reader::Reader;
use crate::framing::binary::{Read, item_text};
use crate::framing::encoding::Split;
use crate::framing::{Encoded, FrameError, Framing, Limits, Packet};

/// The bincode half of [`Decoder`](crate::Decoder). Has no place in a packet to keep: the length
/// says how much to wait for.
#[derive(Debug)]
pub(super) struct Splitter {
    limits: Limits,
    /// The encoded name of the port of the last packet, and the name: most packets are for the same port
    /// as the one before.
    last: Option<(Box<[u8]>, SmolStr)>,
    #[cfg(test)]
    scanned: u64,
}

/// A longer encoded name is not remembered; those that nodes give have about 20 bytes.
const SHORT_NAME: usize = 256;

impl Splitter {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            last: None,
            #[cfg(test)]
            scanned: 0,
        }
    }

    /// Checks a whole packet; gives its port, and how many bytes its message has. `None` is a
    /// keepalive.
    fn parse(&mut self, packet: &[u8]) -> Result<Option<(SmolStr, usize)>, FrameError> {
        let rules = Rules { max_depth: self.limits.max_depth, kept: false };
        if rules.max_depth == 0 {
            return Err(FrameError::TooDeep { limit: 0 });
        }
        let mut rest = packet;
        let count = take_unsigned(&mut rest)?;
        let elements = possible(count, rest)?.checked_sub(1);
        let port = elements.map(|_| self.take_port(&mut rest, rules)).transpose()?;
        let message = rest.len();
        take_values(&mut rest, elements.unwrap_or(0), rules)?;
        if !rest.is_empty() {
            return Err(FrameError::Bincode("a packet is longer than its list"));
        }
        Ok(port.map(|port| (port, message)))
    }

    fn take_port(&mut self, bytes: &mut &[u8], rules: Rules) -> Result<SmolStr, FrameError> {
        if let Some((encoded, port)) = &self.last
            && let Some(rest) = bytes.strip_prefix(&**encoded)
        {
            *bytes = rest;
            return Ok(port.clone());
        }
        let first = *bytes;
        take_values(bytes, 1, rules)?;
        let item = Reader::new(first).item().map_err(|_| FrameError::PortName)?;
        let port = item_text(&item).ok_or(FrameError::PortName)?;
        let encoded = &first[..first.len() - bytes.len()];
        if encoded.len() <= SHORT_NAME {
            self.last = Some((encoded.into(), port.clone()));
        }
        Ok(port)
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
            let end = PREFIX + length;
            let taken = self.parse(&buf[PREFIX..end])?;
            #[cfg(test)]
            {
                self.scanned += end as u64;
            }
            if let Some((port, rest)) = taken {
                let message = Encoded::taken(Framing::Bincode, buf, end - rest..end);
                return Ok(Some(Packet { port, message }));
            }
            buf.advance(end);
        }
        Ok(None)
    }

    fn length(&self, start: &[u8]) -> Option<usize> {
        let length = usize::try_from(u32::from_be_bytes(*start.first_chunk::<PREFIX>()?)).ok()?;
        (length <= self.limits.max_packet).then_some(PREFIX + length)
    }

    #[cfg(test)]
    fn scanned(&self) -> u64 {
        self.scanned
    }
}
