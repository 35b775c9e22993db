//! How the messages are written: a destination, a tag, and a number or bytes, as ours have them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// Where all goes.
const TO: &str = "0123456789abcd.0";

/// What has come.
pub(super) enum Body {
    Add(u64),
    /// So many.
    Bytes(usize),
    Sum(u64),
}

impl Body {
    fn number(tag: &str, n: u64) -> Self {
        if tag == "sum" { Self::Sum(n) } else { Self::Add(n) }
    }
}

pub(super) trait Format: Send + Sync + 'static {
    fn number(block: &mut Vec<u8>, tag: &str, n: u64);

    fn bytes(block: &mut Vec<u8>, payload: &Bytes);

    /// What comes before bytes that are written by themselves, if they can be.
    fn head(block: &mut Vec<u8>, payload: &Bytes) -> bool;

    /// The first frame, and its length.
    fn parse(bytes: &[u8]) -> Option<(Body, usize)>;
}

/// Four bytes of length before each.
pub(super) struct Bincode;

impl Format for Bincode {
    fn number(block: &mut Vec<u8>, tag: &str, n: u64) {
        framed(block, 0, |block| encode(block, (TO, tag, n)));
    }

    fn bytes(block: &mut Vec<u8>, payload: &Bytes) {
        framed(block, 0, |block| encode(block, (TO, "bytes", payload)));
    }

    fn head(block: &mut Vec<u8>, payload: &Bytes) -> bool {
        framed(block, payload.len(), |block| encode(block, (TO, "bytes", payload.len())));
        true
    }

    fn parse(bytes: &[u8]) -> Option<(Body, usize)> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let frame = rest.get(..length)?;
        let ((_, tag), read): ((&str, &str), usize) = decode(frame);
        let body = match tag {
            "bytes" => Body::Bytes(decode::<Bytes>(&frame[read..]).0.len()),
            tag => Body::number(tag, decode(&frame[read..]).0),
        };
        Some((body, 4 + length))
    }
}

/// Writes the length once it is known, and counts `more` bytes that follow.
fn framed(block: &mut Vec<u8>, more: usize, write: impl FnOnce(&mut Vec<u8>)) {
    let start = block.len();
    block.extend_from_slice(&[0; 4]);
    write(block);
    let length = u32::try_from(block.len() - start - 4 + more).expect("below 4 GiB");
    block[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

fn encode(block: &mut Vec<u8>, value: impl serde::Serialize) {
    bincode::serde::encode_into_std_write(value, block, bincode::config::standard())
        .expect("it serialises");
}

fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> (T, usize) {
    bincode::serde::borrow_decode_from_slice(bytes, bincode::config::standard())
        .expect("it was serialised so")
}

/// A line each.
pub(super) struct Json;

impl Format for Json {
    fn number(block: &mut Vec<u8>, tag: &str, n: u64) {
        serde_json::to_writer(&mut *block, &(TO, tag, n)).expect("it serialises");
        block.push(b'\n');
    }

    fn bytes(block: &mut Vec<u8>, payload: &Bytes) {
        let text = STANDARD.encode(payload);
        serde_json::to_writer(&mut *block, &(TO, "bytes", text)).expect("it serialises");
        block.push(b'\n');
    }

    fn head(_: &mut Vec<u8>, _: &Bytes) -> bool {
        false
    }

    fn parse(bytes: &[u8]) -> Option<(Body, usize)> {
        let length = memchr::memchr(b'\n', bytes)?;
        let line = &bytes[..length];
        let body = if line.ends_with(b"\"]") {
            let (_, _, text): (&str, &str, &str) = json(line);
            Body::Bytes(STANDARD.decode(text).expect("it is base64").len())
        } else {
            let (_, tag, n): (&str, &str, u64) = json(line);
            Body::number(tag, n)
        };
        Some((body, length + 1))
    }
}

fn json<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> T {
    serde_json::from_slice(line).expect("it was serialised so")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Bincode, Body, Format, Json};

    fn both<F: Format>() {
        let mut block = Vec::new();
        F::number(&mut block, "add", 7);
        F::bytes(&mut block, &Bytes::from_static(b"\x00\xff\n\"]"));
        F::number(&mut block, "sum", 9);
        let (first, length) = F::parse(&block).expect("it is whole");
        assert!(matches!(first, Body::Add(7)));
        let rest = &block[length..];
        let (second, length) = F::parse(rest).expect("it is whole");
        assert!(matches!(second, Body::Bytes(5)));
        let rest = &rest[length..];
        assert!(matches!(F::parse(rest), Some((Body::Sum(9), length)) if length == rest.len()));
        assert!(F::parse(&rest[..rest.len() - 1]).is_none(), "it is not whole");
    }

    #[test]
    fn what_is_written_is_read() {
        both::<Bincode>();
        both::<Json>();
    }

    #[test]
    fn bytes_may_follow_their_head() {
        let payload = Bytes::from_static(b"payload");
        let (mut whole, mut parts) = (Vec::new(), Vec::new());
        Bincode::bytes(&mut whole, &payload);
        assert!(Bincode::head(&mut parts, &payload));
        parts.extend_from_slice(&payload);
        assert_eq!(whole, parts);
    }
}
