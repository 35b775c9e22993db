//! [`Reader`]: values one after the other, part by part.

use std::borrow::Cow;

use super::check::{Rules, take_content, take_text, take_values};
use super::primitive::{take_float, take_signed, take_unsigned};
use super::tag;
use crate::framing::binary::{Item, Length, Read};
use crate::framing::{DecodeError, FrameError};

#[derive(Debug)]
pub(in crate::framing) struct Reader<'de> {
    bytes: &'de [u8],
}

/// What was encoded here, or checked when it came.
const CHECKED: Rules = Rules { max_depth: usize::MAX, kept: true };

impl From<FrameError> for DecodeError {
    fn from(error: FrameError) -> Self {
        Self::new(error.to_string())
    }
}

impl<'de> Read<'de> for Reader<'de> {
    fn new(bytes: &'de [u8]) -> Self {
        Self { bytes }
    }

    fn left(&self) -> usize {
        self.bytes.len()
    }

    fn item(&mut self) -> Result<Item<'de>, DecodeError> {
        let (&first, rest) =
            self.bytes.split_first().ok_or(FrameError::Bincode("a value is missing"))?;
        self.bytes = rest;
        let bytes = &mut self.bytes;
        let item = match first {
            tag::NULL => Ok(Item::Null),
            tag::BOOL => {
                let (&truth, rest) =
                    bytes.split_first().ok_or(FrameError::Bincode("a boolean is missing"))?;
                *bytes = rest;
                Ok(Item::Bool(truth != 0))
            }
            tag::INT => take_signed(bytes).map(Item::Int).map_err(FrameError::from),
            tag::UINT => take_unsigned(bytes).map(Item::UInt).map_err(FrameError::from),
            tag::FLOAT => take_float(bytes).map(Item::Float).map_err(FrameError::from),
            tag::STR => take_text(bytes).map(|text| Item::Str(Cow::Borrowed(text))),
            tag::BYTES => take_content(bytes).map(|bytes| Item::Bytes(Cow::Borrowed(bytes))),
            tag::BYTE_LIST => take_content(bytes).map(Item::ByteList),
            tag::LIST | tag::MAP => take_unsigned(bytes).map_err(FrameError::from).map(|count| {
                let length = Length::Known(count);
                if first == tag::LIST { Item::List(length) } else { Item::Map(length) }
            }),
            _ => Err(FrameError::Bincode("a value has an unknown tag")),
        };
        Ok(item?)
    }

    fn key(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        Ok(Cow::Borrowed(take_text(&mut self.bytes)?))
    }

    fn is_null(&self) -> bool {
        self.bytes.first() == Some(&tag::NULL)
    }

    fn take_break(&mut self) -> bool {
        false
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        Ok(take_values(&mut self.bytes, 1, CHECKED)?)
    }
}
