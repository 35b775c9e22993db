//! The untyped message.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aemp_transport::{EncodeError, Encoded, Value, ValueError, to_values};
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny};
use smol_str::SmolStr;

use super::args::{self, Arity, FromArgs};
use super::asker::LateReply;
use crate::id::NodeId;

/// What is longer than this, in bytes, is not decoded by the node, neither to be understood nor to
/// be printed: decoded values take up to 40 times the memory of their bytes.
const LONG: usize = 64 << 10;

/// What a reply port that is not made yet weighs, in bytes: about as much as it will.
const REPLY: usize = 48;

/// A message as a list of values: what closure ports receive and default handlers are given.
///
/// Cheap to clone when it came from another node (the bytes are shared).
///
/// ```
/// use aemp_actor::Message;
///
/// let message = Message::new(&("move", 3, "4", true))?;
/// assert_eq!(message.tag(), "move");
/// let (x, y): (i32, i32) = message.args()?; // lenient: "4" is a number; surplus is ignored
/// assert_eq!((x, y, message.arg::<bool>(2)?), (3, 4, true));
/// assert_eq!(message.to_string(), r#"["move",3,"4",true]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Message {
    tag: SmolStr,
    body: Body,
    /// The node that it came from; `None` for those of this node.
    from: Option<NodeId>,
    /// What stands behind the values, if it is a request of this node.
    reply: Option<Arc<dyn LateReply>>,
}

/// Where the values are.
#[derive(Clone)]
pub(crate) enum Body {
    /// Sent on this node: the values themselves.
    Values(Vec<Value>),
    /// From another node: not decoded yet.
    Encoded(Encoded),
}

impl Message {
    /// A message from anything that serialises as a sequence (a tuple, a `Vec`); anything else
    /// is a message of one element.
    ///
    /// # Errors
    /// When `parts` cannot be serialised.
    pub fn new<T: Serialize + ?Sized>(parts: &T) -> Result<Self, ValueError> {
        to_values(parts).map(Self::from_values)
    }

    /// A message from its values.
    pub fn from_values(values: Vec<Value>) -> Self {
        let tag = values.first().map(tag_of).unwrap_or_default();
        Self { tag, body: Body::Values(values), from: None, reply: None }
    }

    /// A request from its values, of which there are some: the reply port is to stand behind them.
    pub(crate) fn asking(values: Vec<Value>, reply: Arc<dyn LateReply>) -> Self {
        Self { reply: Some(reply), ..Self::from_values(values) }
    }

    /// The reply port that stands behind the values, and may not have been made yet.
    pub(crate) fn late_reply(&self) -> Option<&Arc<dyn LateReply>> {
        self.reply.as_ref()
    }

    /// The ID of that, which is made.
    fn reply_value(&self) -> Option<&Value> {
        let reply = self.reply.as_ref()?;
        reply.clone().make();
        Some(reply.value())
    }

    /// All elements of a message of these values; a reply port is made when it is their turn.
    pub(super) fn elements<'a>(
        &'a self,
        values: &'a [Value],
    ) -> impl Iterator<Item = &'a Value> + use<'a> {
        values.iter().chain(std::iter::once_with(|| self.reply_value()).flatten())
    }

    pub(crate) fn from_encoded(encoded: Encoded) -> Self {
        let tag = encoded.first_str().unwrap_or_default();
        Self { tag, body: Body::Encoded(encoded), from: None, reply: None }
    }

    /// The message as one that came from another node.
    pub(crate) fn come_from(self, node: &NodeId) -> Self {
        Self { from: Some(node.clone()), ..self }
    }

    /// The other node that it came from, if it did.
    pub(crate) fn sender_node(&self) -> Option<&NodeId> {
        self.from.as_ref()
    }

    /// The first element if it is a string (or bytes or a number, as text), else the empty string.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// All elements, the tag included.
    ///
    /// # Errors
    /// When the bytes are of no valid message; that cannot happen to a message that a port was
    /// given.
    pub fn values(&self) -> Result<Vec<Value>, ValueError> {
        match &self.body {
            Body::Values(values) => Ok(self.elements(values).cloned().collect()),
            Body::Encoded(encoded) => encoded.to_values(),
        }
    }

    pub(crate) fn into_values(self) -> Result<Vec<Value>, ValueError> {
        let reply = self.reply_value().cloned();
        match self.body {
            Body::Values(mut values) => {
                values.extend(reply);
                Ok(values)
            }
            Body::Encoded(encoded) => encoded.to_values(),
        }
    }

    /// The first element as text, if it is a string, bytes or a number: [`tag`](Self::tag) is
    /// empty if not.
    pub(crate) fn first_text(&self) -> Option<SmolStr> {
        match &self.body {
            Body::Values(values) => values.first().and_then(Value::to_text).map(SmolStr::new),
            Body::Encoded(encoded) => encoded.first_str(),
        }
    }

    /// The last element as text, if it is a string or bytes; nothing else of the message is kept.
    pub(crate) fn last_text(&self) -> Option<String> {
        args::last_text(self)
    }

    /// The message without its first element; nothing is decoded.
    pub(crate) fn without_first(self) -> Self {
        let rest = match self.body {
            Body::Values(mut values) => {
                drop(values.drain(..values.len().min(1)));
                Self::from_values(values)
            }
            Body::Encoded(encoded) => Self::from_encoded(encoded.without_first()),
        };
        Self { from: self.from, reply: self.reply, ..rest }
    }

    /// The message with more elements at its end; nothing is decoded.
    ///
    /// # Errors
    /// When they cannot be encoded.
    pub(crate) fn with(self, more: Vec<Value>) -> Result<Self, EncodeError> {
        let reply = self.reply_value().cloned();
        let Self { tag, body, from, .. } = self;
        let longer = match body {
            Body::Values(mut values) => {
                values.extend(reply.into_iter().chain(more));
                Self::from_values(values)
            }
            Body::Encoded(encoded) => {
                Self { tag, body: Body::Encoded(encoded.with(&more)?), from: None, reply: None }
            }
        };
        Ok(Self { from, ..longer })
    }

    /// The elements, each as a message of its own if it is a list; nothing is decoded.
    pub(crate) fn lists(&self) -> Box<dyn Iterator<Item = Option<Self>> + '_> {
        match &self.body {
            Body::Values(values) => Box::new(
                self.elements(values)
                    .map(|value| value.as_list().map(|list| Self::from_values(list.to_vec()))),
            ),
            Body::Encoded(encoded) => {
                Box::new(encoded.lists().map(|list| list.map(Self::from_encoded)))
            }
        }
    }

    /// Whether it has no elements, not even a tag.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.body {
            Body::Values(values) => values.is_empty() && self.reply.is_none(),
            Body::Encoded(_) => args::nth::<IgnoredAny>(self, 0).is_err(),
        }
    }

    /// Whether it is longer than what the node itself decodes as a whole.
    pub(crate) fn is_long(&self) -> bool {
        self.weight() > LONG
    }

    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    /// Argument number `index` (0 is the first after the tag), decoded leniently.
    ///
    /// # Errors
    /// When there is no such argument and `T` is no `Option`, or it has another type.
    pub fn arg<T: DeserializeOwned>(&self, index: usize) -> Result<T, ArgError> {
        args::nth(self, index + 1).map_err(|error| self.arg_error(error.to_string()))
    }

    /// Argument number `index`, as the seed reads it, leniently.
    ///
    /// # Errors
    /// When there is no such argument, or it is not what the seed expects.
    pub(crate) fn arg_with<'de, S: DeserializeSeed<'de>>(
        &'de self,
        index: usize,
        seed: S,
    ) -> Result<S::Value, ArgError> {
        args::nth_with(self, index + 1, seed).map_err(|error| self.arg_error(error.to_string()))
    }

    /// All arguments after the tag as a tuple: missing trailing ones are `None` for `Option`s,
    /// surplus ones are ignored.
    ///
    /// # Errors
    /// As for [`arg`](Self::arg).
    pub fn args<A: FromArgs>(&self) -> Result<A, ArgError> {
        args::decode(self, &[], Arity::AfterTag)
            .map(|decoded| decoded.args)
            .map_err(|error| self.arg_error(error.to_string()))
    }

    /// The whole message, the tag included, as a tuple: what the answer to a request is read
    /// with.
    ///
    /// # Errors
    /// As for [`arg`](Self::arg).
    pub fn decode<A: FromArgs>(&self) -> Result<A, ArgError> {
        args::decode(self, &[], Arity::Whole)
            .map(|decoded| decoded.args)
            .map_err(|error| self.arg_error(error.to_string()))
    }

    /// Whether argument `index` decodes as a `T` and equals `expected`.
    pub fn arg_is<T: DeserializeOwned + PartialEq>(&self, index: usize, expected: &T) -> bool {
        self.arg::<T>(index).is_ok_and(|arg| arg == *expected)
    }

    /// Bytes on the wire for a message from another node, else an estimate.
    pub(crate) fn weight(&self) -> usize {
        match &self.body {
            Body::Values(values) => {
                let reply = if self.reply.is_some() { REPLY } else { 0 };
                16 * values.len() + values.iter().map(weight).sum::<usize>() + reply
            }
            Body::Encoded(encoded) => encoded.bytes_len(),
        }
    }

    fn arg_error(&self, text: String) -> ArgError {
        ArgError { tag: shortened(&self.tag).into(), text: shortened(&text).into_owned() }
    }
}

/// What a value holds outside its own cell, roughly.
fn weight(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.iter().map(|v| 32 + weight(v)).sum(),
        Value::Map(map) => map.iter().map(|(k, v)| 64 + k.len() + weight(v)).sum(),
        _ => 0,
    }
}

fn tag_of(value: &Value) -> SmolStr {
    value.to_text().map(SmolStr::new).unwrap_or_default()
}

/// An argument that is missing or of another type.
#[derive(Clone, PartialEq, thiserror::Error)]
#[error("message {tag:?}: {text}")]
pub struct ArgError {
    tag: SmolStr,
    text: String,
}

/// Prints the message as JSON-like text, long ones shortened; of very long ones the tag and the
/// length.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_long() {
            return write!(f, "[{:?}, …] ({} bytes)", shortened(&self.tag), self.weight());
        }
        let text = match self.values() {
            Ok(values) => Value::List(values).to_string(),
            Err(error) => format!("<undecodable: {error}>"),
        };
        f.write_str(&shortened(&text))
    }
}

/// The text for people to read: of a long one the beginning, the length and the end. What came
/// from another node can be of any length, and texts about it go into logs and to other nodes.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    const BEGINNING: usize = 200;
    const END: usize = 80;
    let long = text.len() > BEGINNING + END;
    let beginning = text.char_indices().nth(BEGINNING).filter(|_| long);
    let end = text.char_indices().nth_back(END - 1).filter(|_| long);
    match (beginning, end) {
        (Some((to, _)), Some((from, _))) if to < from => {
            format!("{}… ({} bytes) …{}", &text[..to], text.len(), &text[from..]).into()
        }
        _ => text.into(),
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({self})")
    }
}

impl Serialize for Message {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.body {
            Body::Values(values) if self.reply.is_none() => values.serialize(serializer),
            Body::Values(values) => serializer.collect_seq(self.elements(values)),
            Body::Encoded(encoded) => encoded.serialize(serializer),
        }
    }
}

impl TryFrom<Message> for Value {
    type Error = ValueError;

    fn try_from(message: Message) -> Result<Self, ValueError> {
        message.into_values().map(Self::List)
    }
}
