//! Reply ports: where the answer to an untyped request comes in.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use aemp_transport::Value;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::oneshot;

use super::any_cell::{AnyCell, address};
use super::call::{CallError, DeathWatch};
use super::current;
use super::facts::{Facts, kind};
use crate::id::{NodeId, PortId, PortName};
use crate::message::{LateReply, Message};
use crate::monitor::WatchId;
use crate::node::{Action, Core, Dropped, MonToken, Watch, traced};
use crate::reason::Reason;

/// What a reply port was sent, or why there will be no answer.
pub(crate) type Answer = Result<Message, Unanswered>;

/// Why a reply port will not be sent anything.
pub(crate) enum Unanswered {
    /// What was asked has died.
    Died(Reason),
    /// The port that was asked does not understand the request, or its node does not carry it out.
    Refused(String),
    /// Whoever had the request says what the caller is to be given.
    Notified(Box<CallError>),
}

impl From<Reason> for Unanswered {
    fn from(reason: Reason) -> Self {
        Self::Died(reason)
    }
}

/// A port that waits for one message and then ends.
///
/// That of a request to a port of this node is not made until somebody looks at its ID: it has no name, stands
/// in no table and watches nothing, and the message of the request holds it. What is dropped unanswered tells
/// the caller, who asks the port that was asked then.
pub(crate) struct ReplyCell {
    core: Arc<Core>,
    /// Set when it stands in the registry, or is about to; the ID as it stands in messages, too.
    id: OnceLock<(PortName, Value)>,
    sender: Mutex<Option<oneshot::Sender<Answer>>>,
    /// Who has the request; `None` also when nobody waits any more.
    watching: Mutex<Option<Watching>>,
    /// The port that was asked, if it is one of this node.
    asked: Option<Arc<dyn AnyCell>>,
    /// A [`Reply`](super::Reply) has it, and tells what becomes of the request.
    taken: AtomicBool,
}

/// How a reply port learns that there will be no answer.
enum Watching {
    Port { _watch: DeathWatch },
    Monitor(MonToken),
}

impl Watching {
    fn end(self) {
        if let Self::Monitor(token) = self {
            token.cancel();
        }
    }
}

/// Makes a reply port; it is taken out of the registry when it was answered or by
/// [`ReplyCell::answer`].
pub(crate) fn reply_cell(core: &Arc<Core>) -> (Arc<ReplyCell>, oneshot::Receiver<Answer>) {
    let (cell, receiver) = ReplyCell::new(core, None);
    cell.clone().make();
    (cell, receiver)
}

impl ReplyCell {
    /// One that is not made yet, for a request to the port of `asked`.
    pub(crate) fn late(asked: &Arc<dyn AnyCell>) -> (Arc<Self>, oneshot::Receiver<Answer>) {
        Self::new(asked.core(), Some(asked.clone()))
    }

    fn new(
        core: &Arc<Core>,
        asked: Option<Arc<dyn AnyCell>>,
    ) -> (Arc<Self>, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let cell = Arc::new(Self {
            core: core.clone(),
            id: OnceLock::new(),
            sender: Mutex::new(Some(sender)),
            watching: Mutex::default(),
            asked,
            taken: AtomicBool::new(false),
        });
        (cell, receiver)
    }

    /// Its ID; it is made.
    pub(crate) fn id(self: &Arc<Self>) -> PortId {
        self.clone().make();
        PortId::new(self.core.id().clone(), self.name().clone())
    }

    /// Whether it stands in the registry.
    fn register(self: &Arc<Self>) -> bool {
        let name = self.core.registry().new_reply_name();
        let text = PortId::new(self.core.id().clone(), name.clone()).to_string();
        self.id.set((name, text.into())).is_ok() && self.core.registry().insert(self.clone())
    }

    /// Whether there is, or will be, no answer to wait for.
    fn is_over(&self) -> bool {
        self.sender.lock().is_none()
    }

    /// A reply has it.
    pub(super) fn take(&self) {
        self.taken.store(true, Ordering::Relaxed);
    }

    /// Monitors `target`, which has the request from now on, in place of what had it before. The answer
    /// is `why` when it has died.
    pub(crate) fn monitor(
        self: &Arc<Self>,
        target: &PortId,
        why: impl FnOnce(Reason) -> Unanswered + Send + 'static,
    ) {
        let waiting = self.clone();
        let action = Action::Call(Box::new(move |reason| {
            waiting.answer(Err(why(reason)));
        }));
        let token = self.core.mon(target, None, action);
        self.watch_by(Watching::Monitor(token));
    }

    /// The port of `cell` has the request. The answer is its death.
    fn watch_port(self: &Arc<Self>, cell: &Arc<dyn AnyCell>) {
        let waiting = self.clone();
        let watch = DeathWatch::new(cell, move |reason| {
            waiting.answer(Err(reason.into()));
        });
        self.watch_by(Watching::Port { _watch: watch });
    }

    fn watch_by(&self, watching: Watching) {
        let former = self.watching.lock().replace(watching);
        former.into_iter().for_each(Watching::end);
        if self.is_over() {
            self.abandon();
        }
    }

    /// Nobody waits any more.
    pub(crate) fn abandon(&self) {
        self.answer(Err(Reason::normal().into()));
        let watching = self.watching.lock().take();
        watching.into_iter().for_each(Watching::end);
    }

    /// The request has left the port that was asked, and its node sees to it that it is answered.
    pub(crate) fn is_held_by(self: &Arc<Self>, node: &NodeId) {
        let target = PortId::new(node.clone(), PortName::default());
        let holder = target.clone();
        self.monitor(&target, |reason| {
            Unanswered::Notified(Box::new(CallError::Died { target: holder, reason }))
        });
    }

    /// Gives the waiting caller its answer; only the first counts.
    pub(crate) fn answer(&self, answer: Answer) -> bool {
        let sender = self.sender.lock().take();
        if let Some((name, _)) = self.id.get() {
            self.core.registry().remove(name);
        }
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }

    /// Answers with a message of these parts, as if it had been sent to the ID.
    ///
    /// # Panics
    /// When they cannot be serialised.
    #[track_caller]
    pub(super) fn answer_with(self: &Arc<Self>, parts: &impl Serialize) {
        match Message::new(parts) {
            Ok(message) if traced::is_wanted() => self.core.deliver(&self.id(), message),
            Ok(message) => self.clone().deliver(message),
            Err(error) => panic!("an answer to {} cannot be serialised: {error}", self.id()),
        }
    }
}

impl LateReply for ReplyCell {
    fn make(self: Arc<Self>) {
        let (is_registered, is_watching) = {
            // Whoever comes second waits until it stands in the registry.
            let watching = self.watching.lock();
            (self.id.get().is_some() || self.register(), watching.is_some())
        };
        if !is_registered {
            self.answer(Err(self.core.shutdown_reason().into()));
        }
        if self.is_over() {
            // Perhaps it was answered before it stood in the registry.
            self.core.registry().remove(self.name());
        }
        if let Some(asked) = self.asked.as_ref().filter(|_| !is_watching) {
            self.watch_port(asked);
        }
    }

    fn value(&self) -> &Value {
        self.id.get().map_or(&Value::Null, |(_, text)| text)
    }
}

/// A request that was dropped before it was answered: as a rule with its port.
impl Drop for ReplyCell {
    fn drop(&mut self) {
        let waits = self.sender.get_mut().as_ref().is_some_and(|sender| !sender.is_closed());
        if let Some(asked) = self.asked.as_ref().filter(|_| waits) {
            current::caller_is_notified(address(asked));
        }
    }
}

/// The reply port of a request of this node that has not been answered by way of its ID.
pub(super) fn late_reply(message: &Message) -> Option<Arc<ReplyCell>> {
    downcast(message.late_reply()?.clone())
}

/// There is no other kind.
pub(super) fn downcast(reply: Arc<dyn LateReply>) -> Option<Arc<ReplyCell>> {
    let reply: Arc<dyn Any + Send + Sync> = reply;
    reply.downcast().ok()
}

/// User code of the port of `cell` is given the message as it is, and can keep it: if no reply has taken the
/// request, the caller is told of the port's death by a watch.
pub(super) fn is_given(reply: &Arc<ReplyCell>, cell: &Arc<impl AnyCell + 'static>) {
    if !reply.taken.load(Ordering::Relaxed) && reply.watching.lock().is_none() {
        let cell: Arc<dyn AnyCell> = cell.clone();
        reply.watch_port(&cell);
    }
}

impl AnyCell for ReplyCell {
    fn name(&self) -> &PortName {
        static NONE: PortName = PortName::new_static("");
        self.id.get().map_or(&NONE, |(name, _)| name)
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

    fn unanswered(self: Arc<Self>, why: Unanswered) {
        self.answer(Err(why));
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
        self.is_over().then(Reason::normal)
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
