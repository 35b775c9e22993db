//! Enums: a bare variant name (any kind of string, or a number's text), or a map of one variant.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{EnumAccess, Error, IntoDeserializer, MapAccess, Visitor};

use super::access::LenientEnum;
use super::text::{float_text, latin1};

pub(super) struct EnumVisitor<V>(pub(super) V);

impl<'de, V: Visitor<'de>> Visitor<'de> for EnumVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<V::Value, E> {
        self.0.visit_bool(truth)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<V::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<V::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<V::Value, E> {
        self.visit_str(&float_text(number))
    }

    fn visit_str<E: Error>(self, variant: &str) -> Result<V::Value, E> {
        self.0.visit_enum(LenientEnum(variant.into_deserializer()))
    }

    fn visit_bytes<E: Error>(self, variant: &[u8]) -> Result<V::Value, E> {
        self.visit_str(&latin1(variant))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(LenientEnum(MapAccessDeserializer::new(map)))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(LenientEnum(access))
    }
}
