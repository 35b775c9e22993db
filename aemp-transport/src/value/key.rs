//! Map keys: whatever has an obvious text becomes a string, anything else is refused.

use std::fmt::Display;
use std::marker::PhantomData;

use serde::Serialize;
use serde::ser::{Error, Impossible, Serializer};

use crate::lenient::float_text;

/// A serializer for map keys that hands the key's text to `write`, once.
///
/// Strings are themselves; numbers, booleans, characters and unit variants become strings, as
/// everywhere in the world of JSON. Other keys are an error.
pub(crate) struct KeySerializer<F, E> {
    write: F,
    error: PhantomData<E>,
}

impl<F, E> KeySerializer<F, E> {
    pub(crate) fn new(write: F) -> Self {
        Self { write, error: PhantomData }
    }
}

impl<F, E> KeySerializer<F, E> {
    fn text<R>(self, text: impl Display) -> Result<R, E>
    where
        F: FnOnce(&str) -> R,
    {
        Ok((self.write)(&text.to_string()))
    }
}

fn refused<T, E: Error>() -> Result<T, E> {
    Err(E::custom("a map key must be a string, a number, a boolean, a character or a unit variant"))
}

macro_rules! text_keys {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, key: $kind) -> Result<R, E> {
            self.text(key)
        }
    )*};
}

impl<R, F: FnOnce(&str) -> R, E: Error> Serializer for KeySerializer<F, E> {
    type Ok = R;
    type Error = E;
    type SerializeSeq = Impossible<R, E>;
    type SerializeTuple = Impossible<R, E>;
    type SerializeTupleStruct = Impossible<R, E>;
    type SerializeTupleVariant = Impossible<R, E>;
    type SerializeMap = Impossible<R, E>;
    type SerializeStruct = Impossible<R, E>;
    type SerializeStructVariant = Impossible<R, E>;

    text_keys! {
        serialize_bool(bool) serialize_char(char)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_u128(u128)
    }

    fn serialize_f32(self, key: f32) -> Result<R, E> {
        self.serialize_f64(key.into())
    }

    fn serialize_f64(self, key: f64) -> Result<R, E> {
        self.text(float_text(key))
    }

    fn serialize_str(self, key: &str) -> Result<R, E> {
        Ok((self.write)(key))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<R, E> {
        Ok((self.write)(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        key: &T,
    ) -> Result<R, E> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<R, E> {
        key.serialize(self)
    }

    fn serialize_none(self) -> Result<R, E> {
        refused()
    }

    fn serialize_bytes(self, _key: &[u8]) -> Result<R, E> {
        refused()
    }

    fn serialize_unit(self) -> Result<R, E> {
        refused()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<R, E> {
        refused()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<R, E> {
        refused()
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, E> {
        refused()
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, E> {
        refused()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, E> {
        refused()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, E> {
        refused()
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, E> {
        refused()
    }

    fn serialize_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStruct, E> {
        refused()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, E> {
        refused()
    }
}
