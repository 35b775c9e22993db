//! Where the answer to a request goes.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Serialize, Serializer};
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::context::PortScope;
use super::current;
use super::encoder;
use super::facts::{Facts, kind};
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::monitor::WatchId;
use crate::node::{Core, Dropped, Watch};
use crate::reason::Reason;

/// Where the answer to a request goes: a waiting caller on this node, a reply port anywhere, or
/// nowhere, when nobody asked for one.
pub struct Reply<T> {
    to: To<T>,
}

enum To<T> {
    Nowhere,
    /// With the cell of the port that is asked, by its address.
    Caller(oneshot::Sender<T>, usize),
    Port(Box<PortId>),
}

impl<T> Reply<T> {
    /// For the reply port at the end of an untyped request, if there was one.
    pub fn port(id: Option<PortId>) -> Self {
        Self { to: id.map_or(To::Nowhere, |id| To::Port(Box::new(id))) }
    }

    /// For a caller on this node, who is told when this is dropped unanswered by the port of `asked`.
    pub(crate) fn caller(sender: oneshot::Sender<T>, asked: &Arc<impl AnyCell>) -> Self {
        Self { to: To::Caller(sender, Arc::as_ptr(asked).addr()) }
    }

    pub(crate) fn port_id(&self) -> Option<&PortId> {
        match &self.to {
            To::Port(id) => Some(id),
            _ => None,
        }
    }

    /// Gives the answer. A caller that has given up is no error.
    ///
    /// # Panics
    /// When the answer goes to a port and cannot be serialised.
    #[track_caller]
    pub fn answer(mut self, scope: &PortScope, value: T)
    where
        T: Serialize,
    {
        match std::mem::replace(&mut self.to, To::Nowhere) {
            To::Nowhere => {}
            To::Caller(sender, _) => drop(sender.send(value)),
            To::Port(id) => scope.core().snd(&id, &(value,)),
        }
    }

    /// Gives the answer to a caller on this node.
    pub fn answer_local(mut self, value: T) {
        if let To::Caller(sender, _) = std::mem::replace(&mut self.to, To::Nowhere) {
            drop(sender.send(value));
        }
    }
}

/// A port that drops the request of somebody who waits is dying, and he is told of that.
impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let To::Caller(sender, asked) = &self.to
            && !sender.is_closed()
        {
            current::caller_is_notified(*asked);
        }
    }
}

/// The reply port's ID; an error for a caller on this node, which has none, unless the message is
/// only copied for a tap.
impl<T> Serialize for Reply<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.to {
            To::Port(id) => id.serialize(serializer),
            To::Nowhere => serializer.serialize_unit(),
            To::Caller(..) if encoder::is_capturing() => serializer.serialize_unit(),
            To::Caller(..) => Err(serde::ser::Error::custom("the caller has no port ID")),
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            To::Nowhere => f.write_str("Reply(nowhere)"),
            To::Caller(..) => f.write_str("Reply(caller)"),
            To::Port(id) => write!(f, "Reply({id})"),
        }
    }
}

/// What a reply port was sent, or why there will be no answer.
pub(crate) type Answer = Result<Message, Unanswered>;

/// Why a reply port will not be sent anything.
pub(crate) enum Unanswered {
    /// What was asked has died.
    Died(Reason),
    /// The port that was asked does not understand the request, or its node does not carry it out.
    Refused(String),
}

impl From<Reason> for Unanswered {
    fn from(reason: Reason) -> Self {
        Self::Died(reason)
    }
}

/// A port that waits for one message and then ends.
pub(crate) struct ReplyCell {
    name: PortName,
    core: Arc<Core>,
    sender: Mutex<Option<oneshot::Sender<Answer>>>,
}

/// Makes a reply port; it is taken out of the registry when it was answered or by
/// [`ReplyCell::answer`].
pub(crate) fn reply_cell(core: &Arc<Core>) -> (Arc<ReplyCell>, oneshot::Receiver<Answer>) {
    let (sender, receiver) = oneshot::channel();
    let name = core.registry().new_reply_name();
    let cell = Arc::new(ReplyCell { name, core: core.clone(), sender: Mutex::new(Some(sender)) });
    if !core.registry().insert(cell.clone()) {
        cell.answer(Err(core.shutdown_reason().into()));
    }
    (cell, receiver)
}

impl ReplyCell {
    pub(crate) fn id(&self) -> PortId {
        PortId::new(self.core.id().clone(), self.name.clone())
    }

    /// Gives the waiting caller its answer; only the first counts.
    pub(crate) fn answer(&self, answer: Answer) -> bool {
        let sender = self.sender.lock().take();
        self.core.registry().remove(&self.name);
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }
}

impl AnyCell for ReplyCell {
    fn name(&self) -> &PortName {
        &self.name
    }

    fn core(&self) -> &Arc<Core> {
        &self.core
    }

    fn deliver(self: Arc<Self>, message: Message) {
        if !self.answer(Ok(message)) {
            self.core.count_dropped(Dropped::DeadPort, 1);
        }
    }

    fn abort(self: Arc<Self>, reason: Reason) {
        self.answer(Err(reason.into()));
    }

    fn refused(self: Arc<Self>, problem: &str) {
        self.answer(Err(Unanswered::Refused(problem.to_owned())));
    }

    fn watch(&self, watch: Watch) -> Result<(), Watch> {
        // A reply port ends by being answered: there is nothing to tell a watcher later.
        Err(watch)
    }

    fn unwatch(&self, _: WatchId) -> Option<Watch> {
        None
    }

    fn kind(&self) -> &'static str {
        kind::REPLY
    }

    fn facts(&self) -> Facts {
        Facts::simple(0)
    }

    fn death(&self) -> Option<Reason> {
        self.sender.lock().is_none().then(Reason::normal)
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
