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
        let (mut text, mut end) = ([0; CHARACTER * (PIECE + 1)], 0);
        for &byte in piece {
            // All of it, whatever its length: there is no branch to be guessed wrong.
            let (character, length) = CHARACTERS[usize::from(byte)];
            text[end..end + CHARACTER].copy_from_slice(&character);
            end += length;
        }
        out.extend_from_slice(&text[..end]);
    }
    out.push(b'"');
}

/// So many bytes are written at once.
const PIECE: usize = 64;

/// Room for the text of a character: a word.
const CHARACTER: usize = 8;

/// What is written for each byte, and how many bytes of text that is.
const CHARACTERS: [([u8; CHARACTER], usize); 256] = {
    let digits = b"0123456789abcdef";
    let mut characters = [([0; CHARACTER], 1); 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let (text, length) = &mut characters[at];
        let escape = match byte {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            b'"' | b'\\' => byte,
            _ => 0,
        };
        if escape != 0 {
            (text[0], text[1]) = (b'\\', escape);
            *length = 2;
        } else if byte < 0x20 {
            (text[0], text[1], text[2], text[3]) = (b'\\', b'u', b'0', b'0');
            (text[4], text[5]) = (b'0' + (byte >> 4), digits[(byte & 0xf) as usize]);
            *length = 6;
        } else if byte < 0x80 {
            text[0] = byte;
        } else {
            (text[0], text[1]) = (0xc0 | byte >> 6, 0x80 | byte & 0x3f);
            *length = 2;
        }
        at += 1;
    }
    characters
};
