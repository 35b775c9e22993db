//! Where the answer to a request goes.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use tokio::sync::oneshot;

use super::any_cell::{AnyCell, address};
use super::call::{Call, CallError};
use super::context::PortScope;
use super::current;
use super::encoder;
use super::owed::{self, Address, InHandler, Owed, ReplyPort, Target};
use super::reply_cell;
use crate::id::PortId;
use crate::message::{Asker, AskerTo};
use crate::reason::Reason;

/// What a caller on this node is given.
pub(crate) type Given<T> = Result<T, Box<CallError>>;

/// Where the answer to a request goes: a waiting caller on this node, a reply port anywhere, or
/// nowhere, when nobody asked for one.
///
/// A handler that takes `reply: Reply<T>` as its last parameter does not answer by returning: whoever
/// holds the value does, from anywhere: another handler, a task, a monitor, a timer. It is given away by
/// [`answer`](Self::answer), [`fail`](Self::fail) or [`forward`](Self::forward), and so once at most.
///
/// # Guarantees
/// - Dropped unanswered, it tells the caller so at once ([`CallError::Dropped`]); dropped by the very
///   handler that was given it, when that has ended.
/// - While it is held, wherever, the caller is told when the port that was given it dies
///   ([`CallError::Died`]).
/// - The deadline is the caller's: holding a reply does not prolong it, and answering one that is not
///   waited for any more does nothing.
/// - Callers on other nodes of this implementation are told the same as those on this node. The callback
///   of a Perl program is called without arguments when there is no answer.
pub struct Reply<T> {
    to: To<T>,
}

enum To<T> {
    Nowhere,
    /// With the cell of the port that is asked, by its address.
    Caller(oneshot::Sender<Given<T>>, usize),
    Port(ReplyPort<T>),
    /// In the hands of the port's code.
    Held(Arc<Owed<T>>),
}

impl<T> Reply<T> {
    /// For the reply port at the end of an untyped request, if there was one.
    pub fn port(id: Option<PortId>) -> Self
    where
        T: Serialize,
    {
        let port = id.map(|id| ReplyPort::new(Address::Anywhere(Box::new(id))));
        Self { to: port.map_or(To::Nowhere, To::Port) }
    }

    /// For whoever waits for the answer to an untyped request, if somebody does.
    #[doc(hidden)]
    pub fn to_asker(asker: Option<Asker>) -> Self
    where
        T: Serialize,
    {
        let late = match asker {
            Some(Asker(AskerTo::Late(late))) => late,
            Some(Asker(AskerTo::Port(id))) => return Self::port(Some(id)),
            None => return Self::port(None),
        };
        let Some(cell) = reply_cell::downcast(late) else { return Self::port(None) };
        cell.take();
        Self { to: To::Port(ReplyPort::new(Address::Late(cell))) }
    }

    /// For a message that is only encoded: its reply port.
    pub(crate) fn encoded(id: PortId) -> Self {
        Self { to: To::Port(ReplyPort::encoded(id)) }
    }

    /// For a caller on this node, who is told when this is dropped unanswered by the port of `asked`.
    pub(crate) fn caller(
        sender: oneshot::Sender<Given<T>>,
        asked: &Arc<impl AnyCell + ?Sized>,
    ) -> Self {
        Self { to: To::Caller(sender, address(asked)) }
    }

    pub(crate) fn port_id(&self) -> Option<PortId> {
        match &self.to {
            To::Port(port) => Some(port.to.id()),
            _ => None,
        }
    }

    fn take(&mut self) -> To<T> {
        std::mem::replace(&mut self.to, To::Nowhere)
    }

    /// Gives the answer. A caller that has given up is no error.
    ///
    /// # Panics
    /// When the answer goes to a port and cannot be serialised.
    #[track_caller]
    pub fn answer(mut self, value: T) {
        match self.take() {
            To::Nowhere => {}
            To::Caller(sender, _) => drop(sender.send(Ok(value))),
            To::Port(port) => match current::core() {
                Some(core) => port.send(&core, value),
                None => tracing::error!(
                    target: "aemp",
                    "an answer to {} is lost: it is given outside of the port; use Reply::later",
                    port.to.id()
                ),
            },
            To::Held(owed) => owed.tell(Ok(value)),
        }
    }

    /// The same, in a handler.
    #[doc(hidden)]
    #[track_caller]
    pub fn answer_in(mut self, scope: &PortScope, value: T) {
        match self.take() {
            To::Port(port) => port.send(scope.core(), value),
            to => Self { to }.answer(value),
        }
    }

    /// Tells the caller that there will be no answer, and why ([`CallError::Failed`]). The port lives.
    pub fn fail(self, reason: impl Into<Reason>)
    where
        T: Send + 'static,
    {
        if let Some(owed) = self.into_owed() {
            owed.fail(reason.into());
        }
    }

    /// Leaves the answer to `call`, a request that was sent to another port: its answer goes to the
    /// caller, and so does its error: if that port dies the caller is told that, of that port.
    ///
    /// From now on the caller is told nothing of the port that was asked first: it may end. Unless
    /// [`Call::timeout`] was set, `call` waits for as long as the caller does; if that is on another
    /// node, which does not tell when it has given up, for an hour at most.
    pub fn forward(self, call: Call<T>)
    where
        T: Send + 'static,
    {
        if let Some(owed) = self.into_owed() {
            owed.forward(call);
        }
    }

    /// What is owed to a caller; `None` when nobody asked. In a message it is that of the running port.
    fn into_owed(mut self) -> Option<Arc<Owed<T>>>
    where
        T: Send + 'static,
    {
        let target = match self.take() {
            To::Nowhere => return None,
            To::Held(owed) => return Some(owed),
            To::Caller(sender, _) => Target::Caller(sender),
            To::Port(port) => Target::Port(port),
        };
        let Some(cell) = current::cell() else {
            tracing::error!(target: "aemp", "a reply is lost outside of its port; use Reply::later");
            return None;
        };
        Some(owed::hold(&cell, target))
    }

    /// For ports without macros: the same reply, to be kept when the handler of `scope` has ended.
    /// What handlers of `#[rcv]` are given is that already.
    #[must_use = "dropped, it tells the caller that there is no answer"]
    pub fn later(mut self, scope: &PortScope) -> Self
    where
        T: Send + 'static,
    {
        let target = match self.take() {
            To::Caller(sender, _) => Target::Caller(sender),
            To::Port(port) => Target::Port(port),
            to => return Self { to },
        };
        Self { to: To::Held(owed::hold(scope.cell(), target)) }
    }

    /// A handler of the port has it: what becomes of it is told when that has ended.
    #[doc(hidden)]
    pub fn in_handler(&self) -> InHandler<T> {
        InHandler::new(match &self.to {
            To::Held(owed) => Some(owed),
            _ => None,
        })
    }
}

/// In a message: a port that drops the request of somebody who waits is dying, and he is told of that.
impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        match &self.to {
            To::Caller(sender, asked) if !sender.is_closed() => current::caller_is_notified(*asked),
            To::Held(owed) => owed.dropped(),
            _ => {}
        }
    }
}

/// The reply port's ID; an error for a caller on this node, which has none, unless the message is
/// only copied for a tap.
impl<T> Serialize for Reply<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.to {
            To::Port(port) => port.to.id().serialize(serializer),
            To::Nowhere => serializer.serialize_unit(),
            _ if encoder::is_capturing() => serializer.serialize_unit(),
            _ => Err(serde::ser::Error::custom("the caller has no port ID")),
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            To::Nowhere => f.write_str("Reply(nowhere)"),
            To::Caller(..) => f.write_str("Reply(caller)"),
            To::Port(port) => write!(f, "Reply({})", port.to.id()),
            To::Held(_) => f.write_str("Reply(held)"),
        }
    }
}
