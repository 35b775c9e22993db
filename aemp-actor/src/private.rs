//! What the macros expand to. Not for use by hand; it changes without notice.

use std::future::Future;

pub use inventory;
pub use serde;

pub use crate::message::{Asker, BadMessage};
pub use crate::port::{
    Answers, Either, Encoder, Handles, Implements, InHandler, InitEntry, InitFn, InitFuture,
    InitOutput, IntoArgument, Listed, Named, NoAnswer, Protocol, Recipient, Reply, Unencodable,
    demand_unique_tags,
};
use crate::{Ctx, Die, FromArgs, Message, Port, Rest, StopHook};

/// What `#[rcv]` implements and `#[derive(Port)]` builds on. It asks for no `Send`, which a port without
/// parameters is asked for once, as a [`Port`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no messages",
    note = "write `#[rcv]` above the impl block with its handlers: `#[rcv] impl {Self} {{ … }}`"
)]
pub trait OneRcvBlock: Sized {
    /// The messages.
    type Msg: Send + 'static;
    /// Their tags.
    const TAGS: &'static [&'static str];
    /// See [`Port::handle`].
    fn handle(
        &mut self,
        ctx: &mut Ctx<Self>,
        msg: <Self as OneRcvBlock>::Msg,
    ) -> impl Future<Output = Result<(), Die>> + Send
    where
        Self: Port;
    /// See [`Port::decode`].
    ///
    /// # Errors
    /// As there.
    /// `more` are the tags of the protocols of the port, for error texts.
    fn decode(
        msg: Message,
        more: &[&'static [&'static str]],
    ) -> Result<<Self as OneRcvBlock>::Msg, BadMessage>;
    /// See [`Port::encode`].
    ///
    /// # Errors
    /// As there.
    fn encode(msg: &<Self as OneRcvBlock>::Msg, to: Encoder<'_>) -> Result<(), Unencodable>;
    /// See [`Port::bad_message`].
    ///
    /// # Errors
    /// As there.
    fn bad_message(&mut self, ctx: &mut Ctx<Self>, bad: BadMessage) -> Result<(), Die>
    where
        Self: Port,
    {
        ctx.refuse(&bad);
        Ok(())
    }
    /// See [`Port::stop_hook`].
    fn stop_hook() -> Option<StopHook<Self>>
    where
        Self: Port,
    {
        None
    }
}

/// What `#[rcv]` implements for a port with parameters, whose bounds are those of the `#[rcv]` block.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no messages",
    note = "write `#[rcv]` above the impl block with its handlers: `#[rcv] impl {Self} {{ … }}`"
)]
pub trait GenericRcvBlock: OneRcvBlock + Send + 'static {}

/// No handler answers the tag: with all tags that are known, those of the block and of protocols.
pub fn unknown(
    msg: Message,
    own: &'static [&'static str],
    more: &[&'static [&'static str]],
) -> BadMessage {
    let known = std::iter::once(&own).chain(more).flat_map(|tags| tags.iter().copied());
    BadMessage::unknown(msg, &Vec::from_iter(known))
}

/// The arguments of a message.
///
/// # Errors
/// When they have other types.
pub fn args<A: FromArgs>(msg: &Message, names: &'static [&'static str]) -> Result<A, BadMessage> {
    crate::message::read(msg, names, false).map(|read| read.args)
}

/// The arguments of a request, and its reply port.
///
/// # Errors
/// When they have other types.
pub fn args_reply<A: FromArgs>(
    msg: &Message,
    names: &'static [&'static str],
) -> Result<(A, Option<Asker>), BadMessage> {
    crate::message::read_request(msg, names).map(|read| (read.args, read.reply))
}

/// The arguments of a message, and the surplus ones.
///
/// # Errors
/// When they have other types.
pub fn args_rest<A: FromArgs>(
    msg: &Message,
    names: &'static [&'static str],
) -> Result<(A, Rest), BadMessage> {
    crate::message::read(msg, names, true).map(|read| (read.args, Rest(read.rest)))
}

/// The arguments of a request, the surplus ones, and its reply port.
///
/// # Errors
/// When they have other types.
pub fn args_rest_reply<A: FromArgs>(
    msg: &Message,
    names: &'static [&'static str],
) -> Result<(A, Rest, Option<Asker>), BadMessage> {
    crate::message::read_request(msg, names).map(|read| (read.args, Rest(read.rest), read.reply))
}
