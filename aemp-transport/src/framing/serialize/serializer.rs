//! Any `Serialize` to bytes.

use std::marker::PhantomData;

use serde::Serialize;
use serde::ser::Serializer;

use super::compound::Compound;
use super::fold::Fold;
use super::write::{Head, Write};
use crate::framing::EncodeError;
use crate::value::{SOME, Written};

/// Appends the elements of `message`, and gives their number.
pub(in crate::framing) fn write_elements<W: Write, T: Serialize + ?Sized>(
    message: &T,
    out: &mut Vec<u8>,
) -> Result<usize, EncodeError> {
    let mut total = 0;
    let place = Place::Message(&mut total);
    message.serialize(ValueSerializer::<W>::at(out, place))?;
    Ok(total)
}

/// Appends one value.
pub(in crate::framing) fn write_value<W: Write, T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    value.serialize(ValueSerializer::<W>::at(out, Place::Inside)).map(drop)
}

/// Where the serialised thing stands.
pub(super) enum Place<'a> {
    /// The whole message, whose elements are counted.
    Message(&'a mut usize),
    /// An element of a sequence that may become bytes.
    Element(&'a mut Fold),
    /// Any other value.
    Inside,
}

/// Writes a value, or the elements of a message, in the encoding `W`.
pub(super) struct ValueSerializer<'a, W> {
    out: &'a mut Vec<u8>,
    place: Place<'a>,
    encoding: PhantomData<W>,
}

impl<'a, W: Write> ValueSerializer<'a, W> {
    pub(super) fn at(out: &'a mut Vec<u8>, place: Place<'a>) -> Self {
        Self { out, place, encoding: PhantomData }
    }

    /// Where to write a value, which is the message's only element if it is the message.
    fn single(self) -> &'a mut Vec<u8> {
        match self.place {
            Place::Message(total) => {
                *total = 1;
                W::separator(self.out);
            }
            Place::Element(fold) => fold.value::<W>(self.out),
            Place::Inside => {}
        }
        self.out
    }

    fn list(self, length: usize) -> Compound<'a, W> {
        match self.place {
            Place::Message(total) => Compound::message(self.out, total),
            _ => Compound::fixed(self.single(), Head::List, Some(length)),
        }
    }

    fn map(self, length: Option<usize>) -> Compound<'a, W> {
        Compound::fixed(self.single(), Head::Map, length)
    }

    /// Writes the map of an enum variant up to its content.
    fn variant(self, variant: &str) -> &'a mut Vec<u8> {
        let out = self.single();
        W::head(Head::Map, 1, out);
        W::key(variant, out);
        out
    }
}

macro_rules! scalars {
    ($($method:ident($kind:ty) $write:ident)*) => {$(
        fn $method(self, value: $kind) -> Result<Written, EncodeError> {
            W::$write(value.into(), self.single());
            Ok(Written::Value)
        }
    )*};
}

macro_rules! wide_integers {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, number: $kind) -> Result<Written, EncodeError> {
            match (i64::try_from(number), u64::try_from(number)) {
                (Ok(number), _) => W::signed(number, self.single()),
                (_, Ok(number)) => W::unsigned(number, self.single()),
                _ => W::text(&number.to_string(), self.single()),
            }
            Ok(Written::Value)
        }
    )*};
}

impl<'a, W: Write> Serializer for ValueSerializer<'a, W> {
    type Ok = Written;
    type Error = EncodeError;
    type SerializeSeq = Compound<'a, W>;
    type SerializeTuple = Compound<'a, W>;
    type SerializeTupleStruct = Compound<'a, W>;
    type SerializeTupleVariant = Compound<'a, W>;
    type SerializeMap = Compound<'a, W>;
    type SerializeStruct = Compound<'a, W>;
    type SerializeStructVariant = Compound<'a, W>;

    scalars! {
        serialize_bool(bool) truth
        serialize_i8(i8) signed serialize_i16(i16) signed serialize_i32(i32) signed
        serialize_i64(i64) signed serialize_u16(u16) signed serialize_u32(u32) signed
        serialize_f32(f32) short_float serialize_f64(f64) float
        serialize_str(&str) text
    }

    wide_integers! { serialize_u64(u64) serialize_i128(i128) serialize_u128(u128) }

    fn serialize_u8(mut self, number: u8) -> Result<Written, EncodeError> {
        if let Place::Element(fold) = &mut self.place
            && fold.byte::<W>(number, self.out)
        {
            return Ok(Written::Value);
        }
        W::signed(number.into(), self.single());
        Ok(Written::Value)
    }

    fn serialize_char(self, character: char) -> Result<Written, EncodeError> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Written, EncodeError> {
        W::bytes(bytes, self.single());
        Ok(Written::Value)
    }

    fn serialize_none(self) -> Result<Written, EncodeError> {
        let out = self.single();
        let start = out.len();
        W::null(out);
        Ok(Written::Null { bytes: out.len() - start })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Written, EncodeError> {
        let Self { out, place, .. } = self;
        let written = value.serialize(ValueSerializer::<W>::at(&mut *out, place))?;
        let Written::Null { bytes } = written else { return Ok(written) };
        let start = out.len() - bytes;
        let mut head = Vec::new();
        W::head(Head::Map, 1, &mut head);
        W::key(SOME, &mut head);
        out.splice(start..start, head);
        W::end(Head::Map, out);
        Ok(Written::Null { bytes: out.len() - start })
    }

    fn serialize_unit(self) -> Result<Written, EncodeError> {
        match self.place {
            Place::Message(_) => Ok(Written::Value),
            _ => self.serialize_none(),
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
        self.serialize_str(variant)
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
        write_value::<W, T>(value, out)?;
        W::end(Head::Map, out);
        Ok(Written::Value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Compound<'a, W>, EncodeError> {
        Ok(match self.place {
            Place::Message(total) => Compound::message(self.out, total),
            _ => Compound::sequence(self.single(), length),
        })
    }

    fn serialize_tuple(self, length: usize) -> Result<Compound<'a, W>, EncodeError> {
        Ok(self.list(length))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<Compound<'a, W>, EncodeError> {
        Ok(self.list(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Compound<'a, W>, EncodeError> {
        Ok(Compound::variant(self.variant(variant), Head::List, length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Compound<'a, W>, EncodeError> {
        Ok(self.map(length))
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<Compound<'a, W>, EncodeError> {
        Ok(self.map(Some(length)))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Compound<'a, W>, EncodeError> {
        Ok(Compound::variant(self.variant(variant), Head::Map, length))
    }
}
