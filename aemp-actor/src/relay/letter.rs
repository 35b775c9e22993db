//! One message of a relayed connection, read and written.

use aemp_transport::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use bytes::Bytes;
use serde::{Serialize, Serializer};
use smol_str::SmolStr;

use crate::id::NodeId;
use crate::message::Message;

/// The function of ours that relayed messages call.
pub(crate) const FUNCTION: &str = "aemp::relay";

/// The longest name of a connection.
pub(super) const LONGEST_NAME: usize = 64;

/// See the module [`relay`](super).
#[derive(Debug, PartialEq)]
pub(super) struct Letter {
    pub(super) from: NodeId,
    pub(super) connection: SmolStr,
    pub(super) seq: u64,
    pub(super) word: Word,
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Open { window: u64 },
    Accept { window: u64 },
    Data(Bytes),
    Ack { total: u64 },
    End,
    Close { text: String },
}

impl Letter {
    /// Reads a letter.
    pub(super) fn read(message: &Message) -> Result<Self, &'static str> {
        let mut values = message.values().map_err(|_| "undecodable")?.into_iter().skip(1);
        let mut next = |what| values.next().ok_or(what);
        let from = text(next("the sender is missing")?).ok_or("the sender is no string")?;
        let from = from.parse().map_err(|_| "the sender is no node ID")?;
        let connection =
            text(next("the connection is missing")?).ok_or("the connection is no string")?;
        if connection.is_empty() || connection.len() > LONGEST_NAME {
            return Err("the connection has no name, or too long a one");
        }
        let kind = text(next("the kind is missing")?).ok_or("the kind is no string")?;
        let seq = number(&next("the number is missing")?).ok_or("the number is none")?;
        let word = Word::read(&kind, values.next().unwrap_or_default())?;
        Ok(Self { from, connection: connection.into(), seq, word })
    }
}

impl Word {
    fn read(kind: &str, what: Value) -> Result<Self, &'static str> {
        let wrong_number = "window or total is no number";
        Ok(match kind {
            "open" => Self::Open { window: number(&what).ok_or(wrong_number)? },
            "accept" => Self::Accept { window: number(&what).ok_or(wrong_number)? },
            "ack" => Self::Ack { total: number(&what).ok_or(wrong_number)? },
            "data" => Self::Data(octets(what).ok_or("the data are no base64")?),
            "end" => Self::End,
            "close" => Self::Close { text: text(what).unwrap_or_default() },
            _ => return Err("unknown kind of relayed message"),
        })
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Accept { .. } => "accept",
            Self::Data(_) => "data",
            Self::Ack { .. } => "ack",
            Self::End => "end",
            Self::Close { .. } => "close",
        }
    }
}

/// What stands behind the number.
impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open { window: number }
            | Self::Accept { window: number }
            | Self::Ack { total: number } => serializer.serialize_u64(*number),
            Self::Data(octets) => serializer.serialize_str(&BASE64.encode(octets)),
            Self::End => serializer.serialize_unit(),
            Self::Close { text } => serializer.serialize_str(text),
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text),
        Value::Int(_) | Value::UInt(_) => Some(value.to_string()),
        Value::Bytes(octets) => Some(octets.iter().copied().map(char::from).collect()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn octets(value: Value) -> Option<Bytes> {
    BASE64.decode(text(value)?).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: impl Serialize) -> Result<Letter, &'static str> {
        Letter::read(&Message::new(&parts).unwrap())
    }

    #[test]
    fn what_is_written_is_read() {
        for word in [
            Word::Open { window: 7 },
            Word::Accept { window: 0 },
            Word::Data(Bytes::from_static(b"\0\x7f\x80\xff")),
            Word::Ack { total: u64::MAX },
            Word::End,
            Word::Close { text: "b\u{e4}h".into() },
        ] {
            let letter = read((FUNCTION, "a", "c", word.kind(), 3, &word)).unwrap();
            let expected = Letter { from: "a".into(), connection: "c".into(), seq: 3, word };
            assert_eq!(letter, expected);
        }
    }

    #[test]
    fn loose_types_are_read() {
        let data = read((FUNCTION, "a", 12, "data", "3", "/wo")).unwrap();
        assert_eq!((&*data.connection, data.seq), ("12", 3));
        assert_eq!(data.word, Word::Data(Bytes::from_static(b"\xff\n")));
        // What looks like a number may arrive as one.
        let data = read((FUNCTION, "a", "c", "data", 0, 1234)).unwrap();
        assert_eq!(data.word, Word::Data(Bytes::from_static(b"\xd7\x6d\xf8")));
        let ack = read((FUNCTION, "a", "c", "ack", 3, "4")).unwrap();
        assert_eq!(ack.word, Word::Ack { total: 4 });
        assert_eq!(read((FUNCTION, "a", "c", "end", 3)).unwrap().word, Word::End);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(read((FUNCTION,)).is_err());
        assert!(read((FUNCTION, "a", "c")).is_err());
        assert!(read((FUNCTION, "no id!", "c", "end", 0)).is_err());
        assert!(read((FUNCTION, "a", "", "end", 0)).is_err());
        assert!(read((FUNCTION, "a", "x".repeat(65), "end", 0)).is_err());
        assert!(read((FUNCTION, "a", "c", "end", -1)).is_err());
        assert!(read((FUNCTION, "a", "c", "end", "one")).is_err());
        assert!(read((FUNCTION, "a", "c", "sing", 0)).is_err());
        assert!(read((FUNCTION, "a", "c", "open", 0)).is_err());
        assert!(read((FUNCTION, "a", "c", "data", 0, ((),))).is_err());
        assert!(read((FUNCTION, "a", "c", "data", 0, "not base64!")).is_err());
    }
}
