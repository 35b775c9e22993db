//! Takes whole packets off a stream and checks them.

use bytes::{Buf, Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::message::scalar_text;
use super::scan::{Extent, Scanner};
use super::surrogates;
use crate::framing::{Encoded, FrameError, Framing, Limits, Packet};

/// The JSON half of [`Decoder`](crate::Decoder).
#[derive(Debug)]
pub(in crate::framing) struct Splitter {
    scanner: Scanner,
}

impl Splitter {
    pub(in crate::framing) fn new(limits: Limits) -> Self {
        Self { scanner: Scanner::new(limits) }
    }

    pub(in crate::framing) fn next(
        &mut self,
        buf: &mut BytesMut,
    ) -> Result<Option<Packet>, FrameError> {
        loop {
            if self.scanner.is_fresh() {
                let blank = buf.iter().take_while(|octet| is_space(**octet)).count();
                buf.advance(blank);
                match buf.first() {
                    None => return Ok(None),
                    Some(b'[') => {}
                    Some(&octet) => return Err(FrameError::NotAnArray { octet }),
                }
            }
            let Some(extent) = self.scanner.scan(buf)? else { return Ok(None) };
            let packet = parse(buf.split_to(extent.len), extent)?;
            if packet.is_some() {
                return Ok(packet);
            }
        }
    }

    #[cfg(test)]
    pub(in crate::framing) fn scanned(&self) -> u64 {
        self.scanner.scanned
    }
}

/// White space as JSON has it.
fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r')
}

/// Checks a whole packet and takes it apart; `None` is a keepalive.
fn parse(mut octets: BytesMut, extent: Extent) -> Result<Option<Packet>, FrameError> {
    let text = std::str::from_utf8(&octets).map_err(|_| FrameError::Utf8)?;
    check(text)?;
    if extent.unicode_escapes && !surrogates::are_paired(&octets) {
        return Err(FrameError::Surrogate);
    }
    let name_end = extent.comma.unwrap_or(extent.len - 1);
    let name = octets[1..name_end].trim_ascii();
    if name.is_empty() {
        return Ok(None);
    }
    let port = scalar_text(name).ok_or(FrameError::PortName)?;
    let message = match extent.comma {
        None => Encoded::new(Framing::Json, Bytes::from_static(b"[]")),
        Some(comma) => {
            octets[comma] = b'[';
            octets.advance(comma);
            Encoded::received(Framing::Json, octets)
        }
    };
    Ok(Some(Packet { port, message }))
}

/// Checks that a text is JSON, without recursion.
fn check(text: &str) -> Result<(), FrameError> {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(IgnoredAny) => Ok(()),
        Err(error) => Err(FrameError::Json(error.to_string().into())),
    }
}
