//! Reply ports: where the answer to an untyped request comes in.

use std::any::Any;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::call::CallError;
use super::facts::{Facts, kind};
use crate::id::{NodeId, PortId, PortName};
use crate::message::Message;
use crate::monitor::WatchId;
use crate::node::{Action, Core, Dropped, MonToken, Watch};
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
pub(crate) struct ReplyCell {
    name: PortName,
    core: Arc<Core>,
    sender: Mutex<Option<oneshot::Sender<Answer>>>,
    /// On the port that has the request, or on its node; `None` when nobody waits any more.
    monitor: Mutex<Option<MonToken>>,
}

/// Makes a reply port; it is taken out of the registry when it was answered or by
/// [`ReplyCell::answer`].
pub(crate) fn reply_cell(core: &Arc<Core>) -> (Arc<ReplyCell>, oneshot::Receiver<Answer>) {
    let (sender, receiver) = oneshot::channel();
    let name = core.registry().new_reply_name();
    let cell = Arc::new(ReplyCell {
        name,
        core: core.clone(),
        sender: Mutex::new(Some(sender)),
        monitor: Mutex::default(),
    });
    if !core.registry().insert(cell.clone()) {
        cell.answer(Err(core.shutdown_reason().into()));
    }
    (cell, receiver)
}

impl ReplyCell {
    pub(crate) fn id(&self) -> PortId {
        PortId::new(self.core.id().clone(), self.name.clone())
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
        let former = self.monitor.lock().replace(token);
        if let Some(former) = former {
            former.cancel();
        }
        if self.death().is_some() {
            self.abandon();
        }
    }

    /// Nobody waits any more.
    pub(crate) fn abandon(&self) {
        self.answer(Err(Reason::normal().into()));
        let monitor = self.monitor.lock().take();
        if let Some(monitor) = monitor {
            monitor.cancel();
        }
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
        self.sender.lock().is_none().then(Reason::normal)
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
