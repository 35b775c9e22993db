//! Messages to and from the bytes of their elements, one after the other.

use std::ops::Range;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use smol_str::SmolStr;

use super::deserializer::{Elements, Next};
use super::read::{Item, Length, Read};
use super::serializer::BinarySerializer;
use super::write::Write;
use crate::framing::{DecodeError, EncodeError};
use crate::lenient::{Lenient, float_text, latin1};
use crate::value::Value;

/// Appends the elements of `message`, and gives their number.
pub(in crate::framing) fn encode<W: Write, T: Serialize + ?Sized>(
    message: &T,
    out: &mut Vec<u8>,
) -> Result<usize, EncodeError> {
    let mut total = 0;
    message.serialize(BinarySerializer::<W>::message(out, &mut total))?;
    Ok(total)
}

/// The bytes of a message's elements.
pub(in crate::framing) fn encode_message<W: Write, T: Serialize + ?Sized>(
    message: &T,
) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    encode::<W, T>(message, &mut out)?;
    Ok(out)
}

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

pub(in crate::framing) fn to_values<'de, R: Read<'de>>(
    bytes: &'de [u8],
) -> Result<Vec<Value>, DecodeError> {
    let (mut reader, mut values) = (R::new(bytes), Vec::new());
    while reader.left() > 0 {
        values.push(Value::deserialize(Next(&mut reader))?);
    }
    Ok(values)
}

/// The elements, to be read as one sequence.
pub(in crate::framing) fn elements<'de, R: Read<'de>>(
    reader: &mut R,
) -> impl Deserializer<'de, Error = DecodeError> {
    Message(Elements::new(reader, Length::UntilEnd))
}

/// How many bytes the first element has, and where the elements of that are if it is a list.
pub(in crate::framing) fn first_element<'de, R: Read<'de>>(
    bytes: &'de [u8],
) -> Result<(usize, Option<Range<usize>>), DecodeError> {
    let mut reader = R::new(bytes);
    let at = |reader: &R| bytes.len() - reader.left();
    if let Item::List(length) = reader.item()? {
        let start = at(&reader);
        Elements::new(&mut reader, length).skip_rest()?;
        let end = at(&reader);
        return Ok((end, Some(start..end - usize::from(length == Length::UntilBreak))));
    }
    reader = R::new(bytes);
    reader.skip()?;
    Ok((at(&reader), None))
}

/// Has the visitor take the elements leniently, and skips those that it leaves.
pub(in crate::framing) fn visit_elements<'de, R: Read<'de>, V: Visitor<'de>>(
    bytes: &'de [u8],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let mut reader = R::new(bytes);
    Lenient(elements(&mut reader)).deserialize_seq(visitor)
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

/// The first element, if it is a string, bytes (one character each) or a number, and of `longest`
/// bytes at the most.
pub(in crate::framing) fn first_text<'de, R: Read<'de>>(
    bytes: &'de [u8],
    longest: usize,
) -> Option<SmolStr> {
    let item = R::new(bytes).item().ok()?;
    let length = match &item {
        Item::Str(text) => text.len(),
        Item::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    if length <= longest { item_text(&item) } else { None }
}

/// Appends the texts of the elements that come next, up to so many, and up to the first that has
/// none or is not whole.
pub(in crate::framing) fn first_texts<'de, R: Read<'de>>(
    elements: &mut R,
    limit: usize,
    texts: &mut Vec<SmolStr>,
) {
    while texts.len() < limit
        && let Some(text) = elements.item().ok().as_ref().and_then(item_text)
    {
        texts.push(text);
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
