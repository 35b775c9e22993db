//! Takes whole packets off a stream and checks them.

use bytes::{Buf, Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::mend::{is_paired, mended};
use super::message::scalar_text;
use super::scan::{Extent, Scanner};
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
fn parse(mut octets: BytesMut, mut extent: Extent) -> Result<Option<Packet>, FrameError> {
    if let Err(error) = check(&octets, extent) {
        let text = mended(&octets).ok_or(error)?;
        octets = BytesMut::from(Bytes::from(text));
        // It is larger by a little, and was not too large.
        let limits = Limits { max_packet: usize::MAX, max_depth: usize::MAX };
        extent = Scanner::new(limits).scan(&octets)?.ok_or(FrameError::Incomplete)?;
        check(&octets, extent)?;
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

/// Whether octets are UTF-8 of characters up to U+00FF only, which is what octets of a program travel
/// as: told many times faster than by looking at each character.
fn is_narrow(octets: &[u8]) -> bool {
    let is_lead = |octet: u8| octet == 0xc2 || octet == 0xc3;
    let is_continuation = |octet: u8| octet & 0xc0 == 0x80;
    let fits = |(before, octet): (&u8, &u8)| {
        (is_lead(*before) == is_continuation(*octet)) & (*octet <= 0xc3) & (*octet & 0xfe != 0xc0)
    };
    // In pieces, so that a text of other characters is given up early.
    let (befores, rest) = (octets.chunks(1024), octets.get(1..).unwrap_or_default().chunks(1024));
    let all = befores.zip(rest).all(|(befores, octets)| {
        befores.iter().zip(octets).fold(true, |all, pair| all & fits(pair))
    });
    all && octets.first().is_none_or(u8::is_ascii) && octets.last().is_none_or(u8::is_ascii)
}

/// Checks that a text is JSON that can be read, without recursion.
fn check(octets: &[u8], extent: Extent) -> Result<(), FrameError> {
    if !is_narrow(octets) && std::str::from_utf8(octets).is_err() {
        return Err(FrameError::Utf8);
    }
    // Looks at nothing but the grammar: the octets are known to be text.
    match serde_json::from_slice::<IgnoredAny>(octets) {
        Ok(IgnoredAny) if !extent.unicode_escapes || is_paired(octets) => Ok(()),
        Ok(IgnoredAny) => Err(FrameError::Surrogate),
        Err(error) => Err(FrameError::Json(error.to_string().into())),
    }
}

#[cfg(test)]
mod tests {
    use super::is_narrow;

    #[test]
    fn narrow_text_is_utf8_up_to_u_00ff() {
        let narrow: String = ('\0'..='\u{ff}').chain(['a']).collect();
        assert!(is_narrow(narrow.as_bytes()) && is_narrow(b"") && is_narrow(b"a"));
        for text in ["\u{100}a", "a\u{20ac}a", "\u{1f600}a"] {
            assert!(!is_narrow(text.as_bytes()), "{text}");
        }
        // All pairs of octets: what is taken for text is text.
        for (first, second) in (0..=255).flat_map(|first| (0..=255).map(move |s| (first, s))) {
            let octets = [b'[', first, second, b']'];
            let text = std::str::from_utf8(&octets);
            let narrow = text.is_ok_and(|text| text.chars().all(|c| c <= '\u{ff}'));
            assert_eq!(is_narrow(&octets), narrow, "{octets:x?}");
        }
    }
}
