//! An answer that is given later: what [`Reply`](super::Reply) is while user code holds it.
//!
//! Invariants:
//!
//! 1. The caller is told once: whoever takes the target out of the state, under its lock, tells.
//! 2. A caller on this node is told of the death of the port that holds the answer by a watch, which is
//!    taken back together with the target. One that has a reply port, which was made, monitors that port itself.
//! 3. A reply that is dropped because its port dies says nothing: the watch, or the monitor, tells why.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::call::{Call, CallError, watch_death};
use super::current;
use super::reply::Given;
use super::reply_cell::{ReplyCell, Unanswered};
use crate::id::PortId;
use crate::monitor::WatchId;
use crate::node::{self, Core};
use crate::reason::Reason;

/// How long a forwarded request waits for the answer to a caller on another node.
const LONGEST: Duration = Duration::from_secs(3600);

/// An answer that somebody waits for, and that a port of this node owes.
pub(super) struct Owed<T> {
    /// The cell of the port that was given the request.
    holder: Arc<dyn AnyCell>,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// `None` when the caller has been told.
    target: Option<Target<T>>,
    /// On the holder.
    watch: Option<WatchId>,
    /// The handler that was given it runs.
    in_handler: bool,
    /// That handler has dropped it.
    dropped: bool,
}

/// Who waits.
pub(super) enum Target<T> {
    Caller(oneshot::Sender<Given<T>>),
    Port(ReplyPort<T>),
}

/// A reply port, and how it is sent a value.
pub(super) struct ReplyPort<T> {
    pub(super) to: Address,
    send: fn(&Arc<Core>, &Address, T),
}

/// Where a reply port is.
pub(super) enum Address {
    Anywhere(Box<PortId>),
    /// On this node, and perhaps not made yet.
    Late(Arc<ReplyCell>),
}

impl Address {
    /// The ID; the port is made.
    pub(super) fn id(&self) -> PortId {
        match self {
            Self::Anywhere(id) => PortId::clone(id),
            Self::Late(cell) => cell.id(),
        }
    }

    #[track_caller]
    fn send(&self, core: &Arc<Core>, value: &impl Serialize) {
        match self {
            Self::Anywhere(id) => core.snd(id, &(value,)),
            Self::Late(cell) => cell.answer_with(&(value,)),
        }
    }

    fn notify_unanswered(&self, core: &Arc<Core>, error: CallError) {
        match self {
            Self::Anywhere(id) => node::notify_unanswered(core, id, &error),
            Self::Late(cell) => {
                cell.answer(Err(Unanswered::Notified(Box::new(error))));
            }
        }
    }

    fn notify_held(&self, core: &Arc<Core>) {
        match self {
            Self::Anywhere(id) => node::notify_held(core, id),
            Self::Late(cell) => cell.is_held_by(core.id()),
        }
    }
}

impl<T> ReplyPort<T> {
    pub(super) fn new(to: Address) -> Self
    where
        T: Serialize,
    {
        Self { to, send: |core, to, value| to.send(core, &value) }
    }

    /// For a message that is only encoded.
    pub(super) fn encoded(id: PortId) -> Self {
        Self { to: Address::Anywhere(Box::new(id)), send: |_, _, _| {} }
    }

    #[track_caller]
    pub(super) fn send(&self, core: &Arc<Core>, value: T) {
        (self.send)(core, &self.to, value);
    }
}

impl<T> Target<T> {
    fn tell(self, core: &Arc<Core>, outcome: Given<T>) {
        match (self, outcome) {
            (Self::Caller(sender), outcome) => drop(sender.send(outcome)),
            (Self::Port(port), Ok(value)) => port.send(core, value),
            (Self::Port(port), Err(error)) => port.to.notify_unanswered(core, *error),
        }
    }

    /// Whether nothing watches the port that holds the answer.
    fn is_unwatched(&self) -> bool {
        match self {
            Self::Caller(_) => true,
            Self::Port(port) => matches!(port.to, Address::Late(_)),
        }
    }
}

/// The port of `holder` is given the request.
pub(super) fn hold<T: Send + 'static>(
    holder: &Arc<dyn AnyCell>,
    target: Target<T>,
) -> Arc<Owed<T>> {
    let is_here = target.is_unwatched();
    let state = State { target: Some(target), watch: None, in_handler: false, dropped: false };
    let owed = Arc::new(Owed { holder: holder.clone(), state: Mutex::new(state) });
    if is_here {
        let watched = owed.clone();
        let watch = watch_death(holder, move |reason| watched.died(reason));
        owed.state.lock().watch = Some(watch);
    }
    owed
}

impl<T> Owed<T> {
    /// Invariants 1 and 2.
    fn take(&self) -> Option<Target<T>> {
        let (target, watch) = {
            let mut state = self.state.lock();
            (state.target.take()?, state.watch.take())
        };
        if let Some(watch) = watch {
            drop(self.holder.unwatch(watch));
        }
        Some(target)
    }

    pub(super) fn tell(&self, outcome: Given<T>) {
        if let Some(target) = self.take() {
            target.tell(self.holder.core(), outcome);
        }
    }

    pub(super) fn fail(&self, reason: Reason) {
        self.tell(Err(Box::new(CallError::Failed { target: self.holder_id(), reason })));
    }

    fn died(&self, reason: Reason) {
        self.tell(Err(Box::new(CallError::Died { target: self.holder_id(), reason })));
    }

    fn tell_dropped(&self) {
        self.tell(Err(Box::new(CallError::Dropped { target: self.holder_id() })));
    }

    /// The last who held it has dropped it.
    pub(super) fn dropped(&self) {
        let in_port = current::is_running(&self.holder);
        // Invariant 3: before the lock of the cell is taken, nothing but the panic shows that it dies.
        if in_port && std::thread::panicking() || self.holder.is_ending() {
            return;
        }
        {
            let mut state = self.state.lock();
            if in_port && state.in_handler {
                state.dropped = true;
                return;
            }
        }
        self.tell_dropped();
    }

    fn holder_id(&self) -> PortId {
        PortId::new(self.holder.core().id().clone(), self.holder.name().clone())
    }

    /// The answer of `call` is that to the caller, which learns of the death of its port instead.
    pub(super) fn forward(&self, call: Call<T>)
    where
        T: Send + 'static,
    {
        let Some(mut target) = self.take() else { return };
        let core = self.holder.core().clone();
        let longest = match &target {
            Target::Caller(_) => Duration::MAX,
            Target::Port(port) => {
                port.to.notify_held(&core);
                LONGEST
            }
        };
        let mut call = call.or_timeout(longest);
        self.holder.core().runtime().spawn(async move {
            let answer = poll_fn(|cx| {
                if let Poll::Ready(outcome) = std::pin::Pin::new(&mut call).poll(cx) {
                    return Poll::Ready(Some(outcome));
                }
                match &mut target {
                    Target::Caller(sender) => sender.poll_closed(cx).map(|()| None),
                    Target::Port(_) => Poll::Pending,
                }
            });
            if let Some(outcome) = answer.await {
                target.tell(&core, outcome.map_err(Box::new));
            }
        });
    }
}

/// The handler that was given an answer to give runs.
#[doc(hidden)]
pub struct InHandler<T> {
    owed: Option<Arc<Owed<T>>>,
}

impl<T> InHandler<T> {
    pub(super) fn new(owed: Option<&Arc<Owed<T>>>) -> Self {
        if let Some(owed) = owed {
            owed.state.lock().in_handler = true;
        }
        Self { owed: owed.cloned() }
    }

    /// The handler has ended, and its port lives. If it fails instead, the caller learns of the death.
    pub fn ended(self) {
        let Some(owed) = self.owed else { return };
        let dropped = {
            let mut state = owed.state.lock();
            state.in_handler = false;
            state.dropped
        };
        if dropped {
            owed.tell_dropped();
        }
    }
}

impl<T> std::fmt::Debug for InHandler<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InHandler")
    }
}
