//! Numbers as bincode 2 writes them (standard configuration: varint, little endian).
//!
//! The only file that knows the crate `bincode`, which is pinned to 2.0.1: 3.0.0 is an empty
//! tombstone. The format itself is pinned by `tests/vectors/bincode.json`, so that a maintained
//! crate of the same format, such as `wincode`, can take its place here.

use bincode::config::{self, Configuration};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use bincode::{Decode, Encode};

const FORMAT: Configuration = config::standard();

/// A number that does not come whole, or is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed;

struct Appending<'a>(&'a mut Vec<u8>);

impl Writer for Appending<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

fn put<T: Encode>(value: T, out: &mut Vec<u8>) {
    let written = bincode::encode_into_writer(value, Appending(out), FORMAT);
    debug_assert!(written.is_ok(), "a number always has an encoding");
}

fn take<T: Decode<()>>(bytes: &mut &[u8]) -> Result<T, Malformed> {
    let (value, taken) = bincode::decode_from_slice(bytes, FORMAT).map_err(|_| Malformed)?;
    *bytes = bytes.get(taken..).ok_or(Malformed)?;
    Ok(value)
}

pub(super) fn put_unsigned(number: u64, out: &mut Vec<u8>) {
    put(number, out);
}

pub(super) fn put_signed(number: i64, out: &mut Vec<u8>) {
    put(number, out);
}

pub(super) fn put_float(number: f64, out: &mut Vec<u8>) {
    put(number, out);
}

pub(super) fn take_unsigned(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    take(bytes)
}

pub(super) fn take_signed(bytes: &mut &[u8]) -> Result<i64, Malformed> {
    take(bytes)
}

pub(super) fn take_float(bytes: &mut &[u8]) -> Result<f64, Malformed> {
    take(bytes)
}
