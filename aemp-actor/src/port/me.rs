//! What an async block that receives has of its port.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::attached::Attached;
use super::context::PortScope;
use super::current;
use super::deadline::Deadline;
use super::receive::Inbox;
use crate::id::PortId;
use crate::message::{FromArgs, Message};
use crate::node::Core;
use crate::node::{Action, MonToken};

/// What a receive-style port has of itself: its messages and its context.
pub struct Me {
    scope: PortScope,
    inbox: Source,
}

/// Where the block has its messages from.
enum Source {
    /// From the mailbox of its own port.
    Mailbox(Inbox),
    /// From a closure port beside whose handlers it runs.
    Attached(Attached),
}

impl Source {
    fn poll_take(
        &mut self,
        seen: &mut usize,
        cond: &mut dyn FnMut(&Message) -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Message>> {
        match self {
            Self::Mailbox(inbox) => inbox.poll_take(seen, cond, cx),
            Self::Attached(attached) => attached.poll_take(seen, cond, cx),
        }
    }
}

/// Why nothing was received.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// No such message came in time.
    #[error("no such message within {after:?}")]
    Timeout {
        /// How long it was waited for.
        after: Duration,
    },
    /// The message has other arguments than expected.
    #[error(transparent)]
    Arguments(#[from] crate::message::ArgError),
}

impl Me {
    /// The next message with this tag, its arguments as a tuple.
    ///
    /// Messages with other tags stay, in their order, for later.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it has taken nothing.
    pub fn get<A: FromArgs>(&mut self, tag: &str) -> Received<'_, A> {
        self.receive(Tagged { tag: tag.to_owned(), args: PhantomData })
    }

    /// The next message that `cond` wants: the message where it says `true`, and what it gives where it
    /// gives `Some`.
    ///
    /// ```
    /// # use aemp_actor::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let node = Node::local();
    /// let port = node.port_async(|mut me| async move {
    ///     let sum: u32 = me.get_cond(|msg| msg.args::<(u32, u32)>().ok().map(|(a, b)| a + b)).await?;
    ///     let msg: Message = me.get_cond(|msg| msg.tag() == "to").await?;
    ///     me.snd(msg.arg::<PortId>(0)?, (sum,));
    ///     Ok(())
    /// });
    /// # let _ = port;
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub fn get_cond<'a, C: Condition + Send + 'a>(
        &'a mut self,
        cond: impl FnMut(&Message) -> C + Send + 'a,
    ) -> Received<'a, C::Value> {
        self.receive(Chosen { cond, chosen: None })
    }

    /// The next message, whatever it is.
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub fn recv(&mut self) -> Received<'_, Message> {
        self.get_cond(|_| true)
    }

    /// Sends this port `msg`, with the reason appended, when `port` dies.
    ///
    /// What this port sends to `port` after a message was lost stays lost until the block has
    /// received `msg` (guarantee 2).
    ///
    /// # Panics
    /// When `msg` cannot be serialised, which kills the port.
    #[track_caller]
    pub fn mon(&self, port: impl Into<PortId>, msg: impl Serialize) -> MonToken {
        let values = aemp_transport::to_values(&msg).expect("the message of a monitor serialises");
        let action = Action::Snd(self.scope.id(), values);
        self.scope.core().mon(&port.into(), Some(self.scope.cell()), action)
    }

    fn receive<'a, T>(&'a mut self, want: impl Want<T> + 'a) -> Received<'a, T> {
        let core = self.scope.core().clone();
        Received { core, inbox: &mut self.inbox, want: Box::new(want), seen: 0, patience: None }
    }

    /// Of a block with a port of its own.
    pub(super) fn of_mailbox(scope: PortScope, inbox: Inbox) -> Self {
        Self { scope, inbox: Source::Mailbox(inbox) }
    }

    /// Of a block beside the handlers of a closure port.
    pub(super) fn attached(scope: PortScope, attached: Attached) -> Self {
        Self { scope, inbox: Source::Attached(attached) }
    }
}

/// What a closure for [`Me::get_cond`] gives: `bool`, for the message, or `Option<T>`, for a value of its own.
pub trait Condition {
    /// What is received.
    type Value;

    /// Whether the message is wanted.
    fn holds(&self) -> bool;

    /// What is received of it.
    fn value(self, msg: Message) -> Option<Self::Value>;
}

impl Condition for bool {
    type Value = Message;

    fn holds(&self) -> bool {
        *self
    }

    fn value(self, msg: Message) -> Option<Message> {
        Some(msg)
    }
}

impl<T> Condition for Option<T> {
    type Value = T;

    fn holds(&self) -> bool {
        self.is_some()
    }

    fn value(self, _: Message) -> Option<T> {
        self
    }
}

/// Which message is wanted, and what is made of it.
trait Want<T>: Send {
    fn wants(&mut self, msg: &Message) -> bool;

    /// `None` does not happen: it was wanted.
    fn convert(&mut self, msg: Message) -> Option<Result<T, ReceiveError>>;
}

struct Tagged<A> {
    tag: String,
    args: PhantomData<fn() -> A>,
}

impl<A: FromArgs> Want<A> for Tagged<A> {
    fn wants(&mut self, msg: &Message) -> bool {
        msg.tag() == self.tag
    }

    fn convert(&mut self, msg: Message) -> Option<Result<A, ReceiveError>> {
        Some(msg.args::<A>().map_err(ReceiveError::from))
    }
}

struct Chosen<F, C> {
    cond: F,
    chosen: Option<C>,
}

impl<F, C> Want<C::Value> for Chosen<F, C>
where
    F: FnMut(&Message) -> C + Send,
    C: Condition + Send,
{
    fn wants(&mut self, msg: &Message) -> bool {
        let given = (self.cond)(msg);
        let holds = given.holds();
        self.chosen = holds.then_some(given);
        holds
    }

    fn convert(&mut self, msg: Message) -> Option<Result<C::Value, ReceiveError>> {
        self.chosen.take()?.value(msg).map(Ok)
    }
}

impl std::ops::Deref for Me {
    type Target = PortScope;

    fn deref(&self) -> &PortScope {
        &self.scope
    }
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Me({})", self.scope.id())
    }
}

/// A message that is waited for: await it. Without a [`timeout`](Self::timeout) it waits for ever.
#[must_use = "nothing is received unless it is awaited"]
pub struct Received<'a, T> {
    core: Arc<Core>,
    inbox: &'a mut Source,
    want: Box<dyn Want<T> + 'a>,
    /// How many messages at the front were looked at and not wanted.
    seen: usize,
    patience: Option<Patience>,
}

struct Patience {
    after: Duration,
    /// Made at the first poll.
    deadline: Option<Deadline>,
}

impl<T> Received<'_, T> {
    /// Waits no longer than this, counted from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.patience = Some(Patience { after: timeout, deadline: None });
        self
    }
}

impl<T> Future for Received<'_, T> {
    type Output = Result<T, ReceiveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, inbox, want, seen, patience } = &mut *self;
        if let Some(message) = ready!(inbox.poll_take(seen, &mut |msg| want.wants(msg), cx)) {
            let received = current::on_node(core, || want.convert(message));
            return received.map_or(Poll::Pending, Poll::Ready);
        }
        let Some(Patience { after, deadline }) = patience else { return Poll::Pending };
        let timers = core.timers();
        let deadline =
            deadline.get_or_insert_with(|| Deadline::new(timers, Instant::now(), *after));
        ready!(deadline.poll(cx));
        Poll::Ready(Err(ReceiveError::Timeout { after: *after }))
    }
}

impl<T> fmt::Debug for Received<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timeout = self.patience.as_ref().map(|patience| patience.after);
        write!(f, "Received(timeout {timeout:?})")
    }
}
