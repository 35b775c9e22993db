//! Ports that receive: an async block that takes the messages it wants, in the order it wants
//! them.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::task::AbortHandle;
use tokio::time::Sleep;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::context::{Ctx, PortScope};
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::handle::Ref;
use super::mailbox::Stage;
use super::runner;
use crate::die::Die;
use crate::id::PortId;
use crate::message::{BadMessage, FromArgs, Message};
use crate::monitor::{Action, MonToken};
use crate::node::Core;
use crate::reason::{Reason, kind};

/// Between the port and its block.
#[derive(Default)]
struct Inbox {
    /// Delivered, and not seen by the block yet.
    arrived: VecDeque<Message>,
    /// Messages and octets that the block has not received: those above, and those it has seen
    /// and left for later.
    unread: usize,
    octets: usize,
    waker: Option<Waker>,
    task: Option<AbortHandle>,
}

/// The port behind an async block: it only fills the inbox.
pub(crate) struct ReceivePort {
    inbox: Arc<Mutex<Inbox>>,
}

/// What a receive-style port has of itself: its messages and its context.
pub struct Me {
    scope: PortScope,
    inbox: Arc<Mutex<Inbox>>,
    /// Seen, and left for later.
    left: VecDeque<Message>,
}

/// Why nothing was received.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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

/// Creates the port and the task of its block.
pub(crate) fn create<F, Fut>(core: &Arc<Core>, block: F) -> PortId
where
    F: FnOnce(Me) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Die>> + Send + 'static,
{
    let inbox = Arc::new(Mutex::new(Inbox::default()));
    let port = ReceivePort { inbox: inbox.clone() };
    let cell = Cell::new(core.clone(), core.registry().new_name(), Stage::Idle(port));
    let any: Arc<dyn AnyCell> = cell.clone();
    let scope = PortScope::new(core.clone(), any.clone());
    let me = Me { scope, inbox: inbox.clone(), left: VecDeque::new() };
    let id = cell.id();
    if !core.registry().insert(cell) {
        return id;
    }
    let (own_core, own) = (core.clone(), any.clone());
    let task = core.runtime().spawn(async move {
        let ended = runner::guarded(&own, &own_core, async move { block(me).await }).await;
        own.doom(ended.map_or_else(Reason::from, |()| Reason::normal()));
    });
    inbox.lock().task = Some(task.abort_handle());
    // The port may have been killed before this, and then it did not find the task.
    if any.death().is_some() {
        task.abort();
    }
    id
}

impl ReceivePort {
    /// What the block has not received yet.
    pub(super) fn inbox(&self) -> Unread {
        Unread(self.inbox.clone())
    }
}

/// What the block of a receiving port has not received yet, to be looked at later.
pub(super) struct Unread(Arc<Mutex<Inbox>>);

impl Unread {
    /// Messages and octets.
    pub(super) fn count(&self) -> (usize, usize) {
        let inbox = self.0.lock();
        (inbox.unread, inbox.octets)
    }
}

impl Drop for ReceivePort {
    fn drop(&mut self) {
        let task = self.inbox.lock().task.take();
        if let Some(task) = task {
            task.abort();
        }
    }
}

impl Port for ReceivePort {
    type Msg = Message;
    type Ref = Ref<Self>;

    async fn handle(&mut self, ctx: &mut Ctx<Self>, msg: Message) -> Result<(), Die> {
        let (options, octets) = (*ctx.core().port_options(), msg.weight());
        let mut inbox = self.inbox.lock();
        let unread = inbox.unread;
        if unread >= options.max_messages || inbox.octets + octets > options.max_octets {
            drop(inbox);
            let text = format!("port {} left {unread} messages unread", ctx.id());
            ctx.stop(Reason::new(kind::OVERFLOW, text));
            return Ok(());
        }
        inbox.unread += 1;
        inbox.octets += octets;
        inbox.arrived.push_back(msg);
        let waker = inbox.waker.take();
        drop(inbox);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    fn decode(msg: Message) -> Result<Message, BadMessage> {
        Ok(msg)
    }

    fn encode(msg: &Message, to: Encoder<'_>) -> Result<(), Unencodable> {
        to.forward(msg)
    }
}

impl Me {
    /// The next message with this tag, its arguments as a tuple.
    ///
    /// Messages with other tags stay, in their order, for later.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it has taken nothing.
    pub fn get<A: FromArgs>(&mut self, tag: &str) -> Received<'_, A> {
        let tag = tag.to_owned();
        self.receive(Box::new(move |msg| msg.tag() == tag), |msg| Ok(msg.args::<A>()?))
    }

    /// The next message for which `cond` holds.
    ///
    /// # Cancel safety
    /// As for [`get`](Self::get).
    pub fn get_cond<'a>(
        &'a mut self,
        cond: impl FnMut(&Message) -> bool + Send + 'a,
    ) -> Received<'a, Message> {
        self.receive(Box::new(cond), Ok)
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
    /// # Panics
    /// When `msg` cannot be serialised, which kills the port.
    pub fn mon(&self, port: impl Into<PortId>, msg: impl Serialize) -> MonToken {
        let values = aemp_transport::to_values(&msg).expect("the message of a monitor serialises");
        let action = Action::Snd(self.scope.id(), values);
        self.scope.core().mon(&port.into(), Some(self.scope.cell()), action)
    }

    fn receive<'a, T>(
        &'a mut self,
        cond: Box<dyn FnMut(&Message) -> bool + Send + 'a>,
        convert: fn(Message) -> Result<T, ReceiveError>,
    ) -> Received<'a, T> {
        let (inbox, left) = (&self.inbox, &mut self.left);
        Received { inbox, left, cond, convert, seen: 0, timeout: None, sleep: None }
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
    inbox: &'a Mutex<Inbox>,
    left: &'a mut VecDeque<Message>,
    cond: Box<dyn FnMut(&Message) -> bool + Send + 'a>,
    convert: fn(Message) -> Result<T, ReceiveError>,
    /// How many messages at the front were looked at and not wanted.
    seen: usize,
    timeout: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<T> Received<'_, T> {
    /// Waits no longer than this, counted from the first poll.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn take(&mut self, cx: &Context<'_>) -> Option<Message> {
        loop {
            while let Some(candidate) = self.left.get(self.seen) {
                if (self.cond)(candidate) {
                    let message = self.left.remove(self.seen)?;
                    let mut inbox = self.inbox.lock();
                    inbox.unread -= 1;
                    inbox.octets -= message.weight();
                    return Some(message);
                }
                self.seen += 1;
            }
            let mut inbox = self.inbox.lock();
            if inbox.arrived.is_empty() {
                inbox.waker = Some(cx.waker().clone());
                return None;
            }
            self.left.append(&mut inbox.arrived);
        }
    }
}

impl<T> Future for Received<'_, T> {
    type Output = Result<T, ReceiveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(message) = self.take(cx) {
            return Poll::Ready((self.convert)(message));
        }
        let Some(after) = self.timeout else { return Poll::Pending };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(after)));
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(Err(ReceiveError::Timeout { after }))
    }
}

impl<T> fmt::Debug for Received<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received(timeout {:?})", self.timeout)
    }
}
