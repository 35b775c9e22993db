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

/// Below this a number is one byte: most are, and the crate takes longer for them.
const LONG: u64 = 251;

pub(super) fn put_unsigned(number: u64, out: &mut Vec<u8>) {
    match u8::try_from(number) {
        Ok(byte) if number < LONG => out.push(byte),
        _ => put(number, out),
    }
}

pub(super) fn put_signed(number: i64, out: &mut Vec<u8>) {
    // Zigzag: the sign is the lowest bit.
    put_unsigned((number << 1 ^ number >> 63) as u64, out);
}

pub(super) fn put_float(number: f64, out: &mut Vec<u8>) {
    put(number, out);
}

pub(super) fn take_unsigned(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    match bytes.split_first() {
        Some((&byte, rest)) if u64::from(byte) < LONG => {
            *bytes = rest;
            Ok(byte.into())
        }
        _ => take(bytes),
    }
}

pub(super) fn take_signed(bytes: &mut &[u8]) -> Result<i64, Malformed> {
    let number = take_unsigned(bytes)?;
    Ok((number >> 1) as i64 ^ -((number & 1) as i64))
}

pub(super) fn take_float(bytes: &mut &[u8]) -> Result<f64, Malformed> {
    take(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out);
        out
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_the_crate(
            number in prop_oneof![any::<i64>(), -200_i64..200, Just(i64::MIN), Just(i64::MAX)],
        ) {
            let unsigned = number.cast_unsigned();
            let (signed, theirs) = (written(|out| put_signed(number, out)), written(|out| put(number, out)));
            prop_assert_eq!(&signed, &theirs);
            prop_assert_eq!(take_signed(&mut &*signed), Ok(number));
            let (ours, theirs) = (written(|out| put_unsigned(unsigned, out)), written(|out| put(unsigned, out)));
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(take_unsigned(&mut &*ours), Ok(unsigned));
        }
    }
}
