//! Takes whole packets off a stream and checks them.

use std::ops::Range;

use bytes::{Buf, BytesMut};
use smol_str::SmolStr;

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
            if let Some((port, message)) = parse(&buf[..length])? {
                let mut packet = buf.split_to(length);
                return Ok(Some(Packet {
                    port,
                    message: Encoded::taken(Framing::Cbor, &mut packet, message),
                }));
            }
            buf.advance(length);
        }
        Ok(None)
    }

    #[cfg(test)]
    fn scanned(&self) -> u64 {
        self.scanner.scanned
    }
}

/// Takes a whole packet apart: its port, and where its message is; `None` is a keepalive.
fn parse(packet: &[u8]) -> Result<Option<(SmolStr, Range<usize>)>, FrameError> {
    let head = head::read(packet).ok().flatten().ok_or(FrameError::PortName)?;
    // The elements end where the bytes do, or the break before.
    let end = packet.len() - usize::from(head.number == Number::Indefinite);
    let elements = &packet[head.len..end];
    if elements.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader::new(elements);
    let item = reader.item().map_err(|_| FrameError::PortName)?;
    let port = item_text(&item).ok_or(FrameError::PortName)?;
    Ok(Some((port, end - reader.left()..end)))
}
