//! From the elements of a message to the parameters of a handler.
//!
//! The rules: an element decodes leniently where foreign nodes are loose; a missing trailing
//! element is `None` for an `Option` and an error for anything else; surplus elements are
//! ignored, or collected for a [`Rest`](super::Rest), or the last of them is the reply port of a
//! request.

use std::fmt;
use std::marker::PhantomData;

use aemp_transport::{DecodeError, Lenient, Value};
use serde::de::{DeserializeOwned, DeserializeSeed, Error, IgnoredAny, SeqAccess, Visitor};

use super::asker::{Asker, To};
use super::bad_message::BadMessage;
use super::payload::{Source, read_argument};
use super::rest::Rest;
use super::text::Text;
use super::value_list::{Body, Message};
use crate::id::PortId;

/// Names of the parameters, for error texts; may be shorter than the tuple.
type Names = &'static [&'static str];

/// Which elements of the message are the arguments, and what to do with surplus ones.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Arity {
    /// All elements; surplus ones are ignored.
    Whole,
    /// Without the tag; surplus ones are ignored.
    AfterTag,
    /// Without the tag; surplus ones are kept.
    AfterTagKeepRest,
}

/// Arguments and what was left over.
pub(crate) struct Decoded<A> {
    pub(crate) args: A,
    pub(crate) rest: Vec<Value>,
}

/// A tuple that can be read from the elements of a message: `()`, `(A,)`, `(A, B)`, … up to 12,
/// where every part is `DeserializeOwned`; or a [`Rest`], which takes all of them, or stands at the end of such a
/// tuple, `(A, B, Rest)`, and takes what is left.
pub trait FromArgs: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_elements<'de, S: SeqAccess<'de>>(
        elements: &mut Elements<'_, 'de, S>,
    ) -> Result<Self, S::Error>;
}

/// The elements of a message as they are read, with what an error text needs to know.
pub struct Elements<'a, 'de, S: SeqAccess<'de>> {
    seq: &'a mut S,
    source: Source<'a>,
    names: Names,
    next: usize,
    ended: bool,
    marker: PhantomData<&'de ()>,
}

impl<'de, S: SeqAccess<'de>> Elements<'_, 'de, S> {
    /// The next element.
    fn take<T: DeserializeOwned>(&mut self) -> Result<T, S::Error> {
        let element = if self.ended { Ok(None) } else { self.seq.next_element::<T>() };
        self.present(element)
    }

    /// The next element, without copying it if it is a large payload.
    fn take_argument<T: DeserializeOwned + 'static>(&mut self) -> Result<T, S::Error> {
        let source = self.source;
        let element = if self.ended { Ok(None) } else { read_argument(self.seq, source) };
        self.present(element)
    }

    /// What was read as the next element, or what stands for one that is missing.
    fn present<T: DeserializeOwned>(
        &mut self,
        element: Result<Option<T>, S::Error>,
    ) -> Result<T, S::Error> {
        let position = self.next;
        self.next += 1;
        match element.map_err(|error| self.wrong(position, &error))? {
            Some(value) => Ok(value),
            None => {
                self.ended = true;
                T::deserialize(Missing).map_err(|_| {
                    S::Error::custom(format_args!("{} is missing", self.describe(position)))
                })
            }
        }
    }

    fn take_rest(&mut self) -> Result<Rest, S::Error> {
        let mut values = Vec::new();
        while !self.ended {
            let read = self.seq.next_element::<Value>();
            match read.map_err(|error| self.wrong(self.next, &error))? {
                Some(value) => values.push(value),
                None => self.ended = true,
            }
            self.next += 1;
        }
        Ok(Rest(values))
    }

    fn wrong(&self, position: usize, error: &S::Error) -> S::Error {
        S::Error::custom(format_args!("{}: {error}", self.describe(position)))
    }

    fn describe(&self, position: usize) -> String {
        match self.names.get(position) {
            Some(name) => format!("argument {} ({name})", position + 1),
            None => format!("argument {}", position + 1),
        }
    }
}

/// All elements, of whatever type and number.
impl FromArgs for Rest {
    fn from_elements<'de, S: SeqAccess<'de>>(
        elements: &mut Elements<'_, 'de, S>,
    ) -> Result<Self, S::Error> {
        elements.take_rest()
    }
}

macro_rules! from_args {
    ($($name:ident)*) => {
        impl<$($name: DeserializeOwned + Send + 'static),*> FromArgs for ($($name,)*) {
            #[allow(unused_variables, clippy::unused_unit)]
            fn from_elements<'de, S: SeqAccess<'de>>(
                elements: &mut Elements<'_, 'de, S>,
            ) -> Result<Self, S::Error> {
                Ok(($(elements.take_argument::<$name>()?,)*))
            }
        }

        impl<$($name: DeserializeOwned + Send + 'static),*> FromArgs for ($($name,)* Rest,) {
            fn from_elements<'de, S: SeqAccess<'de>>(
                elements: &mut Elements<'_, 'de, S>,
            ) -> Result<Self, S::Error> {
                Ok(($(elements.take_argument::<$name>()?,)* elements.take_rest()?,))
            }
        }
    };
}
from_args!();
from_args!(A);
from_args!(A B);
from_args!(A B C);
from_args!(A B C D);
from_args!(A B C D E);
from_args!(A B C D E F);
from_args!(A B C D E F G);
from_args!(A B C D E F G H);
from_args!(A B C D E F G H I);
from_args!(A B C D E F G H I J);
from_args!(A B C D E F G H I J K);
from_args!(A B C D E F G H I J K L);

/// Decodes the arguments of a message.
pub(crate) fn decode<A: FromArgs>(
    message: &Message,
    names: Names,
    arity: Arity,
) -> Result<Decoded<A>, DecodeError> {
    drive(message, ArgsVisitor { source: Source::of(message), names, arity, marker: PhantomData })
}

/// Decodes element number `index` of the message.
pub(crate) fn nth<T: DeserializeOwned>(message: &Message, index: usize) -> Result<T, DecodeError> {
    drive(message, NthVisitor { index, marker: PhantomData })
}

/// The same, read by a seed.
pub(crate) fn nth_with<'de, S: DeserializeSeed<'de>>(
    message: &'de Message,
    index: usize,
    seed: S,
) -> Result<S::Value, DecodeError> {
    drive(message, SeedVisitor { index, seed })
}

/// The last element of the message as text, if it is a string or bytes.
pub(crate) fn last_text(message: &Message) -> Option<String> {
    drive(message, LastVisitor).ok().flatten()
}

/// What a handler's parameters are made of.
pub(crate) struct Read<A> {
    pub(crate) args: A,
    pub(crate) rest: Vec<Value>,
    pub(crate) reply: Option<Asker>,
}

/// The arguments of a message; surplus ones are collected if `keep_rest`.
pub(crate) fn read<A: FromArgs>(
    message: &Message,
    names: Names,
    keep_rest: bool,
) -> Result<Read<A>, BadMessage> {
    let arity = if keep_rest { Arity::AfterTagKeepRest } else { Arity::AfterTag };
    match decode(message, names, arity) {
        Ok(Decoded { args, rest }) => Ok(Read { args, rest, reply: None }),
        Err(error) => Err(BadMessage::arguments(message, error.to_string())),
    }
}

/// The same for a request: the last surplus argument is the reply port, if it is a port ID.
///
/// A foreign caller may leave trailing `Option`s out: then the reply port stands where the first
/// of them would. So when nothing is surplus, a port ID at the end is the reply port if the
/// request makes sense without it, and an argument only if it does not. One that was not made yet is no
/// argument, if the request makes sense without it.
pub(crate) fn read_request<A: FromArgs>(
    message: &Message,
    names: Names,
) -> Result<Read<A>, BadMessage> {
    if let (Some(late), Body::Values(values)) = (message.late_reply(), message.body()) {
        let source = Source::of(message);
        let visitor =
            ArgsVisitor { source, names, arity: Arity::AfterTagKeepRest, marker: PhantomData };
        if let Ok(Decoded { args, rest }) = visit(values.iter(), visitor) {
            return Ok(Read { args, rest, reply: Some(Asker(To::Late(late.clone()))) });
        }
    }
    let whole = read(message, names, true);
    if let Ok(Read { args, mut rest, .. }) = whole {
        let reply = split_reply(&mut rest).map(|reply| Asker(To::Port(reply)));
        if reply.is_some() || !rest.is_empty() {
            return Ok(Read { args, rest, reply });
        }
        return Ok(read_shorter(message, names).unwrap_or(Read { args, rest, reply }));
    }
    read_shorter(message, names).map_or(whole, Ok)
}

/// The request without the port ID at its end, if it has one and makes sense without it.
fn read_shorter<A: FromArgs>(message: &Message, names: Names) -> Option<Read<A>> {
    let (shorter, reply) = without_reply(message)?;
    let read = read(&shorter, names, true).ok()?;
    Some(Read { reply: Some(Asker(To::Port(reply))), ..read })
}

/// Takes the reply port off the end of surplus arguments.
fn split_reply(rest: &mut Vec<Value>) -> Option<PortId> {
    let last = rest.last()?;
    let last = if matches!(last, Value::Str(_) | Value::Bytes(_)) {
        last.to_text()?
    } else {
        return None;
    };
    if !PortId::looks_like_port(&last) {
        return None;
    }
    let id = PortId::from(&*last);
    rest.pop();
    Some(id)
}

fn without_reply(message: &Message) -> Option<(Message, PortId)> {
    let mut values = message.values().ok()?;
    let id = split_reply(&mut values)?;
    Some((Message::from_values(values), id))
}

fn drive<'de, V: Visitor<'de>>(message: &'de Message, visitor: V) -> Result<V::Value, DecodeError> {
    match message.body() {
        Body::Encoded(encoded) => encoded.visit_seq(visitor),
        Body::Values(values) => match message.late_reply() {
            None => visit(values.iter(), visitor),
            Some(_) => visit(message.elements(values), visitor),
        },
    }
}

/// Runs the visitor over values of this node with the same lenience as over bytes.
fn visit<'de, V: Visitor<'de>>(
    values: impl Iterator<Item = &'de Value>,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let seq = serde::de::value::SeqDeserializer::<_, aemp_transport::ValueError>::new(values);
    serde::Deserializer::deserialize_seq(Lenient(seq), visitor).map_err(DecodeError::custom)
}

struct ArgsVisitor<'a, A> {
    source: Source<'a>,
    names: Names,
    arity: Arity,
    marker: PhantomData<A>,
}

impl<'de, A: FromArgs> Visitor<'de> for ArgsVisitor<'_, A> {
    type Value = Decoded<A>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements of a message")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Decoded<A>, S::Error> {
        let skipped = self.arity == Arity::Whole || seq.next_element::<IgnoredAny>()?.is_some();
        let mut elements = Elements {
            seq: &mut seq,
            source: self.source,
            names: self.names,
            next: 0,
            ended: !skipped,
            marker: PhantomData,
        };
        let args = A::from_elements(&mut elements)?;
        let ended = elements.ended;
        let mut rest = Vec::new();
        if self.arity == Arity::AfterTagKeepRest && !ended {
            while let Some(value) = seq.next_element::<Value>()? {
                rest.push(value);
            }
        } else if !ended {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(Decoded { args, rest })
    }
}

struct NthVisitor<T> {
    index: usize,
    marker: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for NthVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements of a message")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<T, S::Error> {
        for _ in 0..self.index {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        let mut elements = Elements {
            seq: &mut seq,
            source: Source::default(),
            names: &[],
            next: self.index.saturating_sub(1),
            ended: false,
            marker: PhantomData,
        };
        let value = elements.take::<T>()?;
        if !elements.ended {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(value)
    }
}

struct SeedVisitor<S> {
    index: usize,
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for SeedVisitor<S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements of a message")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<S::Value, A::Error> {
        for _ in 0..self.index {
            seq.next_element::<IgnoredAny>()?;
        }
        let value = seq.next_element_seed(self.seed)?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        value.ok_or_else(|| A::Error::custom(format_args!("argument {} is missing", self.index)))
    }
}

struct LastVisitor;

impl<'de> Visitor<'de> for LastVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements of a message")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Option<String>, S::Error> {
        let mut last = None;
        while let Some(Text(text)) = seq.next_element()? {
            last = text;
        }
        Ok(last)
    }
}

/// Stands for an argument that is not there: `None` for an `Option`, an error for the rest.
struct Missing;

impl<'de> serde::Deserializer<'de> for Missing {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
