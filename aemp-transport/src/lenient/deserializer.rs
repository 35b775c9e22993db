//! [`Lenient`]: asks the inner deserializer what is there, and converts what may be converted.

use serde::de::{Deserializer, Visitor};

use super::enums::EnumVisitor;
use super::visitor::{LenientVisitor, Want};

/// A deserializer that takes numbers for strings and strings for numbers, recursively.
///
/// Wraps any self-describing deserializer. What is forgiven, all of it:
///
/// - an integer or a float accepts a string of digits; a float also `"NaN"`, `"inf"` and `"-inf"`;
///   an integer also a float without a fraction;
/// - a string (and a character, and an enum's variant) accepts a number, as its shortest text, and
///   a byte string, one character per byte;
/// - a boolean accepts 0 and 1, `"0"`, `"1"` and `""`;
/// - bytes (`deserialize_bytes`) accept a string whose characters are all up to U+00FF, one byte
///   each, and a list of numbers up to 255;
/// - a list or a tuple of numbers accepts bytes, one number each, and one of `u8` also a string
///   whose characters are all up to U+00FF: a `Vec<u8>` travels as bytes in binary framings;
/// - map keys are strings that read as whatever kind of number or boolean is asked for, or as the JSON
///   of anything else.
///
/// What is null in a `Some` is read from `{"Some": null}`, as it is written.
///
/// What serde buffers for itself before it decides (untagged and internally tagged enums,
/// `#[serde(flatten)]`) is decoded strictly. In there map keys have to be strings, integers in the range
/// of 64 bits, and options one deep; through the binary framings, bytes have to be a `Bytes`, and no
/// `Vec<u8>`; through JSON, the other way round, and floats have to be finite.
#[derive(Clone, Copy, Debug)]
pub struct Lenient<D>(pub D);

macro_rules! wanting {
    ($($method:ident $want:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.deserialize_any(LenientVisitor::new(visitor, Want::$want))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Lenient<D> {
    type Error = D::Error;

    wanting! {
        deserialize_any Any
        deserialize_bool Bool
        deserialize_i8 Integer deserialize_i16 Integer deserialize_i32 Integer
        deserialize_i64 Integer deserialize_i128 Integer
        deserialize_u8 Integer deserialize_u16 Integer deserialize_u32 Integer
        deserialize_u64 Integer deserialize_u128 Integer
        deserialize_f32 Float deserialize_f64 Float
        deserialize_char Text deserialize_str Text deserialize_string Text
        deserialize_identifier Text
        deserialize_bytes Bytes deserialize_byte_buf Bytes
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(LenientVisitor::new(visitor, Want::Any))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit(LenientVisitor::new(visitor, Want::Any))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, LenientVisitor::new(visitor, Want::Any))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(LenientVisitor::new(visitor, Want::List))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(LenientVisitor::new(visitor, Want::List))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(LenientVisitor::new(visitor, Want::List))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(LenientVisitor::new(visitor, Want::Any))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, LenientVisitor::new(visitor, Want::Any))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(EnumVisitor(visitor))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_ignored_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}
