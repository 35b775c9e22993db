//! One message of a relayed connection, read and written.

use std::borrow::Cow;

use aemp_transport::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use bytes::Bytes;
use serde::{Serialize, Serializer};
use smol_str::SmolStr;

use super::WINDOW;
use crate::id::NodeId;
use crate::message::Message;

/// The function of ours that relayed messages call.
pub(crate) const FUNCTION: &str = "aemp::relay";

/// The kind of packets that carry bytes.
pub(super) const DATA: &str = "data";

/// The kind of packets that are a sign of life, and nothing else.
pub(super) const ALIVE: &str = "alive";

/// The longest name of a connection.
const LONGEST_NAME: usize = 64;

/// One message of a relayed connection (see [`relay`](super)).
#[derive(Debug, PartialEq)]
pub(super) struct RelayPacket {
    pub(super) from: NodeId,
    pub(super) connection: SmolStr,
    pub(super) seq: u64,
    pub(super) word: Word,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Open {
        window: u64,
    },
    Accept {
        window: u64,
    },
    Data(Bytes),
    Ack {
        total: u64,
    },
    End,
    Close {
        text: String,
        /// Who is no implementation of this crate gives none.
        cause: Option<Cause>,
    },
    /// A sign of life, which may ask for one.
    Alive {
        ask: bool,
    },
}

/// Why a connection is refused, where more depends on it than what people read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cause {
    /// The hub, which speaks for the node, is not connected to it.
    Unknown,
    /// There is no room for one more connection that begins.
    Crowded,
}

impl Cause {
    const ALL: [Self; 2] = [Self::Unknown, Self::Crowded];

    /// How it stands behind the text of a `close`.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Crowded => "crowded",
        }
    }

    fn read(tag: &Value) -> Option<Self> {
        let tag = tag.as_str()?;
        Self::ALL.into_iter().find(|cause| cause.tag() == tag)
    }
}

/// Who speaks, and of what: the hub and the receiver of a packet read it in the same way.
pub(super) struct Envelope<'a> {
    pub(super) from: Cow<'a, str>,
    pub(super) connection: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
}

impl<'a> Envelope<'a> {
    /// Of all values of a packet.
    pub(super) fn read(values: &'a [Value]) -> Result<Self, &'static str> {
        let text = |index: usize| values.get(index).and_then(Value::to_text);
        let from = text(1).ok_or("the sender is missing, or no string")?;
        let connection = text(2).ok_or("the connection is missing, or no string")?;
        if connection.is_empty() || connection.len() > LONGEST_NAME {
            return Err("the connection has no name, or too long a one");
        }
        let kind = text(3).ok_or("the kind is missing, or no string")?;
        Ok(Self { from, connection, kind })
    }
}

/// The values of a packet.
pub(super) fn values(message: &Message) -> Result<Vec<Value>, &'static str> {
    // The largest holds a whole window, as base64.
    if message.weight() as u64 > 2 * WINDOW {
        return Err("a relayed message is longer than 512 KiB");
    }
    message.values().map_err(|_| "undecodable")
}

impl RelayPacket {
    /// Reads a packet.
    pub(super) fn read(message: &Message) -> Result<Self, &'static str> {
        let values = values(message)?;
        let Envelope { from, connection, kind } = Envelope::read(&values)?;
        let from = from.parse().map_err(|_| "the sender is not a node ID")?;
        let seq = values.get(4).and_then(number).ok_or("the number is missing, or none")?;
        let at = |index: usize| values.get(index).unwrap_or(&Value::Null);
        let word = Word::read(&kind, at(5), at(6))?;
        Ok(Self { from, connection: connection.into(), seq, word })
    }
}

impl Word {
    fn read(kind: &str, what: &Value, cause: &Value) -> Result<Self, &'static str> {
        let wrong_number = "window or total is no number";
        Ok(match kind {
            "open" => Self::Open { window: number(what).ok_or(wrong_number)? },
            "accept" => Self::Accept { window: number(what).ok_or(wrong_number)? },
            "ack" => Self::Ack { total: number(what).ok_or(wrong_number)? },
            DATA => Self::Data(bytes(what).ok_or("the data are no base64")?),
            "end" => Self::End,
            ALIVE => Self::Alive { ask: number(what).ok_or("ASK is no number")? != 0 },
            "close" => Self::Close {
                text: what.to_text().unwrap_or_default().into(),
                cause: Cause::read(cause),
            },
            _ => return Err("unknown kind of relayed message"),
        })
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Accept { .. } => "accept",
            Self::Data(_) => DATA,
            Self::Ack { .. } => "ack",
            Self::End => "end",
            Self::Close { .. } => "close",
            Self::Alive { .. } => ALIVE,
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
            Self::Data(bytes) => serializer.serialize_str(&BASE64.encode(bytes)),
            Self::End => serializer.serialize_unit(),
            Self::Alive { ask } => serializer.serialize_u64((*ask).into()),
            Self::Close { text, .. } => serializer.serialize_str(text),
        }
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn bytes(value: &Value) -> Option<Bytes> {
    BASE64.decode(&*value.to_text()?).ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: impl Serialize) -> Result<RelayPacket, &'static str> {
        RelayPacket::read(&Message::new(&parts).unwrap())
    }

    #[test]
    fn what_is_written_is_read() {
        for word in [
            Word::Open { window: 7 },
            Word::Accept { window: 0 },
            Word::Data(Bytes::from_static(b"\0\x7f\x80\xff")),
            Word::Ack { total: u64::MAX },
            Word::End,
            Word::Close { text: "b\u{e4}h".into(), cause: None },
            Word::Alive { ask: true },
            Word::Alive { ask: false },
        ] {
            let packet = read((FUNCTION, "a", "c", word.kind(), 3, &word)).unwrap();
            let expected = RelayPacket { from: "a".into(), connection: "c".into(), seq: 3, word };
            assert_eq!(packet, expected);
        }
    }

    #[test]
    fn a_close_may_have_a_cause() {
        let cause =
            |tag: &str| match read((FUNCTION, "a", "c", "close", 0, "no", tag)).unwrap().word {
                Word::Close { cause, .. } => cause,
                word => panic!("{word:?}"),
            };
        for one in Cause::ALL {
            assert_eq!(cause(one.tag()), Some(one));
        }
        assert_eq!(cause("one of later versions"), None);
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
        assert!(read((FUNCTION, "a", "c", "alive", 0, "yes")).is_err());
        assert!(read((FUNCTION, "a", "c", "data", 0, ((),))).is_err());
        assert!(read((FUNCTION, "a", "c", "data", 0, "not base64!")).is_err());
    }
}
