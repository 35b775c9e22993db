//! The elements of a message, one by one, each read leniently. Bytes are read straight from the text that
//! they travel as, in one pass.

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use serde_json::de::SliceRead;

use super::message::value_end;
use crate::lenient::Lenient;

/// What is left of the text of an array.
pub(super) struct Elements<'de> {
    rest: &'de [u8],
}

impl<'de> Elements<'de> {
    pub(super) fn new(array: &'de [u8]) -> Self {
        Self { rest: &array[1..] }
    }
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = serde_json::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, serde_json::Error> {
        let space = self.rest.iter().take_while(|byte| b", \t\r\n".contains(byte)).count();
        let rest = &self.rest[space..];
        if rest.first() == Some(&b']') {
            return Ok(None);
        }
        let end = value_end(rest).filter(|end| *end > 0);
        let (element, rest) = rest.split_at(end.ok_or_else(|| Error::custom("no array"))?);
        self.rest = rest;
        seed.deserialize(Element(element)).map(Some)
    }
}

/// A deserialiser of one text.
pub(super) fn reader(text: &[u8]) -> serde_json::Deserializer<SliceRead<'_>> {
    let mut json = serde_json::Deserializer::from_slice(text);
    json.disable_recursion_limit();
    json
}

/// The text of one element.
struct Element<'de>(&'de [u8]);

macro_rules! leniently {
    ($($method:ident($($arg:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($arg: $kind,)*
            visitor: V,
        ) -> Result<V::Value, serde_json::Error> {
            Lenient(&mut reader(self.0)).$method($($arg,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Element<'de> {
    type Error = serde_json::Error;

    leniently! {
        deserialize_any() deserialize_bool() deserialize_char() deserialize_str()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_string()
        deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_ignored_any()
        deserialize_unit_struct(name: &'static str)
        deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        let text = self.0.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        match text.and_then(bytes) {
            Some(bytes) => visitor.visit_byte_buf(bytes),
            None => Lenient(&mut reader(self.0)).deserialize_byte_buf(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, serde_json::Error> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        match self.0.first() {
            Some(b'"') => visitor.visit_some(self),
            _ => Lenient(&mut reader(self.0)).deserialize_option(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, serde_json::Error> {
        visitor.visit_newtype_struct(self)
    }
}

/// The characters of a string's text as bytes, if all are up to U+00FF.
fn bytes(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len()];
    let (mut rest, mut end) = (text, 0);
    loop {
        let (taken, written) = plain(rest, &mut bytes[end..])?;
        (rest, end) = (&rest[taken..], end + written);
        let length = match rest {
            [] => break,
            [_, b'u', ..] => 6,
            _ => 2,
        };
        bytes[end] = unescaped(rest.get(..length)?)?;
        (rest, end) = (&rest[length..], end + 1);
    }
    bytes.truncate(end);
    bytes.shrink_to_fit();
    Some(bytes)
}

/// Takes characters up to the first escape; gives how many bytes of the text they are, and of `out`.
fn plain(text: &[u8], out: &mut [u8]) -> Option<(usize, usize)> {
    let (mut taken, mut end, mut before, mut highest) = (text.len(), 0, 0, 0);
    for (at, &byte) in text.iter().enumerate() {
        if byte == b'\\' {
            taken = at;
            break;
        }
        // No branch to be guessed wrong: the first byte of two is written, too, and overwritten.
        out[end] = if byte >= 0x80 { before << 6 | byte & 0x3f } else { byte };
        end += usize::from(byte < 0xc0);
        highest = byte.max(highest);
        before = byte;
    }
    // The characters from U+0100 on begin with 0xc4 at the least.
    (highest <= 0xc3).then_some((taken, end))
}

/// The character of an escape, if it is up to U+00FF.
fn unescaped(escape: &[u8]) -> Option<u8> {
    Some(match escape {
        [_, b'u', b'0', b'0', high, low] => {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?
        }
        [_, b'b'] => 0x08,
        [_, b't'] => b'\t',
        [_, b'n'] => b'\n',
        [_, b'f'] => 0x0c,
        [_, b'r'] => b'\r',
        [_, other] if *other != b'u' => *other,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn bytes_are_read_from_the_text() {
        let text = r#"a\"\\\/\b\f\n\r\t\u0000\u00ff\u00Aé"#.replace("\\u00Aé", "\\u00Aaé");
        let expected = b"a\"\\/\x08\x0c\n\r\t\0\xff\xaa\xe9";
        assert_eq!(bytes(text.as_bytes()).as_deref(), Some(&expected[..]));
        for wide in ["\u{100}", "a\u{20ac}", "\\u0100", "\\u20ac", "\\ud83d\\ude00"] {
            assert_eq!(bytes(wide.as_bytes()), None, "{wide}");
        }
        for cut in ["\\", "\\u", "\\u00f"] {
            assert_eq!(bytes(cut.as_bytes()), None, "{cut}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let all: Vec<u8> = (0..=255).collect();
        let mut text = Vec::new();
        <super::super::writer::Writer as crate::framing::serialize::Write>::bytes(&all, &mut text);
        assert_eq!(bytes(&text[1..text.len() - 1]), Some(all));
    }
}
