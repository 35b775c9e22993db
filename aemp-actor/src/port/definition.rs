//! What a port is: the trait behind `#[derive(Port)]`.

use std::any::{Any, TypeId};
use std::future::Future;

use super::context::Ctx;
use super::encoder::{Encoder, Unencodable};
use super::ending::StopHook;
use super::handle::Ref;
use crate::die::Die;
use crate::message::{BadMessage, Message};

/// A message destination: a value with a mailbox, whose messages are handled one at a time.
///
/// Derived with `#[derive(Port)]` on the struct and `#[rcv]` on an impl block; an implementation
/// by hand has the same rights. The value lives until the port is killed; it is dropped in port
/// context.
///
/// # Guarantees
/// - One message is handled at a time, in the order of arrival; the next begins when the handler
///   of the last has ended.
/// - `Err` and panics kill this port, with the kind `die` and the text, and nothing else.
/// - A message that it does not understand is [refused](crate::PortScope::refuse), in its turn, and the
///   port lives.
/// - Other tasks have their turn after 128 messages, and a port that is to end at once handles none more.
/// - Destructors run in the port's own task, in its runtime; where that has ended, where it was ended.
/// - State and messages are moved by value. An optimised build bears 512 KiB of each on the usual
///   stack of 2 MiB, a debug build 64 KiB, as a channel of tokio's; half of that where a handler is
///   `async`. Put what is larger into a box.
/// - A port without messages runs nothing and has no task, but for the 128 of a node that ran last: those
///   keep theirs, and up to 8 KiB for messages.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no port",
    note = "write `#[derive(Port)]` above the struct, and `#[rcv]` above its impl block"
)]
pub trait Port: Sized + Send + 'static {
    /// The messages as values: how typed handles on the same node send them.
    type Msg: Send + 'static;

    /// The typed handle.
    type Ref: From<Ref<Self>>;

    /// The tags it answers, for error texts.
    const TAGS: &'static [&'static str] = &[];

    /// Handles one message.
    fn handle(
        &mut self,
        ctx: &mut Ctx<Self>,
        msg: Self::Msg,
    ) -> impl Future<Output = Result<(), Die>> + Send;

    /// Makes a typed message of an untyped one. Runs in the port's own task.
    ///
    /// # Errors
    /// When the tag is unknown or the arguments are of other types.
    fn decode(msg: Message) -> Result<Self::Msg, BadMessage>;

    /// Hands the message to `to` in its untyped form: how typed handles send to other nodes.
    ///
    /// # Errors
    /// When the message cannot be sent as data.
    fn encode(msg: &Self::Msg, to: Encoder<'_>) -> Result<(), Unencodable>;

    /// The handle on `port` of this protocol, a [`Recipient`](crate::__private::Recipient), if the port
    /// answers it.
    #[doc(hidden)]
    fn protocol(_port: &Ref<Self>, _protocol: TypeId) -> Option<Box<dyn Any>> {
        None
    }

    /// Called in place of [`handle`](Self::handle) for a message that cannot be decoded.
    ///
    /// The default [refuses](crate::PortScope::refuse) it, and the port lives; `Err(bad.into())` kills
    /// the port.
    ///
    /// # Errors
    /// Kills the port.
    fn bad_message(&mut self, ctx: &mut Ctx<Self>, bad: BadMessage) -> Result<(), Die> {
        ctx.refuse(&bad);
        Ok(())
    }

    /// What runs when the port ends, in its own context: see [`StopHook`]. `#[rcv(stop)]` on a method sets
    /// it; there is none by default.
    fn stop_hook() -> Option<StopHook<Self>> {
        None
    }
}
