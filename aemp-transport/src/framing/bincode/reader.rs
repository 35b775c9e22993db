//! [`Reader`]: values one after the other, part by part.

use std::borrow::Cow;

use super::check::{Rules, take_content, take_text, take_values};
use super::primitive::{take_float, take_signed, take_unsigned};
use super::tag;
use crate::framing::binary::{Item, Length, Read};
use crate::framing::{DecodeError, FrameError};

#[derive(Debug)]
pub(in crate::framing) struct Reader<'de> {
    octets: &'de [u8],
}

/// What was encoded here, or checked when it came.
const CHECKED: Rules = Rules { max_depth: usize::MAX, kept: true };

impl From<FrameError> for DecodeError {
    fn from(error: FrameError) -> Self {
        Self::new(error.to_string())
    }
}

impl<'de> Read<'de> for Reader<'de> {
    fn new(octets: &'de [u8]) -> Self {
        Self { octets }
    }

    fn left(&self) -> usize {
        self.octets.len()
    }

    fn item(&mut self) -> Result<Item<'de>, DecodeError> {
        let (&first, rest) =
            self.octets.split_first().ok_or(FrameError::Bincode("a value is missing"))?;
        self.octets = rest;
        let octets = &mut self.octets;
        let item = match first {
            tag::NULL => Ok(Item::Null),
            tag::BOOL => {
                let (&truth, rest) =
                    octets.split_first().ok_or(FrameError::Bincode("a boolean is missing"))?;
                *octets = rest;
                Ok(Item::Bool(truth != 0))
            }
            tag::INT => take_signed(octets).map(Item::Int).map_err(FrameError::from),
            tag::UINT => take_unsigned(octets).map(Item::UInt).map_err(FrameError::from),
            tag::FLOAT => take_float(octets).map(Item::Float).map_err(FrameError::from),
            tag::STR => take_text(octets).map(|text| Item::Str(Cow::Borrowed(text))),
            tag::OCTETS => take_content(octets).map(|octets| Item::Octets(Cow::Borrowed(octets))),
            tag::OCTET_LIST => take_content(octets).map(Item::OctetList),
            tag::LIST | tag::MAP => take_unsigned(octets).map_err(FrameError::from).map(|count| {
                let length = Length::Known(count);
                if first == tag::LIST { Item::List(length) } else { Item::Map(length) }
            }),
            _ => Err(FrameError::Bincode("a value has an unknown tag")),
        };
        Ok(item?)
    }

    fn key(&mut self) -> Result<Cow<'de, str>, DecodeError> {
        Ok(Cow::Borrowed(take_text(&mut self.octets)?))
    }

    fn is_null(&self) -> bool {
        self.octets.first() == Some(&tag::NULL)
    }

    fn take_break(&mut self) -> bool {
        false
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        Ok(take_values(&mut self.octets, 1, CHECKED)?)
    }
}
