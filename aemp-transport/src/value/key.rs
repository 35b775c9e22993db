//! Map keys: whatever has an obvious text becomes a string, anything else the text of its JSON.

use std::fmt::Display;
use std::marker::PhantomData;

use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::ser::{ListBuilder, Made, MapBuilder, Tagged, ValueSerializer};
use super::{Value, ValueError};
use crate::framing::json_text;
use crate::lenient::{float_text, latin1};

/// A serializer for map keys that hands the key's text to `write`, once.
///
/// Strings are themselves; numbers, booleans, characters and unit variants become strings, as
/// everywhere in the world of JSON, and bytes one character each. All others (tuples, structs,
/// options, variants with fields) are the text of their JSON: `"[1,2]"`.
pub(crate) struct KeySerializer<F, E> {
    write: F,
    error: PhantomData<E>,
}

impl<F, E> KeySerializer<F, E> {
    pub(crate) fn new(write: F) -> Self {
        Self { write, error: PhantomData }
    }
}

impl<F, E: Error> KeySerializer<F, E> {
    fn text<R>(self, text: impl Display) -> Result<R, E>
    where
        F: FnOnce(&str) -> R,
    {
        Ok((self.write)(&text.to_string()))
    }

    fn json<R>(self, made: Result<Made, ValueError>) -> Result<R, E>
    where
        F: FnOnce(&str) -> R,
    {
        let text = json_text(&made.map_err(E::custom)?.value).map_err(E::custom)?;
        Ok((self.write)(&text))
    }

    fn compound<B>(self, builder: Result<B, ValueError>) -> Result<Compound<B, F, E>, E> {
        Ok(Compound { builder: builder.map_err(E::custom)?, key: self })
    }
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
    type SerializeSeq = Compound<ListBuilder, F, E>;
    type SerializeTuple = Compound<ListBuilder, F, E>;
    type SerializeTupleStruct = Compound<ListBuilder, F, E>;
    type SerializeTupleVariant = Compound<Tagged<ListBuilder>, F, E>;
    type SerializeMap = Compound<MapBuilder, F, E>;
    type SerializeStruct = Compound<MapBuilder, F, E>;
    type SerializeStructVariant = Compound<Tagged<MapBuilder>, F, E>;

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

    fn serialize_bytes(self, key: &[u8]) -> Result<R, E> {
        Ok((self.write)(&latin1(key)))
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
        self.json(ValueSerializer::inside().serialize_some(key))
    }

    fn serialize_none(self) -> Result<R, E> {
        self.json(Ok(Value::Null.into()))
    }

    fn serialize_unit(self) -> Result<R, E> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<R, E> {
        self.serialize_none()
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<R, E> {
        self.json(ValueSerializer::inside().serialize_newtype_variant(name, index, variant, value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, E> {
        self.compound(ValueSerializer::inside().serialize_seq(len))
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, E> {
        self.compound(ValueSerializer::inside().serialize_tuple(len))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, E> {
        self.compound(ValueSerializer::inside().serialize_tuple_struct(name, len))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, E> {
        let inside = ValueSerializer::inside();
        self.compound(inside.serialize_tuple_variant(name, index, variant, len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, E> {
        self.compound(ValueSerializer::inside().serialize_map(len))
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, E> {
        self.compound(ValueSerializer::inside().serialize_struct(name, len))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, E> {
        let inside = ValueSerializer::inside();
        self.compound(inside.serialize_struct_variant(name, index, variant, len))
    }
}

/// A key of several parts, while it is made.
pub(crate) struct Compound<B, F, E> {
    builder: B,
    key: KeySerializer<F, E>,
}

macro_rules! compounds {
    ($($kind:ident for $builder:ty { $($method:ident($($name:ident: $ty:ty)?))* })*) => {$(
        impl<R, F: FnOnce(&str) -> R, E: Error> $kind for Compound<$builder, F, E> {
            type Ok = R;
            type Error = E;

            $(
                fn $method<T: Serialize + ?Sized>(
                    &mut self,
                    $($name: $ty,)?
                    part: &T,
                ) -> Result<(), E> {
                    $kind::$method(&mut self.builder, $($name,)? part).map_err(E::custom)
                }
            )*

            fn end(self) -> Result<R, E> {
                self.key.json($kind::end(self.builder))
            }
        }
    )*};
}

compounds! {
    SerializeSeq for ListBuilder { serialize_element() }
    SerializeTuple for ListBuilder { serialize_element() }
    SerializeTupleStruct for ListBuilder { serialize_field() }
    SerializeTupleVariant for Tagged<ListBuilder> { serialize_field() }
    SerializeMap for MapBuilder { serialize_key() serialize_value() }
    SerializeStruct for MapBuilder { serialize_field(name: &'static str) }
    SerializeStructVariant for Tagged<MapBuilder> { serialize_field(name: &'static str) }
}
