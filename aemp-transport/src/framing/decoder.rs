//! [`Decoder`]: cuts a stream into packets, however the bytes arrive.

use bytes::BytesMut;
use smol_str::SmolStr;

use super::encoding::{Encoding, Split, with_encoding};
use super::{Encoded, FrameError, Framing, Limits};

/// What one packet says: who gets what.
#[derive(Clone, Debug)]
pub struct Packet {
    /// The name of the port on the receiving node; the empty string is the node port.
    pub port: SmolStr,
    /// The message, not decoded yet.
    pub message: Encoded,
}

/// Cuts a stream into packets.
///
/// Keeps its place in a packet that has not come whole, so that the work is linear in the number
/// of bytes however they are cut.
#[derive(Debug)]
pub struct Decoder {
    splitter: Box<dyn Split>,
    /// What went wrong before: a stream does not recover.
    failed: Option<FrameError>,
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new(framing: Framing, limits: Limits) -> Self {
        Self { splitter: with_encoding!(framing, E => E::splitter(limits)), failed: None }
    }

    /// Takes the next packet off the front of `buf`, or returns `None` if more bytes are needed.
    ///
    /// **Between calls `buf` may only be appended to.** Keepalives are taken off and skipped.
    ///
    /// # Errors
    ///
    /// The bytes are no packet, or exceed a limit; every later call returns the same error.
    pub fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = self.splitter.next(buf);
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }

    /// How many bytes the packet claims to have that begins so, if that is known yet.
    pub(crate) fn length(&self, start: &[u8]) -> Option<usize> {
        self.splitter.length(start)
    }

    /// Says whether the stream may end here, `buf` being what is left of it after
    /// [`next`](Self::next) returned `None`.
    ///
    /// # Errors
    ///
    /// [`FrameError::Incomplete`] if a packet has begun and not ended, or the earlier error.
    pub fn finish(&self, buf: &BytesMut) -> Result<(), FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.splitter.may_end(buf) { Ok(()) } else { Err(FrameError::Incomplete) }
    }
}

#[cfg(test)]
impl Decoder {
    /// How many bytes were looked at to find the ends of packets.
    pub(super) fn scanned(&self) -> u64 {
        self.splitter.scanned()
    }
}
