//! Protocols: messages that ports of many types answer. What `#[protocol]` writes, and what the ports
//! that list a protocol are.
//!
//! A protocol is named by its handle, which `#[protocol]` makes. Its messages are an enum of their own; a
//! port that lists protocols has for its messages the sum of its own and theirs ([`Either`]), so that a
//! message of a protocol lies in the mailbox as any other does.

use std::any::{Any, TypeId};
use std::future::Future;
use std::sync::Arc;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::context::Ctx;
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::handle::Ref;
use super::mailbox::Envelope;
use super::recipient::Recipient;
use super::through::{self, Held};
use crate::die::Die;
use crate::message::{BadMessage, Message};

/// The messages of a `#[protocol]`, named by its handle.
pub trait Protocol: From<Recipient<Self>> + Sized + 'static {
    /// The messages as values.
    type Msg: Send + 'static;
    /// The name of the trait.
    const NAME: &'static str;
    /// The tags of the messages that can be sent as data.
    const TAGS: &'static [&'static str];

    /// See [`Port::decode`].
    ///
    /// # Errors
    /// As there.
    fn decode(msg: Message) -> Result<Self::Msg, BadMessage>;

    /// See [`Port::encode`].
    ///
    /// # Errors
    /// As there.
    fn encode(msg: &Self::Msg, to: Encoder<'_>) -> Result<(), Unencodable>;
}

/// A port whose messages are, among others, those of the protocol with the handle `H`. Derived with the
/// list of protocols.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not list the protocol of `{H}`",
    label = "not in the list of protocols of `{Self}`",
    note = "write it into the list: `#[derive(Port)] #[port(protocols(…))]` above `{Self}`"
)]
pub trait Answers<H: Protocol>: Port {
    /// The message among those of the port.
    fn message(msg: H::Msg) -> Self::Msg;
}

/// How a port that implements the trait of a protocol handles its messages. Written by `#[protocol]`.
pub trait Handles<P: Port>: Protocol {
    /// See [`Port::handle`].
    fn handle(
        port: &mut P,
        ctx: &mut Ctx<P>,
        msg: Self::Msg,
    ) -> impl Future<Output = Result<(), Die>> + Send;
}

/// A port that implements the trait of the protocol with the handle `H`. Written by `#[rcv]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer the protocol of `{H}`, which it lists",
    label = "not implemented",
    note = "write `#[rcv] impl … for {Self} {{ … }}`"
)]
pub trait Implements<H: Protocol>: Sized {
    /// See [`Port::handle`].
    fn handle_protocol(
        &mut self,
        ctx: &mut Ctx<Self>,
        msg: H::Msg,
    ) -> impl Future<Output = Result<(), Die>> + Send
    where
        Self: Port;
}

/// The messages of all protocols that a port lists. Derived with the list.
pub trait Listed: Sized {
    /// The messages: an [`Either`] of them, or those of the only one.
    type Msg: Send + 'static;
    /// The tags of each of them.
    const TAGS: &'static [&'static [&'static str]];

    /// See [`Port::handle`].
    fn handle(
        &mut self,
        ctx: &mut Ctx<Self>,
        msg: <Self as Listed>::Msg,
    ) -> impl Future<Output = Result<(), Die>> + Send
    where
        Self: Port;

    /// See [`Port::decode`]; a message whose tag is of none of them comes back.
    ///
    /// # Errors
    /// See there.
    fn decode(msg: Message) -> Result<Result<<Self as Listed>::Msg, BadMessage>, Message>;

    /// See [`Port::encode`].
    ///
    /// # Errors
    /// As there.
    fn encode(msg: &<Self as Listed>::Msg, to: Encoder<'_>) -> Result<(), Unencodable>;

    /// The handle of one of them on the port.
    fn protocol(port: &Ref<Self>, protocol: TypeId) -> Option<Box<dyn Any>>
    where
        Self: Port;
}

/// From the trait of a protocol, of which it is a supertrait, to its handle: a macro that is given the
/// name of the trait knows no other.
pub trait Named<H> {
    /// The handle.
    type __Protocol;
}

impl<T: ?Sized, H> Named<H> for T {
    type __Protocol = H;
}

/// The messages of a port with protocols: its own, or those of the protocols.
#[derive(Debug)]
pub enum Either<A, B> {
    /// The first.
    A(A),
    /// The others.
    B(B),
}

impl<A, B> From<A> for Either<A, B> {
    fn from(own: A) -> Self {
        Self::A(own)
    }
}

/// In the place of the reply where nothing is answered.
#[derive(Debug)]
pub struct NoAnswer;

/// A cell of a port that answers a protocol.
pub(super) trait Speaks<H: Protocol>: AnyCell {
    /// Puts a message into the mailbox.
    fn push_message(self: Arc<Self>, msg: H::Msg);

    /// A message for the port, not sent yet.
    fn hold(self: Arc<Self>, msg: H::Msg) -> Box<dyn Held>;
}

impl<H: Protocol, P: Answers<H>> Speaks<H> for Cell<P> {
    fn push_message(self: Arc<Self>, msg: H::Msg) {
        self.push(Envelope::Typed(P::message(msg)));
    }

    fn hold(self: Arc<Self>, msg: H::Msg) -> Box<dyn Held> {
        through::hold(self, P::message(msg))
    }
}

/// Fails, while a program is compiled, if two of the sets have a tag in common; names both.
pub const fn demand_unique_tags(sets: &[(&str, &[&str])]) {
    let mut second = 1;
    while second < sets.len() {
        let mut first = 0;
        while first < second {
            if let Some(tag) = common(sets[first].1, sets[second].1) {
                let text = Text::new()
                    .with("the tag \"")
                    .with(tag)
                    .with("\" is answered by `")
                    .with(sets[first].0)
                    .with("` and by `")
                    .with(sets[second].0)
                    .with("`: give one of them another with #[rcv(tag = \"text\")]");
                text.fail();
            }
            first += 1;
        }
        second += 1;
    }
}

const fn common<'a>(one: &[&'a str], two: &[&str]) -> Option<&'a str> {
    let mut i = 0;
    while i < one.len() {
        let mut j = 0;
        while j < two.len() {
            if is_same(one[i].as_bytes(), two[j].as_bytes()) {
                return Some(one[i]);
            }
            j += 1;
        }
        i += 1;
    }
    None
}

const fn is_same(one: &[u8], two: &[u8]) -> bool {
    let mut i = 0;
    while i < one.len() && i < two.len() && one[i] == two[i] {
        i += 1;
    }
    i == one.len() && i == two.len()
}

/// A text that is made while a program is compiled; what is too long is cut off.
struct Text {
    bytes: [u8; 400],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 400], len: 0 }
    }

    const fn with(mut self, part: &str) -> Self {
        let part = part.as_bytes();
        let mut i = 0;
        while i < part.len() && self.len < self.bytes.len() {
            self.bytes[self.len] = part[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn fail(&self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            Err(_) => panic!("two protocols of a port answer the same tag"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_different_sets_differ() {
        demand_unique_tags(&[("One", &["a", "b"]), ("Two", &["ab"]), ("Three", &[])]);
    }

    #[test]
    #[should_panic(expected = "the tag \"b\" is answered by `One` and by `Three`")]
    fn a_common_tag_is_named_with_both() {
        demand_unique_tags(&[("One", &["a", "b"]), ("Two", &["ab"]), ("Three", &["b"])]);
    }
}
