//! Takes whole packets off a stream and checks them.

use bytes::{Buf, BytesMut};

use super::head::{self, Number};
use super::reader::Reader;
use super::scan::Scanner;
use crate::framing::binary::{Read, item_text};
use crate::framing::encoding::Split;
use crate::framing::{Encoded, FrameError, Framing, Limits, Packet};

/// The CBOR half of [`Decoder`](crate::Decoder).
#[derive(Debug)]
pub(super) struct Splitter {
    scanner: Scanner,
}

impl Splitter {
    pub(super) fn new(limits: Limits) -> Self {
        Self { scanner: Scanner::new(limits) }
    }
}

impl Split for Splitter {
    fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
        while !buf.is_empty() {
            let Some(length) = self.scanner.scan(buf)? else { return Ok(None) };
            if let Some(packet) = parse(buf.split_to(length))? {
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }

    #[cfg(test)]
    fn scanned(&self) -> u64 {
        self.scanner.scanned
    }
}

/// Takes a whole packet apart; `None` is a keepalive.
fn parse(mut bytes: BytesMut) -> Result<Option<Packet>, FrameError> {
    let head = head::read(&bytes).ok().flatten().ok_or(FrameError::PortName)?;
    if head.number == Number::Indefinite {
        // The elements end where the bytes do.
        bytes.truncate(bytes.len() - 1);
    }
    bytes.advance(head.len);
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader::new(&bytes);
    let item = reader.item().map_err(|_| FrameError::PortName)?;
    let port = item_text(&item).ok_or(FrameError::PortName)?;
    let start = bytes.len() - reader.left();
    bytes.advance(start);
    Ok(Some(Packet { port, message: Encoded::received(Framing::Cbor, bytes) }))
}
