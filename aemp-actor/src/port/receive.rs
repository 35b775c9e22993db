//! Ports that receive: an async block that takes the messages it wants, in the order it wants
//! them.

use std::any::TypeId;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::context::{Ctx, PortScope};
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::handle::Ref;
use super::in_context::in_context;
use super::mailbox::{Envelope, Firing, Stage};
use super::me::Me;
use super::run::{Load, Run};
use super::runner::{End, Runner, TURN};
use super::{reply_cell, tap};
use crate::die::Die;
use crate::message::{BadMessage, Message};
use crate::monitor::WatchId;
use crate::node::{Alarm, Core, timer_deadline};
use crate::reason::Reason;

/// How long a block that is to be killed may stay away from its messages, which it is to receive
/// before, until it is dropped where it waits.
const KIL_PATIENCE: Duration = Duration::from_secs(5);

/// A port that is an async block: see [`Node::port_async`](crate::Node::port_async). It has no value: the block
/// handles the messages in its place.
#[derive(Debug)]
pub enum ReceivePort {}

/// The handle on a port that receives.
pub type ReceivePortRef = Ref<ReceivePort>;

/// What the block has seen of the mailbox.
pub(super) struct Inbox {
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

/// Creates the port and the task of its block.
pub(crate) fn create<F, Fut>(core: &Arc<Core>, block: F) -> ReceivePortRef
where
    F: FnOnce(Me) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Die>> + Send + 'static,
{
    let run = Arc::new(Run::default());
    let cell = Cell::new(core.clone(), core.registry().new_name(), Stage::Running(run.clone()));
    let (runner, port) = (Runner::new(cell.clone()), Ref::local(cell.clone()));
    if core.registry().insert(cell.clone()) {
        let inbox = Inbox { cell: cell.clone(), run: run.clone(), left: VecDeque::new(), turn: 0 };
        let me = Me::of_mailbox(PortScope::new(core.clone(), cell), inbox);
        core.runtime().spawn(run_block(runner, run, block, me));
    }
    port
}

async fn run_block<F, Fut>(runner: Runner<ReceivePort>, run: Arc<Run>, block: F, me: Me)
where
    F: FnOnce(Me) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Die>> + Send + 'static,
{
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
    pub(super) fn poll_take(
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
            mailbox.taps().to_vec()
        };
        self.cell.core.counters().add_handled(batch.len());
        for envelope in batch {
            if !taps.is_empty() {
                tap::copy(&self.cell.core, &taps, &envelope);
            }
            let entry = entry(envelope);
            if let Some(Entry::Message(message)) = &entry
                && let Some(reply) = reply_cell::late_reply(message)
            {
                reply_cell::is_given(&reply, &self.cell);
            }
            self.left.extend(entry);
        }
        true
    }
}

/// What a block sees of an envelope. Nobody sends it code: there is no value to run that with.
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
