//! [`Binary`]: what a binary framing gives; all else is the same for them.

use std::ops::Range;

use bytes::Bytes;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::Serializer;
use smol_str::SmolStr;

use super::deserializer::{Elements, Next};
use super::message::{elements, item_text};
use super::read::{Item, Length, Read};
use crate::framing::encoding::{Encoding, Split};
use crate::framing::serialize::{Write, write_elements};
use crate::framing::transcode::Transcode;
use crate::framing::{DecodeError, EncodeError, Limits};
use crate::lenient::Lenient;
use crate::value::Value;

/// A framing whose messages are their elements one after the other.
pub(in crate::framing) trait Binary {
    type Reader<'de>: Read<'de>;
    /// How packets are written.
    type Wire: Write;
    /// How messages are written that wait, perhaps for another framing.
    type Kept: Write;

    /// An empty packet.
    const KEEPALIVE: &'static [u8];

    fn splitter(limits: Limits) -> Box<dyn Split>;

    /// Begins a packet with the name of its port, and gives what [`end`](Self::end) has to know.
    fn begin(port: &str, out: &mut Vec<u8>) -> usize;

    /// Ends a packet of so many elements beside the port name.
    fn end(start: usize, elements: usize, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// How many elements a message has; `None` if some of them are not for the wire.
    fn count(message: &[u8]) -> Result<Option<usize>, DecodeError>;

    /// The elements of a packet that may not be whole.
    fn elements(packet: &[u8]) -> Option<Self::Reader<'_>>;

    /// Serialises as the message did.
    fn transcode<S: Serializer>(message: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let mut reader = Self::Reader::new(message);
        Transcode::new(elements(&mut reader)).serialize(to)
    }
}

impl<B: Binary> Encoding for B {
    const KEEPALIVE: &'static [u8] = B::KEEPALIVE;

    fn splitter(limits: Limits) -> Box<dyn Split> {
        B::splitter(limits)
    }

    fn encode<T: Serialize + ?Sized>(
        port: &str,
        message: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = B::begin(port, out);
        let count = write_elements::<B::Wire, T>(message, out)?;
        B::end(start, count, out)
    }

    fn encode_encoded(port: &str, message: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let count = B::count(message).map_err(crate::ValueError::from)?;
        let start = B::begin(port, out);
        let count = match count {
            Some(count) => {
                out.extend_from_slice(message);
                count
            }
            None => write_elements::<B::Wire, _>(&Transcoded::<B>::new(message), out)?,
        };
        B::end(start, count, out)
    }

    fn encode_message<T: Serialize + ?Sized>(message: &T) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        write_elements::<B::Kept, T>(message, &mut out)?;
        Ok(out)
    }

    fn to_values(message: &[u8]) -> Result<Vec<Value>, DecodeError> {
        let (mut reader, mut values) = (B::Reader::new(message), Vec::new());
        while reader.left() > 0 {
            values.push(Value::deserialize(Next(&mut reader))?);
        }
        Ok(values)
    }

    fn visit_elements<'de, V: Visitor<'de>>(
        message: &'de [u8],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let mut reader = B::Reader::new(message);
        Lenient(elements(&mut reader)).deserialize_seq(visitor)
    }

    fn transcode<S: Serializer>(message: &[u8], to: S) -> Result<S::Ok, S::Error> {
        <B as Binary>::transcode(message, to)
    }

    fn first_text(message: &[u8], longest: usize) -> Option<SmolStr> {
        let item = B::Reader::new(message).item().ok()?;
        let length = match &item {
            Item::Str(text) => text.len(),
            Item::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        if length <= longest { item_text(&item) } else { None }
    }

    fn first_texts(packet: &[u8], limit: usize, texts: &mut Vec<SmolStr>) {
        let Some(mut elements) = B::elements(packet) else { return };
        while texts.len() < limit
            && let Some(text) = elements.item().ok().as_ref().and_then(item_text)
        {
            texts.push(text);
        }
    }

    fn without_first(mut message: Bytes) -> Bytes {
        // Of nothing, nothing is left.
        let end = first_element::<B>(&message).map_or(message.len(), |(end, _)| end);
        message.split_off(end)
    }

    fn append(message: Bytes, more: &[Value]) -> Result<Bytes, EncodeError> {
        let tail = Self::encode_message(more)?;
        Ok([&message, &*tail].concat().into())
    }

    fn next_element(message: &[u8], at: usize) -> Option<(usize, Option<Range<usize>>)> {
        let (length, list) = first_element::<B>(&message[at..]).ok()?;
        Some((at + length, list.map(|list| at + list.start..at + list.end)))
    }
}

/// How many bytes the first element has, and where the elements of that are if it is a list.
fn first_element<B: Binary>(message: &[u8]) -> Result<(usize, Option<Range<usize>>), DecodeError> {
    let mut reader = B::Reader::new(message);
    let at = |reader: &B::Reader<'_>| message.len() - reader.left();
    if let Item::List(length) = reader.item()? {
        let start = at(&reader);
        Elements::new(&mut reader, length).skip_rest()?;
        let end = at(&reader);
        return Ok((end, Some(start..end - usize::from(length == Length::UntilBreak))));
    }
    reader = B::Reader::new(message);
    reader.skip()?;
    Ok((at(&reader), None))
}

/// A message as something that serialises.
struct Transcoded<'a, B> {
    message: &'a [u8],
    encoding: std::marker::PhantomData<B>,
}

impl<'a, B> Transcoded<'a, B> {
    fn new(message: &'a [u8]) -> Self {
        Self { message, encoding: std::marker::PhantomData }
    }
}

impl<B: Binary> Serialize for Transcoded<'_, B> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        <B as Binary>::transcode(self.message, to)
    }
}
