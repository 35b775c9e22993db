//! Takes whole packets off a stream and checks them.

use bytes::{Buf, Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::mend::{is_paired, mended};
use super::message::scalar_text;
use super::scan::{Extent, Scanner};
use crate::framing::encoding::Split;
use crate::framing::{Encoded, FrameError, Framing, Limits, Packet};

/// The JSON half of [`Decoder`](crate::Decoder).
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
        loop {
            if self.scanner.is_fresh() {
                let blank = buf.iter().take_while(|byte| is_space(**byte)).count();
                buf.advance(blank);
                match buf.first() {
                    None => return Ok(None),
                    Some(b'[') => {}
                    Some(&byte) => return Err(FrameError::NotAnArray { byte }),
                }
            }
            let Some(extent) = self.scanner.scan(buf)? else { return Ok(None) };
            let Err(error) = check(&buf[..extent.len], extent) else {
                match take(buf, extent)? {
                    None => continue,
                    packet => return Ok(packet),
                }
            };
            let text = mended(&buf[..extent.len]).ok_or(error)?;
            buf.advance(extent.len);
            if let Some(packet) = parse_mended(text)? {
                return Ok(Some(packet));
            }
        }
    }

    fn may_end(&self, rest: &[u8]) -> bool {
        rest.iter().all(u8::is_ascii_whitespace)
    }

    #[cfg(test)]
    fn scanned(&self) -> u64 {
        self.scanner.scanned
    }
}

/// White space as JSON has it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Checks a packet that was mended, and takes it apart.
fn parse_mended(text: Vec<u8>) -> Result<Option<Packet>, FrameError> {
    let mut text = BytesMut::from(Bytes::from(text));
    // It is larger by a little, and was not too large.
    let limits = Limits { max_packet: usize::MAX, max_depth: usize::MAX };
    let extent = Scanner::new(limits).scan(&text)?.ok_or(FrameError::Incomplete)?;
    check(&text, extent)?;
    take(&mut text, extent)
}

/// Takes a packet that was checked off the front of `buf`; `None` is a keepalive.
fn take(buf: &mut BytesMut, extent: Extent) -> Result<Option<Packet>, FrameError> {
    let name = buf[1..extent.comma.unwrap_or(extent.len - 1)].trim_ascii();
    if name.is_empty() {
        buf.advance(extent.len);
        return Ok(None);
    }
    let port = scalar_text(name).ok_or(FrameError::PortName)?;
    let message = match extent.comma {
        None => {
            buf.advance(extent.len);
            Encoded::new(Framing::Json, Bytes::from_static(b"[]"))
        }
        Some(comma) => {
            buf[comma] = b'[';
            Encoded::taken(Framing::Json, buf, comma..extent.len)
        }
    };
    Ok(Some(Packet { port, message }))
}

/// Whether bytes are UTF-8 of characters up to U+00FF only, which is what bytes of a program travel
/// as: told many times faster than by looking at each character.
fn is_narrow(bytes: &[u8]) -> bool {
    let is_lead = |byte: u8| byte == 0xc2 || byte == 0xc3;
    let is_continuation = |byte: u8| byte & 0xc0 == 0x80;
    let fits = |(before, byte): (&u8, &u8)| {
        (is_lead(*before) == is_continuation(*byte)) & (*byte <= 0xc3) & (*byte & 0xfe != 0xc0)
    };
    // In pieces, so that a text of other characters is given up early.
    let (befores, rest) = (bytes.chunks(1024), bytes.get(1..).unwrap_or_default().chunks(1024));
    let all = befores
        .zip(rest)
        .all(|(befores, bytes)| befores.iter().zip(bytes).fold(true, |all, pair| all & fits(pair)));
    all && bytes.first().is_none_or(u8::is_ascii) && bytes.last().is_none_or(u8::is_ascii)
}

/// Checks that a text is JSON that can be read, without recursion.
fn check(bytes: &[u8], extent: Extent) -> Result<(), FrameError> {
    if !is_narrow(bytes) && std::str::from_utf8(bytes).is_err() {
        return Err(FrameError::Utf8);
    }
    // Looks at nothing but the grammar: the bytes are known to be text.
    match serde_json::from_slice::<IgnoredAny>(bytes) {
        Ok(IgnoredAny) if !extent.unicode_escapes || is_paired(bytes) => Ok(()),
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
        // All pairs of bytes: what is taken for text is text.
        for (first, second) in (0..=255).flat_map(|first| (0..=255).map(move |s| (first, s))) {
            let bytes = [b'[', first, second, b']'];
            let text = std::str::from_utf8(&bytes);
            let narrow = text.is_ok_and(|text| text.chars().all(|c| c <= '\u{ff}'));
            assert_eq!(is_narrow(&bytes), narrow, "{bytes:x?}");
        }
    }
}
