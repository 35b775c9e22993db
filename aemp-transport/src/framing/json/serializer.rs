//! Any `Serialize` to JSON text, as the protocol wants it: bytes as characters up to U+00FF,
//! non-finite floats as strings, and a message as elements of an array that is open already.

use serde::Serialize;
use serde::ser::Serializer;

use super::compound::{Brackets, Compound};
use crate::framing::EncodeError;
use crate::lenient::float_text;
use crate::value::{SOME, Written};

/// Where the serialised thing stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// The whole message: writes its elements, a comma before each.
    Message,
    /// A value, for which whatever goes before it is written.
    Inside,
}

pub(super) struct JsonSerializer<'a> {
    out: &'a mut Vec<u8>,
    place: Place,
}

impl<'a> JsonSerializer<'a> {
    /// Writes the elements of a message, each with a comma before it.
    pub(super) fn message(out: &'a mut Vec<u8>) -> Self {
        Self { out, place: Place::Message }
    }

    /// Writes one value.
    pub(super) fn value(out: &'a mut Vec<u8>) -> Self {
        Self { out, place: Place::Inside }
    }

    /// Where to write a value, which is the message's only element if it is the message.
    fn single(self) -> &'a mut Vec<u8> {
        if self.place == Place::Message {
            self.out.push(b',');
        }
        self.out
    }

    fn sequence(self) -> Compound<'a> {
        match self.place {
            Place::Message => Compound::elements(self.out),
            Place::Inside => Compound::open(self.out, Brackets::List),
        }
    }

    fn scalar<T: Serialize>(self, value: T) -> Result<Written, EncodeError> {
        write_scalar(value, self.single());
        Ok(Written::Value)
    }

    fn variant(self, variant: &str) -> &'a mut Vec<u8> {
        let out = self.single();
        out.push(b'{');
        write_string(variant, out);
        out.push(b':');
        out
    }
}

/// Appends a string with its quotes.
pub(super) fn write_string(text: &str, out: &mut Vec<u8>) {
    write_scalar(text, out);
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

macro_rules! scalars {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, value: $kind) -> Result<Written, EncodeError> {
            self.scalar(value)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, number: $kind) -> Result<Written, EncodeError> {
            if number.is_finite() {
                self.scalar(number)
            } else {
                self.scalar(float_text(number.into()))
            }
        }
    )*};
}

macro_rules! wide_integers {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, number: $kind) -> Result<Written, EncodeError> {
            match (i64::try_from(number), u64::try_from(number)) {
                (Ok(number), _) => self.scalar(number),
                (_, Ok(number)) => self.scalar(number),
                _ => self.scalar(number.to_string()),
            }
        }
    )*};
}

impl<'a> Serializer for JsonSerializer<'a> {
    type Ok = Written;
    type Error = EncodeError;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    scalars! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }

    floats! { serialize_f32(f32) serialize_f64(f64) }

    wide_integers! { serialize_i128(i128) serialize_u128(u128) }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Written, EncodeError> {
        write_bytes(bytes, self.single());
        Ok(Written::Value)
    }

    fn serialize_none(self) -> Result<Written, EncodeError> {
        self.scalar(())?;
        Ok(Written::Null { bytes: b"null".len() })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Written, EncodeError> {
        let Self { out, place } = self;
        let written = value.serialize(JsonSerializer { out: &mut *out, place })?;
        let Written::Null { bytes } = written else { return Ok(written) };
        let start = out.len() - bytes;
        let mut head = vec![b'{'];
        write_string(SOME, &mut head);
        head.push(b':');
        out.splice(start..start, head);
        out.push(b'}');
        Ok(Written::Null { bytes: out.len() - start })
    }

    fn serialize_unit(self) -> Result<Written, EncodeError> {
        match self.place {
            Place::Message => Ok(Written::Value),
            Place::Inside => self.serialize_none(),
        }
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Written, EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Written, EncodeError> {
        self.scalar(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Written, EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Written, EncodeError> {
        let out = self.variant(variant);
        value.serialize(JsonSerializer::value(out))?;
        out.push(b'}');
        Ok(Written::Value)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'a>, EncodeError> {
        Ok(self.sequence())
    }

    fn serialize_tuple(self, _len: usize) -> Result<Compound<'a>, EncodeError> {
        Ok(self.sequence())
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, EncodeError> {
        Ok(self.sequence())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, EncodeError> {
        Ok(Compound::open(self.variant(variant), Brackets::ListVariant))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'a>, EncodeError> {
        Ok(Compound::open(self.single(), Brackets::Map))
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, EncodeError> {
        Ok(Compound::open(self.single(), Brackets::Map))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'a>, EncodeError> {
        Ok(Compound::open(self.variant(variant), Brackets::MapVariant))
    }
}
