//! [`Reader`]: values one after the other, part by part.

use std::borrow::Cow;

use super::head::{self, Head, Number};
use super::integers::{NEGATIVE_TAG, POSITIVE_TAG, long, negative};
use super::scan::Scanner;
use super::{half, writer};
use crate::framing::binary::{Item, Length, Read, item_text};
use crate::framing::{DecodeError, FrameError, Limits, perl};
use crate::lenient::latin1;

#[derive(Debug)]
pub(in crate::framing) struct Reader<'de> {
    bytes: &'de [u8],
}

const MALFORMED: FrameError = FrameError::Cbor("an item is not whole");

impl<'de> Reader<'de> {
    fn head(&mut self) -> Result<Head, FrameError> {
        let head = head::read(self.bytes).ok().flatten().ok_or(MALFORMED)?;
        self.bytes = &self.bytes[head.len..];
        Ok(head)
    }

    fn take(&mut self, length: u64) -> Result<&'de [u8], FrameError> {
        let length = usize::try_from(length).map_err(|_| MALFORMED)?;
        let (content, rest) = self.bytes.split_at_checked(length).ok_or(MALFORMED)?;
        self.bytes = rest;
        Ok(content)
    }

    /// The content of a string, in one piece.
    fn string(&mut self, length: Option<u64>) -> Result<Cow<'de, [u8]>, FrameError> {
        if let Some(length) = length {
            return self.take(length).map(Cow::Borrowed);
        }
        let mut whole = Vec::new();
        while !self.take_break() {
            let length = self.head()?.number.value().ok_or(MALFORMED)?;
            whole.extend_from_slice(self.take(length)?);
        }
        Ok(Cow::Owned(whole))
    }

    fn text(&mut self, length: Option<u64>) -> Result<Cow<'de, str>, FrameError> {
        match self.string(length)? {
            Cow::Borrowed(bytes) => perl::text(bytes).ok_or(FrameError::Utf8),
            Cow::Owned(bytes) => {
                let text = perl::text(&bytes).ok_or(FrameError::Utf8)?;
                Ok(Cow::Owned(text.into_owned()))
            }
        }
    }

    fn part(&mut self) -> Result<Item<'de>, FrameError> {
        let mut tag = None;
        let mut head = self.head()?;
        while head.major == head::TAG {
            tag = head.number.value();
            head = self.head()?;
        }
        let number = head.number.value();
        let length = || number.map_or(Length::UntilBreak, Length::Known);
        Ok(match (head.major, number) {
            (head::UNSIGNED, Some(number)) => match i64::try_from(number) {
                Ok(number) => Item::Int(number),
                Err(_) => Item::UInt(number),
            },
            (head::NEGATIVE, Some(below)) => negative(below),
            (head::BYTES, length) => {
                let bytes = self.string(length)?;
                match tag {
                    Some(POSITIVE_TAG) => long(&bytes, false),
                    Some(NEGATIVE_TAG) => long(&bytes, true),
                    _ => Item::Bytes(bytes),
                }
            }
            (head::TEXT, length) => Item::Str(self.text(length)?),
            (head::ARRAY, _) => Item::List(length()),
            (head::MAP, _) => Item::Map(length()),
            (head::OTHER, _) => other(head.number)?,
            _ => return Err(MALFORMED),
        })
    }
}

/// Simple values and floats.
fn other(number: Number) -> Result<Item<'static>, FrameError> {
    Ok(match number {
        Number::Short(20) => Item::Bool(false),
        Number::Short(21) => Item::Bool(true),
        Number::Short(_) | Number::One(_) => Item::Null,
        Number::Two(half) => Item::Float(half::to_f64(half)),
        Number::Four(bits) => Item::Float(f32::from_bits(bits).into()),
        Number::Eight(bits) => Item::Float(f64::from_bits(bits)),
        Number::Indefinite => return Err(MALFORMED),
    })
}

impl<'de> Read<'de> for Reader<'de> {
    fn new(bytes: &'de [u8]) -> Self {
        Self { bytes }
    }

    fn left(&self) -> usize {
        self.bytes.len()
    }

    fn item(&mut self) -> Result<Item<'de>, DecodeError> {
        Ok(self.part()?)
    }

    fn key(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        Ok(match self.part()? {
            Item::Str(text) => text,
            Item::Bytes(Cow::Borrowed(bytes)) => latin1(bytes),
            Item::Bool(truth) => Cow::Owned(truth.to_string()),
            item => {
                let text = item_text(&item).ok_or(FrameError::Cbor("a name is missing"))?;
                Cow::Owned(text.into())
            }
        })
    }

    fn is_null(&self) -> bool {
        matches!(self.bytes.first(), Some(&(writer::NULL | 0xf7)))
    }

    fn take_break(&mut self) -> bool {
        let is_break = self.bytes.first() == Some(&0xff);
        self.bytes = &self.bytes[usize::from(is_break)..];
        is_break
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        let limits = Limits { max_packet: usize::MAX, max_depth: usize::MAX };
        let length = Scanner::one_item(limits, self.bytes)?.ok_or(MALFORMED)?;
        self.bytes = &self.bytes[length..];
        Ok(())
    }
}
