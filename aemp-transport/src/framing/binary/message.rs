//! Messages: values one after the other, without a head.

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use smol_str::SmolStr;

use super::deserializer::Elements;
use super::read::{Item, Length, Read};
use crate::framing::DecodeError;
use crate::lenient::{float_text, latin1};

/// Writes the head of a packet over the one byte that was left for it.
pub(in crate::framing) fn fill_in(
    place: usize,
    out: &mut Vec<u8>,
    head: impl FnOnce(&mut Vec<u8>),
) {
    // At the end first, where nothing has to be allocated for it.
    let end = out.len();
    head(out);
    match out.len() - end {
        1 => out[place] = out.pop().unwrap_or_default(),
        _ => {
            let head = out.split_off(end);
            drop(out.splice(place..=place, head));
        }
    }
}

/// How many elements there are.
pub(in crate::framing) fn count<'de, R: Read<'de>>(bytes: &'de [u8]) -> Result<usize, DecodeError> {
    let (mut reader, mut count) = (R::new(bytes), 0);
    while reader.left() > 0 {
        reader.skip()?;
        count += 1;
    }
    Ok(count)
}

/// The elements, to be read as one sequence.
pub(in crate::framing) fn elements<'de, R: Read<'de>>(
    reader: &mut R,
) -> impl Deserializer<'de, Error = DecodeError> {
    Message(Elements::new(reader, Length::UntilEnd))
}

/// All elements of a message, as a sequence.
struct Message<'a, R>(Elements<'a, R>);

impl<'de, R: Read<'de>> Deserializer<'de> for Message<'_, R> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, DecodeError> {
        let made = visitor.visit_seq(&mut self.0)?;
        while self.0.next_element::<IgnoredAny>()?.is_some() {}
        Ok(made)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

/// The text that an item passes for, if it is no list, map, boolean or null.
pub(in crate::framing) fn item_text(item: &Item<'_>) -> Option<SmolStr> {
    match item {
        Item::Str(text) => Some(SmolStr::new(text)),
        Item::Bytes(bytes) => Some(SmolStr::new(latin1(bytes))),
        Item::Int(number) => Some(number.to_string().into()),
        Item::UInt(number) => Some(number.to_string().into()),
        Item::Float(number) => Some(float_text(*number).into()),
        _ => None,
    }
}
