//! [`Value`]: what any framing can say, and nothing that one of them cannot.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

use crate::lenient::{float_text, latin1};

/// One self-describing datum, as it travels between nodes.
///
/// The order of the variants is the wire order of the binary framing and never changes.
///
/// An integer that fits both `i64` and `u64` may be held by either [`Value::Int`] or
/// [`Value::UInt`]; the two compare equal. Everything in this crate that makes values prefers
/// `Int`. Floats compare by value, and `NaN` equals `NaN`, so that values can be compared in tests.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// No value: `null`, `None`, `()`.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer in the range of `i64`.
    Int(i64),
    /// An integer in the range of `u64`.
    UInt(u64),
    /// A floating point number, also a non-finite one.
    Float(f64),
    /// Text.
    Str(String),
    /// Bytes.
    Bytes(Bytes),
    /// A list of values.
    List(Vec<Value>),
    /// Values by name.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Whether this is [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text that this passes for where a string is expected: that of a string, of bytes (one
    /// character each) or of a number. Foreign nodes are loosely typed.
    #[must_use]
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Str(text) => Some(Cow::Borrowed(text)),
            Self::Bytes(bytes) => Some(latin1(bytes)),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::UInt(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) => Some(Cow::Owned(float_text(*number))),
            Self::Null | Self::Bool(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The integer, if this is one in the range of `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::UInt(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The integer, if this is one in the range of `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(number) => u64::try_from(*number).ok(),
            Self::UInt(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as a float, if this is a number; large integers are rounded.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::UInt(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// The bytes, if this is a byte string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries, if this is a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::UInt(a), Self::UInt(b)) => a == b,
            (Self::Int(a), Self::UInt(b)) | (Self::UInt(b), Self::Int(a)) => {
                i64::try_from(*b) == Ok(*a)
            }
            (Self::Float(a), Self::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

/// Prints compact text in the manner of JSON; byte strings read `b"..."`, and non-finite floats
/// `NaN`, `inf` and `-inf`. Meant for people and logs.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::UInt(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Str(text) => write_quoted(f, text),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.escape_ascii()),
            Self::List(elements) => {
                f.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{element}")?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (name, value)) in entries.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "," })?;
                    write_quoted(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_compare_across_the_two_variants() {
        assert_eq!(Value::Int(5), Value::UInt(5));
        assert_ne!(Value::Int(-1), Value::UInt(u64::MAX));
        assert_ne!(Value::Int(5), Value::Float(5.0));
        assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    }

    #[test]
    fn accessors_convert_integers_only_where_they_fit() {
        assert_eq!(Value::UInt(u64::MAX).as_i64(), None);
        assert_eq!(Value::Int(-1).as_u64(), None);
        assert_eq!(Value::Int(7).as_u64(), Some(7));
        assert_eq!(Value::Int(7).as_f64(), Some(7.0));
        assert_eq!(Value::from("7").as_i64(), None);
        let texts = [Value::from("x"), Bytes::from_static(b"\xe9").into(), 7.into(), 2.0.into()];
        let texts: Vec<_> = texts.iter().filter_map(Value::to_text).collect();
        assert_eq!(texts, ["x", "é", "7", "2"]);
        assert_eq!(Value::from(true).to_text(), None);
    }

    #[test]
    fn prints_like_json() {
        let value = Value::List(vec![
            Value::Null,
            Value::from(true),
            Value::from(-3),
            Value::from(3.0),
            Value::from("a\"b\n"),
            Value::Bytes(Bytes::from_static(b"\x00a\xff")),
            Value::Map(BTreeMap::from([("k".to_owned(), Value::from(1))])),
        ]);
        assert_eq!(value.to_string(), r#"[null,true,-3,3.0,"a\"b\n",b"\x00a\xff",{"k":1}]"#);
    }
}
