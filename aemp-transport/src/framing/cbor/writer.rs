//! [`Writer`]: how the parts of a value are written.

use super::head;
use crate::framing::serialize::{Head, Write};

pub(in crate::framing) struct Writer;

/// The first bytes of what has no number.
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
pub(super) const NULL: u8 = 0xf6;
const F32: u8 = 0xfa;
const F64: u8 = 0xfb;

impl Write for Writer {
    const HAS_LENGTHS: bool = true;

    fn null(out: &mut Vec<u8>) {
        out.push(NULL);
    }

    fn truth(truth: bool, out: &mut Vec<u8>) {
        out.push(if truth { TRUE } else { FALSE });
    }

    fn signed(number: i64, out: &mut Vec<u8>) {
        match u64::try_from(number) {
            Ok(number) => head::write(head::UNSIGNED, number, out),
            // What is less than -1, in two's complement.
            Err(_) => head::write(head::NEGATIVE, !number as u64, out),
        }
    }

    fn unsigned(number: u64, out: &mut Vec<u8>) {
        head::write(head::UNSIGNED, number, out);
    }

    fn float(number: f64, out: &mut Vec<u8>) {
        let short = number as f32;
        if f64::from(short).to_bits() == number.to_bits() {
            out.push(F32);
            out.extend_from_slice(&short.to_be_bytes());
        } else {
            out.push(F64);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn text(text: &str, out: &mut Vec<u8>) {
        // usize has at most 64 bits on every platform that Rust supports.
        head::write(head::TEXT, text.len() as u64, out);
        out.extend_from_slice(text.as_bytes());
    }

    fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
        head::write(head::BYTES, bytes.len() as u64, out);
        out.extend_from_slice(bytes);
    }

    fn key(name: &str, out: &mut Vec<u8>) {
        Self::text(name, out);
    }

    fn head(head: Head, length: usize, out: &mut Vec<u8>) {
        let major = match head {
            Head::List => head::ARRAY,
            Head::Map => head::MAP,
            Head::ByteList => head::BYTES,
        };
        head::write(major, length as u64, out);
    }
}
