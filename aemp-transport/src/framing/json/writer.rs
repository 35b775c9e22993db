//! [`Writer`]: how the parts of a value are written, as the protocol wants it: bytes as characters up to
//! U+00FF, and non-finite floats as strings.

use serde::Serialize;

use crate::framing::serialize::{Head, Write};
use crate::lenient::float_text;

/// Writes JSON.
pub(super) struct Writer;

impl Write for Writer {
    const HAS_LENGTHS: bool = false;

    fn null(out: &mut Vec<u8>) {
        out.extend_from_slice(b"null");
    }

    fn truth(truth: bool, out: &mut Vec<u8>) {
        write_scalar(truth, out);
    }

    fn signed(number: i64, out: &mut Vec<u8>) {
        write_scalar(number, out);
    }

    fn unsigned(number: u64, out: &mut Vec<u8>) {
        write_scalar(number, out);
    }

    fn float(number: f64, out: &mut Vec<u8>) {
        if number.is_finite() {
            write_scalar(number, out);
        } else {
            Self::text(&float_text(number), out);
        }
    }

    fn short_float(number: f32, out: &mut Vec<u8>) {
        if number.is_finite() {
            write_scalar(number, out);
        } else {
            Self::float(number.into(), out);
        }
    }

    fn text(text: &str, out: &mut Vec<u8>) {
        write_scalar(text, out);
    }

    fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
        write_bytes(bytes, out);
    }

    fn key(name: &str, out: &mut Vec<u8>) {
        Self::text(name, out);
        out.push(b':');
    }

    fn head(head: Head, _length: usize, out: &mut Vec<u8>) {
        out.push(if head == Head::Map { b'{' } else { b'[' });
    }

    fn separator(out: &mut Vec<u8>) {
        out.push(b',');
    }

    fn end(head: Head, out: &mut Vec<u8>) {
        out.push(if head == Head::Map { b'}' } else { b']' });
    }
}

fn write_scalar<T: Serialize>(value: T, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(out, &value);
    debug_assert!(written.is_ok(), "a scalar always has a JSON text");
}

/// Appends bytes as a string, one character per byte.
fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for piece in bytes.chunks(PIECE) {
        let (mut text, mut end) = ([0; 6 * PIECE], 0);
        for &byte in piece {
            let escape = ESCAPES[usize::from(byte)];
            if escape == 0 {
                // A character of one byte, or of two; the second is overwritten if there is none.
                let wide = byte >> 7;
                let first = if wide == 1 { 0xc0 | byte >> 6 } else { byte };
                text[end] = first;
                text[end + 1] = 0x80 | byte & 0x3f;
                end += 1 + usize::from(wide);
            } else if escape == b'u' {
                let digits = b"0123456789abcdef";
                let low = digits[usize::from(byte & 0xf)];
                text[end..end + 6].copy_from_slice(&[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    b'0' + (byte >> 4),
                    low,
                ]);
                end += 6;
            } else {
                text[end..end + 2].copy_from_slice(&[b'\\', escape]);
                end += 2;
            }
        }
        out.extend_from_slice(&text[..end]);
    }
    out.push(b'"');
}

/// So many bytes are written at once.
const PIECE: usize = 64;

/// What stands behind the backslash for a byte that cannot stand for itself.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escapes[byte] = b'u';
        byte += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0a] = b'n';
    escapes[0x0c] = b'f';
    escapes[0x0d] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};
