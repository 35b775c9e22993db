//! The answer to a request, waited for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::any_cell::AnyCell;
use super::current;
use super::deadline::Deadline;
use super::reply::Given;
use super::reply_cell::{Answer, ReplyCell, Unanswered};
use crate::id::PortId;
use crate::message::Message;
use crate::monitor::WatchId;
use crate::node::{Action, Core, Watch};
use crate::reason::Reason;

/// How long a request waits unless it is told otherwise.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// A request that was sent, and the answer to come: await it.
///
/// The request was sent when the method was called, in order with other messages; awaiting
/// later, or never, changes nothing for the port that is asked. There is always a deadline, 30
/// seconds after the call unless [`timeout`](Self::timeout) says otherwise.
///
/// # Cancel safety
/// Dropping it abandons the answer, not the request.
#[must_use = "the request was sent, but its answer is lost unless it is awaited"]
pub struct Call<T> {
    waiting: Waiting<T>,
    /// `None`: it is sent before the first poll, and nobody knows when.
    sent: Option<Instant>,
    /// `None`: the default.
    timeout: Option<Duration>,
    deadline: Option<Deadline>,
}

enum Waiting<T> {
    /// A port of this node, by typed handle.
    Typed(oneshot::Receiver<Given<T>>, Arc<dyn AnyCell>),
    /// The same, after it dropped the request: it is dying, or refused to answer.
    Dying { target: PortId, receiver: oneshot::Receiver<Reason>, _ends: DeathWatch },
    /// A port of this node, by its ID: through a reply port that is made when somebody looks at it.
    Asked {
        target: PortId,
        cell: Arc<dyn AnyCell>,
        receiver: oneshot::Receiver<Answer>,
        decode: Decode<T>,
        _ends: Abandon,
    },
    /// Any port, through a reply port.
    Untyped {
        target: PortId,
        receiver: oneshot::Receiver<Answer>,
        decode: Decode<T>,
        _ends: ReplyGuard,
    },
    /// It was not sent: the port is not of this node.
    NotLocal(PortId),
}

type Decode<T> = fn(Message) -> Result<T, String>;

/// Takes the reply port and the monitor back when the call ends.
struct ReplyGuard {
    cell: Arc<ReplyCell>,
}

impl Drop for ReplyGuard {
    fn drop(&mut self) {
        self.cell.abandon();
    }
}

/// The same, of one that is gone when its request was dropped.
struct Abandon {
    reply: Weak<ReplyCell>,
}

impl Drop for Abandon {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.upgrade() {
            reply.abandon();
        }
    }
}

/// Why a request has no answer.
///
/// ```
/// use std::time::Duration;
/// use aemp_actor::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let node = Node::local();
/// let silent = node.port_fn(|_ctx, _msg| ());
/// let call = node.cal::<(u64,)>(&silent, ("count",)).timeout(Duration::from_secs(2));
/// match call.await {
///     Ok((count,)) => println!("{count}"),
///     Err(CallError::Timeout { .. }) => println!("busy, or it never answers"),
///     Err(CallError::Died { reason, .. }) => println!("ask another one: {reason}"),
///     Err(error) => println!("a bug: {error}"),
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The deadline passed. The request may still be handled.
    #[error("no answer from {target} within {after:?}")]
    Timeout {
        /// The port that was asked.
        target: PortId,
        /// How long the answer was waited for.
        after: Duration,
    },
    /// The port died, or its node went down, before it answered.
    #[error("{target} died before it answered: {reason}")]
    Died {
        /// The port that was asked.
        target: PortId,
        /// Why it died.
        reason: Reason,
    },
    /// The port that was asked does not understand the request, or its node does not carry it out: it
    /// does not know it, or does not allow it. Nodes of other implementations do not say so.
    #[error("{target} does not answer: {text}")]
    Refused {
        /// The port, or node port, that was asked.
        target: PortId,
        /// What is wrong with the request.
        text: String,
    },
    /// The port that had the request failed it, and lives: [`Reply::fail`](crate::Reply::fail).
    #[error("{target} failed the request: {reason}")]
    Failed {
        /// The port that had the request.
        target: PortId,
        /// Why there is no answer.
        reason: Reason,
    },
    /// The port that had the request dropped its [`Reply`](crate::Reply) without an answer, and lives.
    #[error("{target} dropped the request without an answer")]
    Dropped {
        /// The port that had the request.
        target: PortId,
    },
    /// The answer has another type than expected.
    #[error("the answer of {target} is not what was expected: {text}")]
    BadAnswer {
        /// The port that was asked.
        target: PortId,
        /// What was expected and what came.
        text: String,
    },
    /// A port waited for an answer of its own, which it can give when the handler that waits has
    /// ended. The request may still be handled.
    #[error("{target} waits for itself: it answers when this handler has ended")]
    Itself {
        /// The port.
        target: PortId,
    },
    /// The request can only be sent to a port on the same node.
    #[error("{target} is not a port of this node, and the request cannot be sent as data")]
    NotLocal {
        /// The port that was asked.
        target: PortId,
    },
    /// The group that was to be asked has no member: nothing was sent.
    #[error("group {group:?} has no member")]
    NoMember {
        /// The group.
        group: String,
    },
}

impl CallError {
    /// Why the port died, or failed the request, if that is why there is no answer.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Died { reason, .. } | Self::Failed { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

impl<T> Call<T> {
    fn new(waiting: Waiting<T>) -> Self {
        Self { waiting, sent: Some(Instant::now()), timeout: None, deadline: None }
    }

    pub(crate) fn typed(receiver: oneshot::Receiver<Given<T>>, cell: Arc<dyn AnyCell>) -> Self {
        Self::new(Waiting::Typed(receiver, cell))
    }

    pub(crate) fn untyped(
        target: PortId,
        receiver: oneshot::Receiver<Answer>,
        decode: Decode<T>,
        cell: Arc<ReplyCell>,
    ) -> Self {
        let guard = ReplyGuard { cell };
        Self::new(Waiting::Untyped { target, receiver, decode, _ends: guard })
    }

    /// A request to the port of `cell`, of this node.
    pub(crate) fn asked(
        (target, cell): (PortId, Arc<dyn AnyCell>),
        receiver: oneshot::Receiver<Answer>,
        decode: Decode<T>,
        reply: &Arc<ReplyCell>,
    ) -> Self {
        let ends = Abandon { reply: Arc::downgrade(reply) };
        Self::new(Waiting::Asked { target, cell, receiver, decode, _ends: ends })
    }

    pub(crate) fn not_local(target: PortId) -> Self {
        Self::new(Waiting::NotLocal(target))
    }

    /// It is sent then.
    pub(super) fn sent_at(self, sent: Option<Instant>) -> Self {
        Self { sent, ..self }
    }

    /// Sets the deadline, counted from when the request was sent.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self.deadline = None;
        self
    }

    /// Sets the deadline unless it was set.
    pub(crate) fn or_timeout(self, timeout: Duration) -> Self {
        let timeout = self.timeout.unwrap_or(timeout);
        self.timeout(timeout)
    }

    /// Brings the deadline, counted from when the request was sent, forward if it is later.
    pub(crate) fn limit(&mut self, timeout: Duration) {
        self.timeout = Some(self.timeout.unwrap_or(DEFAULT_TIMEOUT).min(timeout));
        self.deadline = None;
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, CallError>> {
        loop {
            let dropped = match &mut self.waiting {
                Waiting::Typed(receiver, cell) => match ready!(Pin::new(receiver).poll(cx)) {
                    Ok(answer) => return Poll::Ready(answer.map_err(|error| *error)),
                    Err(_) => cell.clone(),
                },
                Waiting::Asked { receiver, cell, decode, .. } => {
                    match ready!(Pin::new(receiver).poll(cx)) {
                        Ok(answer) => {
                            let (core, decode) = (cell.core().clone(), *decode);
                            return Poll::Ready(self.answered(&core, decode, answer));
                        }
                        Err(_) => cell.clone(),
                    }
                }
                Waiting::Dying { receiver, .. } => {
                    let reason = ready!(Pin::new(receiver).poll(cx)).unwrap_or_default();
                    return Poll::Ready(Err(self.died(reason)));
                }
                Waiting::Untyped { receiver, decode, _ends, .. } => {
                    let answer = ready!(Pin::new(receiver).poll(cx));
                    let answer = answer.unwrap_or_else(|_| Err(Reason::normal().into()));
                    let (core, decode) = (_ends.cell.core().clone(), *decode);
                    return Poll::Ready(self.answered(&core, decode, answer));
                }
                Waiting::NotLocal(target) => {
                    return Poll::Ready(Err(CallError::NotLocal { target: target.clone() }));
                }
            };
            let target = self.target();
            let (receiver, watch) = death_of(&dropped);
            self.waiting = Waiting::Dying { target, receiver, _ends: watch };
        }
    }

    /// Whoever waits: the handles in the answer send from the node that asked, which is that of `core`.
    fn answered(
        &self,
        core: &Arc<Core>,
        decode: Decode<T>,
        answer: Answer,
    ) -> Result<T, CallError> {
        match answer {
            Ok(message) => current::on_node(core, || decode(message))
                .map_err(|text| CallError::BadAnswer { target: self.target(), text }),
            Err(Unanswered::Died(reason)) => Err(self.died(reason)),
            Err(Unanswered::Refused(text)) => {
                Err(CallError::Refused { target: self.target(), text })
            }
            Err(Unanswered::Notified(error)) => Err(*error),
        }
    }

    /// The port that was asked.
    fn target(&self) -> PortId {
        match &self.waiting {
            Waiting::Typed(_, cell) => PortId::new(cell.core().id().clone(), cell.name().clone()),
            Waiting::Dying { target, .. }
            | Waiting::Asked { target, .. }
            | Waiting::Untyped { target, .. }
            | Waiting::NotLocal(target) => target.clone(),
        }
    }

    /// Whether the handler that waits is one of the port that was asked.
    fn asks_itself(&self) -> bool {
        match &self.waiting {
            Waiting::Typed(_, cell) | Waiting::Asked { cell, .. } => current::is_running(cell),
            Waiting::Untyped { target, .. } => current::is_running_id(target),
            Waiting::Dying { .. } | Waiting::NotLocal(_) => false,
        }
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let core = match &self.waiting {
            Waiting::Typed(_, cell) | Waiting::Asked { cell, .. } => cell.core(),
            Waiting::Dying { _ends, .. } => _ends.cell.core(),
            Waiting::Untyped { _ends, .. } => _ends.cell.core(),
            Waiting::NotLocal(_) => return Poll::Pending,
        };
        let sent = *self.sent.get_or_insert_with(Instant::now);
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let new = || Deadline::new(core.timers(), sent, timeout);
        self.deadline.get_or_insert_with(new).poll(cx)
    }

    fn died(&self, reason: Reason) -> CallError {
        CallError::Died { target: self.target(), reason }
    }
}

/// Takes a watch back when it is dropped.
pub(super) struct DeathWatch {
    cell: Arc<dyn AnyCell>,
    id: WatchId,
}

impl DeathWatch {
    /// As [`watch_death`].
    pub(super) fn new(cell: &Arc<dyn AnyCell>, tell: impl FnOnce(Reason) + Send + 'static) -> Self {
        Self { cell: cell.clone(), id: watch_death(cell, tell) }
    }
}

impl Drop for DeathWatch {
    fn drop(&mut self) {
        drop(self.cell.unwatch(self.id));
    }
}

/// The reason of a port that dropped a request: known already, or to come.
fn death_of(cell: &Arc<dyn AnyCell>) -> (oneshot::Receiver<Reason>, DeathWatch) {
    let (sender, receiver) = oneshot::channel();
    let watch = DeathWatch::new(cell, move |reason| {
        let _ = sender.send(reason);
    });
    (receiver, watch)
}

/// Calls `tell` when the port dies, at once if it is dead. The watch is named, to be taken back.
pub(super) fn watch_death(
    cell: &Arc<dyn AnyCell>,
    tell: impl FnOnce(Reason) + Send + 'static,
) -> WatchId {
    /// Far from the numbers that nodes give.
    static NEXT: AtomicU64 = AtomicU64::new(1 << 63);
    let id = WatchId(NEXT.fetch_add(1, Ordering::Relaxed));
    let watch = Watch { id, owner: None, action: Action::Call(Box::new(tell)) };
    if let Err(watch) = cell.watch(watch)
        && let Action::Call(tell) = watch.action
    {
        tell(cell.death().unwrap_or_default());
    }
    id
}

impl<T> Future for Call<T>
where
    Self: Unpin,
{
    type Output = Result<T, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(answer) = self.poll_answer(cx) {
            return Poll::Ready(answer);
        }
        if self.asks_itself() {
            return Poll::Ready(Err(CallError::Itself { target: self.target() }));
        }
        ready!(self.poll_deadline(cx));
        let (target, after) = (self.target(), self.timeout.unwrap_or(DEFAULT_TIMEOUT));
        Poll::Ready(Err(CallError::Timeout { target, after }))
    }
}

impl<T> Unpin for Call<T> {}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timeout = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        write!(f, "Call({} within {timeout:?})", self.target())
    }
}
