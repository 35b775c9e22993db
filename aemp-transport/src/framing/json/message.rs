//! [`Json`]: packets, and messages to and from the text of an array.

use std::ops::Range;

use bytes::{Buf, Bytes, BytesMut};
use serde::de::{Deserialize, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use smol_str::SmolStr;

use super::elements::{Elements, reader};
use super::splitter::Splitter;
use super::writer::Writer;
use crate::framing::encoding::{Encoding, Split};
use crate::framing::serialize::{Write, write_elements, write_value};
use crate::framing::transcode::Transcode;
use crate::framing::{DecodeError, EncodeError, Limits};
use crate::lenient::float_text;
use crate::value::Value;

/// The encoding of [`Framing::Json`](crate::Framing::Json). A message alone is the text of an array.
pub(in crate::framing) struct Json;

impl Encoding for Json {
    const KEEPALIVE: &'static [u8] = b"[]";

    fn splitter(limits: Limits) -> Box<dyn Split> {
        Box::new(Splitter::new(limits))
    }

    fn encode<T: Serialize + ?Sized>(
        port: &str,
        message: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        out.push(b'[');
        Writer::text(port, out);
        write_elements::<Writer, T>(message, out)?;
        out.push(b']');
        Ok(())
    }

    fn encode_encoded(port: &str, array: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.push(b'[');
        Writer::text(port, out);
        let elements = array[1..].trim_ascii_start();
        if elements != b"]" {
            out.push(b',');
        }
        out.extend_from_slice(elements);
        Ok(())
    }

    fn encode_message<T: Serialize + ?Sized>(message: &T) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        write_elements::<Writer, T>(message, &mut out)?;
        // Every element comes with a comma before it: the first one is where the bracket belongs.
        match out.first_mut() {
            Some(comma) => *comma = b'[',
            None => out.push(b'['),
        }
        out.push(b']');
        Ok(out)
    }

    fn to_values(array: &[u8]) -> Result<Vec<Value>, DecodeError> {
        Vec::deserialize(&mut reader(array)).map_err(plain)
    }

    fn visit_elements<'de, V: Visitor<'de>>(
        array: &'de [u8],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Elements::new(array)).map_err(plain)
    }

    fn transcode<S: Serializer>(array: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Transcode::new(&mut reader(array)).serialize(to)
    }

    fn first_text(array: &[u8], longest: usize) -> Option<SmolStr> {
        let rest = array.get(1..)?.trim_ascii_start();
        if matches!(rest.first()?, b'[' | b'{') {
            return None;
        }
        let end = value_end(rest)?;
        if end <= longest { scalar_text(&rest[..end]) } else { None }
    }

    fn first_texts(array: &[u8], limit: usize, texts: &mut Vec<SmolStr>) {
        let mut rest = array.trim_ascii_start().strip_prefix(b"[");
        while texts.len() < limit
            && let Some((text, behind)) = rest.and_then(next_text)
        {
            texts.push(text);
            rest = behind.trim_ascii_start().strip_prefix(b",");
        }
    }

    /// The comma behind the first element becomes the bracket, so that nothing is moved.
    fn without_first(mut array: Bytes) -> Bytes {
        let start = array.len() - array[1..].trim_ascii_start().len();
        let end = start + value_end(&array[start..]).unwrap_or(0);
        let rest = array.len() - array[end..].trim_ascii_start().len();
        if array.get(rest) != Some(&b',') {
            return Bytes::from_static(b"[]");
        }
        array.advance(rest);
        let mut rest = BytesMut::from(array);
        rest[0] = b'[';
        rest.freeze()
    }

    fn append(array: Bytes, more: &[Value]) -> Result<Bytes, EncodeError> {
        let mut tail = Vec::new();
        write_elements::<Writer, _>(more, &mut tail)?;
        tail.push(b']');
        let mut text = BytesMut::from(array);
        text.truncate(text.trim_ascii_end().len() - 1);
        if text[1..].trim_ascii().is_empty() {
            tail.remove(0);
        }
        text.extend_from_slice(&tail);
        Ok(text.freeze())
    }

    fn next_element(array: &[u8], at: usize) -> Option<(usize, Option<Range<usize>>)> {
        let at = at.max(1);
        let start = at + array[at..].iter().position(|byte| !b", \t\r\n".contains(byte))?;
        let end = start + value_end(&array[start..]).filter(|end| *end > 0)?;
        Some((end, (array[start] == b'[').then_some(start..end)))
    }
}

/// The JSON of a value, as the framing writes it.
pub(crate) fn json_text(value: &Value) -> Result<String, EncodeError> {
    let mut out = Vec::new();
    write_value::<Writer, _>(value, &mut out)?;
    String::from_utf8(out).map_err(EncodeError::custom)
}

/// The error without its place in the text, which nobody has seen.
fn plain(error: serde_json::Error) -> DecodeError {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    DecodeError::new(text.strip_suffix(&place).unwrap_or(&text))
}

/// Where the value that the text starts with ends.
pub(super) fn value_end(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => return string_end(text),
        b'[' | b'{' => {}
        _ => return text.iter().position(|byte| b",]} \t\r\n".contains(byte)),
    }
    let (mut at, mut open) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'"' => at += string_end(&text[at..])? - 1,
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if open == 0 {
            return Some(at);
        }
    }
}

/// The text of the scalar that comes next, and what comes behind it.
fn next_text(elements: &[u8]) -> Option<(SmolStr, &[u8])> {
    let rest = elements.trim_ascii_start();
    let end = if rest.first() == Some(&b'"') {
        string_end(rest)?
    } else {
        rest.iter().position(|byte| b",] \t\r\n".contains(byte))?
    };
    Some((scalar_text(&rest[..end])?, &rest[end..]))
}

/// Where the string that the text starts with ends, its quotes included.
pub(super) fn string_end(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The text of a scalar that is a string, or a number as its shortest text.
pub(super) fn scalar_text(scalar: &[u8]) -> Option<SmolStr> {
    if let [b'"', text @ .., b'"'] = scalar
        && memchr::memchr(b'\\', text).is_none()
    {
        return std::str::from_utf8(text).ok().map(SmolStr::new);
    }
    match scalar.first()? {
        b'"' => serde_json::from_slice::<String>(scalar).ok().map(SmolStr::from),
        b'-' | b'0'..=b'9' => match serde_json::from_slice::<Value>(scalar).ok()? {
            Value::Float(number) => Some(float_text(number).into()),
            number => Some(number.to_string().into()),
        },
        _ => None,
    }
}
