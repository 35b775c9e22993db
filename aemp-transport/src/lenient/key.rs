//! Map keys, which are texts: of whatever kind of key is asked for.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, Visitor};

use super::deserializer::Lenient;
use super::enums::EnumVisitor;
use super::visitor::{LenientVisitor, Want};

/// A map key: as [`Lenient`], and a boolean may be spelt out, and what is no plain text is the text of
/// its JSON, as the encoder writes them.
pub(crate) struct LenientKey<D>(pub(crate) D);

macro_rules! as_lenient {
    ($($method:ident())*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            Lenient(self.0).$method(visitor)
        }
    )*};
}

macro_rules! from_json {
    ($($method:ident($($name:ident: $kind:ty),*) $want:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $kind,)* visitor: V)
            -> Result<V::Value, D::Error>
        {
            self.0.deserialize_any(Text { visitor, asks: Asks::For(Want::$want) })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for LenientKey<D> {
    type Error = D::Error;

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(LenientVisitor::new(visitor, Want::BoolKey))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Text { visitor, asks: Asks::ForOption })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Text { visitor, asks: Asks::ForOneOf(variants) })
    }

    as_lenient! {
        deserialize_any() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
        deserialize_u128() deserialize_f32() deserialize_f64() deserialize_char() deserialize_str()
        deserialize_string() deserialize_bytes() deserialize_byte_buf() deserialize_identifier()
        deserialize_ignored_any()
    }

    from_json! {
        deserialize_unit() Any
        deserialize_unit_struct(_name: &'static str) Any
        deserialize_map() Any
        deserialize_struct(_name: &'static str, _fields: &'static [&'static str]) Any
        deserialize_seq() List
        deserialize_tuple(_len: usize) List
        deserialize_tuple_struct(_name: &'static str, _len: usize) List
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// What the type of the key asks for.
enum Asks {
    For(Want),
    ForOption,
    ForOneOf(&'static [&'static str]),
}

/// The text of a key that is no plain text.
struct Text<V> {
    visitor: V,
    asks: Asks,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Text<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        let Self { visitor, asks } = self;
        let is_variant = matches!(asks, Asks::ForOneOf(variants) if variants.contains(&text));
        let json = serde_json::from_str::<serde_json::Value>(text).ok().filter(|_| !is_variant);
        let Some(json) = json else {
            // Foreign nodes know nothing of JSON in keys.
            let text: StrDeserializer<'_, E> = text.into_deserializer();
            return match asks {
                Asks::For(want) => text.deserialize_any(LenientVisitor::new(visitor, want)),
                Asks::ForOption => visitor.visit_some(LenientKey(text)),
                Asks::ForOneOf(_) => text.deserialize_any(EnumVisitor(visitor)),
            };
        };
        match asks {
            Asks::For(want) => json.deserialize_any(LenientVisitor::new(visitor, want)),
            Asks::ForOption => Lenient(json).deserialize_option(visitor),
            Asks::ForOneOf(_) => json.deserialize_any(EnumVisitor(visitor)),
        }
        .map_err(E::custom)
    }
}
