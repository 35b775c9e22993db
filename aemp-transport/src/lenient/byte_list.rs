//! Bytes where a list of numbers is expected.

use std::marker::PhantomData;
use std::slice::Iter;

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

/// Bytes as the elements of a list, one number each.
struct ByteSeq<'a, E> {
    bytes: Iter<'a, u8>,
    /// The text that the bytes were: only elements that are `u8` make bytes of it.
    text: Option<&'a str>,
    error: PhantomData<E>,
}

/// Has a visitor of lists take bytes, all of them.
pub(super) fn visit_bytes<'de, V: Visitor<'de>, E: Error>(
    bytes: &[u8],
    text: Option<&str>,
    visitor: V,
) -> Result<V::Value, E> {
    let mut seq = ByteSeq { bytes: bytes.iter(), text, error: PhantomData };
    let made = visitor.visit_seq(&mut seq)?;
    let taken = bytes.len() - seq.bytes.len();
    if taken < bytes.len() {
        let expected = format!("{taken} elements in sequence");
        return Err(E::invalid_length(bytes.len(), &expected.as_str()));
    }
    Ok(made)
}

impl<'de, E: Error> SeqAccess<'de> for ByteSeq<'_, E> {
    type Error = E;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, E> {
        match self.bytes.next() {
            Some(&byte) => {
                seed.deserialize(Byte { byte, text: self.text, error: PhantomData }).map(Some)
            }
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len())
    }
}

/// One of them.
struct Byte<'a, E> {
    byte: u8,
    text: Option<&'a str>,
    error: PhantomData<E>,
}

impl<'de, E: Error> Deserializer<'de> for Byte<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.text {
            None => visitor.visit_u8(self.byte),
            Some(text) => Err(E::invalid_type(Unexpected::Str(text), &"a sequence")),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_u8(self.byte)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
