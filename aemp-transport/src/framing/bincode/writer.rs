//! [`Writer`]: how the parts of a value are written.

use super::primitive::{put_float, put_signed, put_unsigned};
use super::tag;
use crate::framing::serialize::{Head, Write};

/// Writes values; with `KEPT`, sequences of `u8` so that they can be told from other bytes.
pub(in crate::framing) struct Writer<const KEPT: bool>;

fn put_length(length: usize, out: &mut Vec<u8>) {
    // usize has at most 64 bits on every platform that Rust supports.
    put_unsigned(length as u64, out);
}

fn put_content(content: &[u8], out: &mut Vec<u8>) {
    put_length(content.len(), out);
    out.extend_from_slice(content);
}

impl<const KEPT: bool> Write for Writer<KEPT> {
    const HAS_LENGTHS: bool = true;

    fn null(out: &mut Vec<u8>) {
        out.push(tag::NULL);
    }

    fn truth(truth: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&[tag::BOOL, truth.into()]);
    }

    fn signed(number: i64, out: &mut Vec<u8>) {
        out.push(tag::INT);
        put_signed(number, out);
    }

    fn unsigned(number: u64, out: &mut Vec<u8>) {
        out.push(tag::UINT);
        put_unsigned(number, out);
    }

    fn float(number: f64, out: &mut Vec<u8>) {
        out.push(tag::FLOAT);
        put_float(number, out);
    }

    fn text(text: &str, out: &mut Vec<u8>) {
        out.push(tag::STR);
        put_content(text.as_bytes(), out);
    }

    fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
        out.push(tag::BYTES);
        put_content(bytes, out);
    }

    fn key(name: &str, out: &mut Vec<u8>) {
        put_content(name.as_bytes(), out);
    }

    fn head(head: Head, length: usize, out: &mut Vec<u8>) {
        out.push(match head {
            Head::List => tag::LIST,
            Head::Map => tag::MAP,
            Head::ByteList if KEPT => tag::BYTE_LIST,
            Head::ByteList => tag::BYTES,
        });
        put_length(length, out);
    }
}
