//! What is in a `Some`: a null in it comes wrapped, as [`crate::value`] says.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{
    BorrowedBytesDeserializer, BorrowedStrDeserializer, BytesDeserializer, MapAccessDeserializer,
    MapDeserializer, SeqAccessDeserializer, SeqDeserializer,
};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::deserializer::Lenient;
use super::visitor::{LenientVisitor, Want};
use crate::value::{SOME, Value};

/// As [`Lenient`], and a wrapped null is unwrapped for whoever can take a null.
pub(super) struct InSome<D>(pub(super) D);

macro_rules! as_lenient {
    ($($method:ident($($name:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V)
            -> Result<V::Value, D::Error>
        {
            Lenient(self.0).$method($($name,)* visitor)
        }
    )*};
}

macro_rules! others {
    () => {
        as_lenient! {
            deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32()
            deserialize_i64() deserialize_i128() deserialize_u8() deserialize_u16()
            deserialize_u32() deserialize_u64() deserialize_u128() deserialize_f32()
            deserialize_f64() deserialize_char() deserialize_str() deserialize_string()
            deserialize_bytes() deserialize_byte_buf() deserialize_seq() deserialize_map()
            deserialize_identifier() deserialize_ignored_any()
            deserialize_tuple(len: usize)
            deserialize_tuple_struct(name: &'static str, len: usize)
            deserialize_struct(name: &'static str, fields: &'static [&'static str])
            deserialize_enum(name: &'static str, variants: &'static [&'static str])
        }

        fn deserialize_newtype_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            visitor.visit_newtype_struct(self)
        }

        fn is_human_readable(&self) -> bool {
            self.0.is_human_readable()
        }
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for InSome<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Unwrapping(LenientVisitor::new(visitor, Want::Any)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Unwrapping(OptionVisitor(visitor)))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_any(visitor)
    }

    others! {}
}

/// As [`Lenient`], of what is no null, in however many options.
struct NotNull<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for NotNull<D> {
    type Error = D::Error;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    as_lenient! {
        deserialize_any() deserialize_unit() deserialize_unit_struct(name: &'static str)
    }

    others! {}
}

/// Gives the visitor the null that was wrapped, and all else as it is.
struct Unwrapping<V>(V);

macro_rules! passed_on {
    ($($method:ident($kind:ty))*) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Unwrapping<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    passed_on! {
        visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64)
        visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let begun = Begun::new(map)?;
        if begun.wrapped() == Some(&Value::Null) {
            return self.0.visit_unit();
        }
        self.0.visit_map(begun)
    }
}

/// An `Option` in a `Some`.
struct OptionVisitor<V>(V);

macro_rules! some {
    ($($method:ident($kind:ty) $deserializer:path)*) => {$(
        fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
            self.0.visit_some(NotNull($deserializer(value)))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for OptionVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    some! {
        visit_bool(bool) IntoDeserializer::into_deserializer
        visit_i64(i64) IntoDeserializer::into_deserializer
        visit_u64(u64) IntoDeserializer::into_deserializer
        visit_f64(f64) IntoDeserializer::into_deserializer
        visit_str(&str) IntoDeserializer::into_deserializer
        visit_borrowed_str(&'de str) BorrowedStrDeserializer::new
        visit_string(String) IntoDeserializer::into_deserializer
        visit_bytes(&[u8]) BytesDeserializer::new
        visit_borrowed_bytes(&'de [u8]) BorrowedBytesDeserializer::new
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.0.visit_some(NotNull(SeqAccessDeserializer::new(seq)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let mut begun = Begun::new(map)?;
        match begun.wrapped() {
            Some(Value::Null) => self.0.visit_none(),
            Some(inner) if is_null(inner) => {
                let inner = begun.first.take().map(|(_, value)| value).unwrap_or_default();
                self.0.visit_some(InSome(Owned::new(inner)))
            }
            _ => self.0.visit_some(NotNull(MapAccessDeserializer::new(begun))),
        }
    }
}

/// A map of which the name of the first entry was read; its value, too, if it may be a wrapped null.
struct Begun<A> {
    first: Option<(String, Value)>,
    name: Option<String>,
    rest: A,
    ended: bool,
}

impl<'de, A: MapAccess<'de>> Begun<A> {
    fn new(mut rest: A) -> Result<Self, A::Error> {
        let mut first = None;
        let mut name = rest.next_key()?;
        if name.as_deref() == Some(SOME) {
            first = Some((SOME.to_owned(), rest.next_value()?));
            name = rest.next_key()?;
        }
        let ended = name.is_none();
        Ok(Self { first, name, rest, ended })
    }

    /// What is wrapped, if this is the map of one.
    fn wrapped(&self) -> Option<&Value> {
        self.first.as_ref().map(|(_, value)| value).filter(|_| self.ended)
    }
}

/// Whether this is a null, wrapped or not.
fn is_null(value: &Value) -> bool {
    match value {
        Value::Map(entries) => entries.len() == 1 && entries.get(SOME).is_some_and(is_null),
        other => other.is_null(),
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Begun<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        if let Some((name, _)) = &self.first {
            return seed.deserialize(name.as_str().into_deserializer()).map(Some);
        }
        match self.name.take() {
            Some(name) => seed.deserialize(name.into_deserializer()).map(Some),
            None if self.ended => Ok(None),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match self.first.take() {
            Some((_, value)) => seed.deserialize(Owned::new(value)),
            None => self.rest.next_value_seed(seed),
        }
    }
}

/// A deserializer that has its value.
struct Owned<E> {
    value: Value,
    error: PhantomData<E>,
}

impl<E> Owned<E> {
    fn new(value: Value) -> Self {
        Self { value, error: PhantomData }
    }
}

impl<'de, E: Error> Deserializer<'de> for Owned<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Int(number) => visitor.visit_i64(number),
            Value::UInt(number) => visitor.visit_u64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Str(text) => visitor.visit_string(text),
            Value::Bytes(bytes) => visitor.visit_bytes(&bytes),
            Value::List(list) => {
                SeqDeserializer::new(list.into_iter().map(Self::new)).deserialize_any(visitor)
            }
            Value::Map(entries) => {
                let entries = entries.into_iter().map(|(name, value)| (name, Self::new(value)));
                MapDeserializer::new(entries).deserialize_any(visitor)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, E: Error> IntoDeserializer<'de, E> for Owned<E> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
