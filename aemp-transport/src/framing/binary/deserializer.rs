//! Bytes to any `Deserialize`, without a tree in between.

use std::borrow::Cow;

use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::read::{Item, Length, Read};
use crate::framing::DecodeError;

/// The next value of a reader.
pub(super) struct Next<'a, R>(pub(super) &'a mut R);

impl<'de, R: Read<'de>> Deserializer<'de> for Next<'_, R> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0.item()? {
            Item::Null => visitor.visit_unit(),
            Item::Bool(truth) => visitor.visit_bool(truth),
            Item::Int(number) => visitor.visit_i64(number),
            Item::UInt(number) => visitor.visit_u64(number),
            Item::Float(number) => visitor.visit_f64(number),
            Item::Str(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Item::Str(Cow::Owned(text)) => visitor.visit_string(text),
            Item::Bytes(Cow::Borrowed(bytes)) => visitor.visit_borrowed_bytes(bytes),
            Item::Bytes(Cow::Owned(bytes)) => visitor.visit_byte_buf(bytes),
            Item::ByteList(bytes) => {
                let numbers = bytes.iter().map(|byte| i64::from(*byte));
                let mut seq = SeqDeserializer::<_, DecodeError>::new(numbers);
                let made = visitor.visit_seq(&mut seq)?;
                seq.end()?;
                Ok(made)
            }
            Item::List(length) => {
                let mut elements = Elements::new(self.0, length);
                let made = visitor.visit_seq(&mut elements)?;
                elements.finish("elements in sequence")?;
                Ok(made)
            }
            Item::Map(length) => {
                let mut entries = Entries(Elements::new(self.0, length));
                let made = visitor.visit_map(&mut entries)?;
                entries.finish()?;
                Ok(made)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.0.is_null() {
            self.0.skip()?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.0.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// What is left of a list.
pub(super) struct Elements<'a, R> {
    reader: &'a mut R,
    length: Length,
    taken: usize,
    ended: bool,
}

impl<'a, R> Elements<'a, R> {
    pub(super) fn new(reader: &'a mut R, length: Length) -> Self {
        Self { reader, length, taken: 0, ended: false }
    }

    /// Whether there is one more, which is then counted as taken.
    fn advance<'de>(&mut self) -> bool
    where
        R: Read<'de>,
    {
        if !self.ended {
            self.ended = match &mut self.length {
                Length::Known(left) => match left.checked_sub(1) {
                    Some(fewer) => {
                        *left = fewer;
                        false
                    }
                    None => true,
                },
                Length::UntilBreak => self.reader.take_break(),
                Length::UntilEnd => self.reader.left() == 0,
            };
        }
        self.taken += usize::from(!self.ended);
        !self.ended
    }

    /// Whatever the visitor has left is one too many.
    fn finish<'de>(mut self, what: &str) -> Result<(), DecodeError>
    where
        R: Read<'de>,
    {
        let expected = self.taken;
        self.skip_rest()?;
        self.expect(expected, what)
    }

    /// Skips all that is left.
    pub(super) fn skip_rest<'de>(&mut self) -> Result<(), DecodeError>
    where
        R: Read<'de>,
    {
        while self.advance() {
            self.reader.skip()?;
        }
        Ok(())
    }

    fn expect(&self, expected: usize, what: &str) -> Result<(), DecodeError> {
        if self.taken == expected {
            return Ok(());
        }
        Err(DecodeError::invalid_length(self.taken, &format!("{expected} {what}").as_str()))
    }

    fn hint<'de>(&self) -> Option<usize>
    where
        R: Read<'de>,
    {
        match self.length {
            // Every element has a byte at least: nobody reserves room for a mere claim.
            Length::Known(left) => {
                Some(usize::try_from(left).map_or(0, |n| n.min(self.reader.left())))
            }
            Length::UntilBreak | Length::UntilEnd => None,
        }
    }
}

impl<'de, R: Read<'de>> SeqAccess<'de> for Elements<'_, R> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        if self.advance() { seed.deserialize(Next(self.reader)).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

/// What is left of a map.
struct Entries<'a, R>(Elements<'a, R>);

impl<'de, R: Read<'de>> Entries<'_, R> {
    fn finish(mut self) -> Result<(), DecodeError> {
        let expected = self.0.taken;
        while self.next_key::<IgnoredAny>()?.is_some() {
            self.0.reader.skip()?;
        }
        self.0.expect(expected, "elements in map")
    }
}

impl<'de, R: Read<'de>> MapAccess<'de> for Entries<'_, R> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        if !self.0.advance() {
            return Ok(None);
        }
        seed.deserialize(Key(self.0.reader.key()?)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        seed.deserialize(Next(self.0.reader))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.hint()
    }
}

/// The name of a map's entry.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Cow::Borrowed(name) => visitor.visit_borrowed_str(name),
            Cow::Owned(name) => visitor.visit_string(name),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
