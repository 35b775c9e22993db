//! The visitor that converts: what is wanted is known, what is there is visited.
//!
//! What cannot be converted is passed on as it is, so that the error is the one the type itself
//! gives: `invalid type: string "abc", expected u64`.

use std::fmt;

use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::access::{LenientEnum, LenientMap, LenientSeq};
use super::byte_list::visit_bytes;
use super::deserializer::Lenient;
use super::option::InSome;
use super::text::{Integer, bytes, float_text, latin1, parse_float, parse_integer, whole};

/// What the type asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Want {
    /// Anything, or something that is never converted.
    Any,
    Bool,
    /// A boolean as a map key.
    BoolKey,
    Integer,
    Float,
    Text,
    Bytes,
    /// A list or a tuple.
    List,
}

pub(super) struct LenientVisitor<V> {
    inner: V,
    want: Want,
}

impl<V> LenientVisitor<V> {
    pub(super) fn new(inner: V, want: Want) -> Self {
        Self { inner, want }
    }
}

impl<'de, V: Visitor<'de>> LenientVisitor<V> {
    fn integer<E: Error>(self, number: Integer) -> Result<V::Value, E> {
        match number {
            Integer::Signed(number) => self.inner.visit_i64(number),
            Integer::Unsigned(number) => self.inner.visit_u64(number),
            Integer::Wide(number) => self.inner.visit_i128(number),
            Integer::UnsignedWide(number) => self.inner.visit_u128(number),
        }
    }

    /// Converts a text if it may be converted; else gives it to `otherwise`.
    fn text<E: Error>(
        self,
        text: &str,
        otherwise: impl FnOnce(V) -> Result<V::Value, E>,
    ) -> Result<V::Value, E> {
        match self.want {
            Want::Any | Want::Text => otherwise(self.inner),
            Want::Bool | Want::BoolKey => match (text, self.want) {
                ("" | "0", _) | ("false", Want::BoolKey) => self.inner.visit_bool(false),
                ("1", _) | ("true", Want::BoolKey) => self.inner.visit_bool(true),
                _ => otherwise(self.inner),
            },
            Want::Integer => match parse_integer(text) {
                Some(number) => self.integer(number),
                None => otherwise(self.inner),
            },
            Want::Float => match parse_float(text) {
                Some(number) => self.inner.visit_f64(number),
                None => otherwise(self.inner),
            },
            Want::Bytes => match bytes(text) {
                Some(bytes) => self.inner.visit_byte_buf(bytes),
                None => {
                    Err(E::invalid_value(Unexpected::Str(text), &"bytes (characters up to U+00FF)"))
                }
            },
            Want::List => match bytes(text) {
                Some(bytes) => visit_bytes(&bytes, Some(text), self.inner),
                None => otherwise(self.inner),
            },
        }
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for LenientVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<V::Value, E> {
        self.inner.visit_bool(truth)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<V::Value, E> {
        match (self.want, number) {
            (Want::Text, _) => self.inner.visit_string(number.to_string()),
            (Want::Bool | Want::BoolKey, 0) => self.inner.visit_bool(false),
            (Want::Bool | Want::BoolKey, 1) => self.inner.visit_bool(true),
            _ => self.inner.visit_i64(number),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<V::Value, E> {
        match (self.want, number) {
            (Want::Text, _) => self.inner.visit_string(number.to_string()),
            (Want::Bool | Want::BoolKey, 0) => self.inner.visit_bool(false),
            (Want::Bool | Want::BoolKey, 1) => self.inner.visit_bool(true),
            _ => self.inner.visit_u64(number),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<V::Value, E> {
        match self.want {
            Want::Text => self.inner.visit_string(float_text(number)),
            Want::Integer => match whole(number) {
                Some(number) => self.integer(number),
                None => self.inner.visit_f64(number),
            },
            _ => self.inner.visit_f64(number),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.text(text, |inner| inner.visit_str(text))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.text(text, |inner| inner.visit_borrowed_str(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<V::Value, E> {
        match self.want {
            Want::Any | Want::Text => self.inner.visit_string(text),
            _ => self.visit_str(&text),
        }
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<V::Value, E> {
        match self.want {
            Want::Any | Want::Bytes => self.inner.visit_bytes(bytes),
            Want::List => visit_bytes(bytes, None, self.inner),
            _ => self.visit_str(&latin1(bytes)),
        }
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<V::Value, E> {
        match self.want {
            Want::Any | Want::Bytes => self.inner.visit_borrowed_bytes(bytes),
            Want::List => visit_bytes(bytes, None, self.inner),
            _ => self.visit_str(&latin1(bytes)),
        }
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<V::Value, E> {
        match self.want {
            Want::Any | Want::Bytes => self.inner.visit_byte_buf(bytes),
            Want::List => visit_bytes(&bytes, None, self.inner),
            _ => self.visit_str(&latin1(&bytes)),
        }
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(InSome(deserializer))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(Lenient(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        let mut seq = LenientSeq(seq);
        if self.want != Want::Bytes {
            return self.inner.visit_seq(seq);
        }
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        self.inner.visit_byte_buf(bytes)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(LenientMap(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(LenientEnum(access))
    }
}
