//! Ports that receive: an async block that takes the messages it wants, in the order it wants
//! them.

use std::any::TypeId;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::context::{Ctx, PortScope};
use super::current;
use super::deadline::Deadline;
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::handle::Ref;
use super::in_context::in_context;
use super::mailbox::{Envelope, Firing, Stage};
use super::run::{Load, Run};
use super::runner::{End, Runner, TURN};
use super::tap;
use crate::die::Die;
use crate::id::PortId;
use crate::message::{BadMessage, FromArgs, Message};
use crate::monitor::{Action, MonToken, WatchId};
use crate::node::{Alarm, Core, timer_deadline};
use crate::reason::Reason;

/// How long a block that is to be killed may stay away from its messages, which it is to receive
/// before, until it is dropped where it waits.
const KIL_PATIENCE: Duration = Duration::from_secs(5);

/// The port behind an async block, which handles the messages in place of a value.
pub(crate) enum ReceivePort {}

/// What a receive-style port has of itself: its messages and its context.
pub struct Me {
    scope: PortScope,
    inbox: Inbox,
}

/// What the block has seen of the mailbox.
struct Inbox {
    cell: Arc<Cell<ReceivePort>>,
    run: Arc<Run>,
    /// Left for later. All of it still counts as waiting.
    left: VecDeque<Entry>,
    /// Messages that were received since other tasks had their turn.
    turn: u32,
}

enum Entry {
    Message(Message),
    /// What a monitor of the block says; the block has been told when it has received it.
    Fired(WatchId, Message),
    /// Takes effect when the block wants nothing of what came before; with the watch of a link
    /// that it belongs to.
    Kil(Option<WatchId>, Reason),
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
    let run = Arc::new(Run::default());
    let cell = Cell::new(core.clone(), core.registry().new_name(), Stage::Running(run.clone()));
    let id = cell.id();
    let runner = Runner::new(cell.clone());
    if core.registry().insert(cell.clone()) {
        let inbox = Inbox { cell: cell.clone(), run, left: VecDeque::new(), turn: 0 };
        let me = Me { scope: PortScope::new(core.clone(), cell), inbox };
        core.runtime().spawn(run_block(runner, block, me));
    }
    id
}

async fn run_block<F, Fut>(runner: Runner<ReceivePort>, block: F, me: Me)
where
    F: FnOnce(Me) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Die>> + Send + 'static,
{
    let run = me.inbox.run.clone();
    let end = {
        let mut code = pin!(Some(async move {
            let ended = block(me).await;
            End::Dead(ended.map_or_else(Reason::from, |()| Reason::normal()))
        }));
        let end = in_context(&runner.cell, &run, code.as_mut()).await;
        end.unwrap_or_else(|stopped| End::of(&runner.cell, stopped))
    };
    runner.cell.end_tasks().await;
    runner.settle(end);
}

/// Whether the ports of a type are such ports.
pub(super) fn is_receive_port<P: Port>() -> bool {
    TypeId::of::<P>() == TypeId::of::<ReceivePort>()
}

impl<P: Port> Cell<P> {
    /// A `kil`, or the end of a linked port, waits in the mailbox of a block. It takes effect when
    /// the block wants nothing of what came before: now, if it never can or has not begun to; at
    /// its next look into the mailbox; or when it has not looked for too long.
    pub(super) fn hasten(self: &Arc<Self>, watch: Option<WatchId>, reason: Reason) {
        if !is_receive_port::<P>() {
            return;
        }
        let (now, looks) = {
            let mailbox = self.mailbox.lock();
            let receiver = mailbox.extras.as_ref().map(|extras| &extras.receiver);
            let (looks, gone) = receiver.map_or((0, false), |block| (block.looks, block.gone));
            (gone || looks == 0 && mailbox.waiting() == Load::default(), looks)
        };
        if now {
            self.clone().abort(reason);
        } else {
            await_look(self, watch, reason, looks);
        }
    }
}

/// Aborts the port of a block that does not look into its mailbox for too long.
fn await_look<P: Port>(cell: &Arc<Cell<P>>, watch: Option<WatchId>, reason: Reason, looks: u64) {
    let weak = Arc::downgrade(cell);
    let due = move |key| {
        let Some(cell) = weak.upgrade() else { return };
        let now = {
            let Some(extras) = &mut cell.mailbox.lock().extras else { return };
            extras.timers.remove(&key);
            extras.receiver.looks
        };
        if watch.is_some_and(|id| !cell.owns(id)) {
            // It was cancelled.
        } else if now == looks {
            cell.abort(reason);
        } else {
            await_look(&cell, watch, reason, now);
        }
    };
    let timers = cell.core.timers();
    let key = timers.key(timer_deadline(KIL_PATIENCE));
    let mut mailbox = cell.mailbox.lock();
    if mailbox.is_over() {
        return;
    }
    mailbox.extras.get_or_insert_default().timers.insert(key);
    drop(mailbox);
    drop(timers.add(key, Alarm::Run(Box::new(due))));
}

impl Inbox {
    /// The first message that `cond` wants, from the `seen`th on; `None` is none yet, and the block
    /// is woken when there are more. Pending is neither: the port ends, or others have their turn.
    fn poll_take(
        &mut self,
        seen: &mut usize,
        cond: &mut dyn FnMut(&Message) -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Message>> {
        self.look();
        if self.run.is_aborted() {
            return Poll::Pending;
        }
        if self.turn >= TURN {
            self.turn = 0;
            // Woken again behind all that is ready.
            let woken = pin!(tokio::task::yield_now()).poll(cx);
            return woken.map(|()| None);
        }
        loop {
            while let Some(entry) = self.left.get(*seen) {
                match entry {
                    Entry::Message(message) if cond(message) => {
                        return Poll::Ready(self.taken(*seen));
                    }
                    Entry::Message(_) => *seen += 1,
                    Entry::Fired(id, _) | Entry::Kil(Some(id), _) if !self.cell.owns(*id) => {
                        // It was cancelled.
                        self.cell.settle(*id);
                        self.left.remove(*seen);
                    }
                    Entry::Fired(_, message) if cond(message) => {
                        return Poll::Ready(self.taken(*seen));
                    }
                    Entry::Fired(..) => *seen += 1,
                    Entry::Kil(_, reason) => {
                        self.cell.clone().abort(reason.clone());
                        return Poll::Pending;
                    }
                }
            }
            if !self.fetch(cx) {
                self.turn = 0;
                return Poll::Ready(None);
            }
        }
    }

    /// The block looks into its mailbox.
    fn look(&self) {
        self.cell.mailbox.lock().extras.get_or_insert_default().receiver.looks += 1;
    }

    /// Takes a message out: it has been received.
    fn taken(&mut self, index: usize) -> Option<Message> {
        self.turn += 1;
        match self.left.remove(index)? {
            Entry::Message(message) => {
                let load = Load { messages: 1, bytes: message.weight() };
                self.run.set_left(self.run.left() - load);
                if self.run.is_room_wanted() {
                    self.cell.made_room(&self.run);
                }
                Some(message)
            }
            Entry::Fired(id, message) => {
                self.cell.settle(id);
                Some(message)
            }
            Entry::Kil(..) => None,
        }
    }

    /// Moves what waits in the mailbox over; false when nothing does.
    fn fetch(&mut self, cx: &Context<'_>) -> bool {
        let mut batch = Vec::new();
        let taps = {
            let mut mailbox = self.cell.mailbox.lock();
            let left = self.run.left();
            mailbox.take(&self.run, left, &mut batch);
            if batch.is_empty() {
                let old = mailbox.waker.replace(cx.waker().clone());
                drop(mailbox);
                drop(old);
                return false;
            }
            self.cell.count_handled(batch.len());
            mailbox.taps()
        };
        self.cell.core.counters().add_handled(batch.len());
        for envelope in batch {
            if !taps.is_empty() {
                tap::copy(&self.cell.core, &taps, &envelope);
            }
            self.left.extend(entry(envelope));
        }
        true
    }
}

/// What a block sees of an envelope. Nobody has a typed handle, with which to send code.
fn entry(envelope: Envelope<ReceivePort>) -> Option<Entry> {
    Some(match envelope {
        Envelope::Typed(message) => Entry::Message(message),
        Envelope::Untyped(message) => Entry::Message(*message),
        Envelope::Kil(reason) => Entry::Kil(None, reason),
        Envelope::Fired(id, firing) => match *firing {
            Firing::Message(message) => Entry::Fired(id, message),
            Firing::Kil(reason) => Entry::Kil(Some(id), reason),
            Firing::Call(_) => return None,
        },
        Envelope::Call(_) | Envelope::Due(_) => return None,
    })
}

/// The block will receive nothing any more: a `kil` that waits takes effect.
impl Drop for Inbox {
    fn drop(&mut self) {
        let mut mailbox = self.cell.mailbox.lock();
        if mailbox.is_dead() {
            return;
        }
        mailbox.extras.get_or_insert_default().receiver.gone = true;
        let seen = self.left.iter().find_map(|entry| match entry {
            Entry::Kil(None, reason) => Some(reason),
            _ => None,
        });
        let waiting = || {
            mailbox.queue.iter().find_map(|envelope| match envelope {
                Envelope::Kil(reason) => Some(reason),
                _ => None,
            })
        };
        let reason = seen.or_else(waiting).cloned();
        drop(mailbox);
        if let Some(reason) = reason {
            self.cell.clone().abort(reason);
        }
    }
}

impl Port for ReceivePort {
    type Msg = Message;
    type Ref = Ref<Self>;

    async fn handle(&mut self, _: &mut Ctx<Self>, _: Message) -> Result<(), Die> {
        match *self {}
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

    fn receive<'a, T>(
        &'a mut self,
        cond: Box<dyn FnMut(&Message) -> bool + Send + 'a>,
        convert: fn(Message) -> Result<T, ReceiveError>,
    ) -> Received<'a, T> {
        Received { inbox: &mut self.inbox, cond, convert, seen: 0, patience: None }
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
    inbox: &'a mut Inbox,
    cond: Box<dyn FnMut(&Message) -> bool + Send + 'a>,
    convert: fn(Message) -> Result<T, ReceiveError>,
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
        let Self { inbox, cond, convert, seen, patience } = &mut *self;
        if let Some(message) = ready!(inbox.poll_take(seen, cond, cx)) {
            return Poll::Ready(current::on_node(&inbox.cell.core, || convert(message)));
        }
        let Some(Patience { after, deadline }) = patience else { return Poll::Pending };
        let timers = inbox.cell.core.timers();
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
