//! An async block that receives beside the handlers of a closure port: it is given the messages for whose tag
//! there is no handler. It is a task of the port.
//!
//! What it has not received counts against the bounds of the port, as what waits in the mailbox does.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::closure::FnPort;
use super::context::PortScope;
use super::me::Me;
use super::outcome::Ran;
use super::run::Load;
use super::runner::TURN;
use super::work::{self, PortTask};
use crate::die::Die;
use crate::message::Message;
use crate::node::Dropped;
use crate::reason::Reason;

/// What a block makes when it gets its messages.
type Block = Box<dyn FnOnce(Me) -> super::outcome::PortFuture<'static> + Send>;

/// The messages that a port hands to its block.
#[derive(Default)]
pub(super) struct Handed {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Message>,
    /// What has not been received, here and by the block.
    waiting: Load,
    waker: Option<Waker>,
    /// No more come: a block that wants none of those that did ends.
    over: bool,
    /// The block has ended.
    gone: bool,
}

impl Handed {
    /// Hands a message over; false when there is no room for it within `options`.
    fn push(&self, message: Message, fits: impl FnOnce(Load) -> bool) -> bool {
        let load = Load { messages: 1, bytes: message.weight() };
        let mut state = self.state.lock();
        let waiting = state.waiting + load;
        if !fits(waiting) {
            return false;
        }
        state.waiting = waiting;
        state.messages.push_back(message);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        true
    }

    /// No more will come.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.over = true;
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// The block's end of them.
pub(super) struct Attached {
    handed: Arc<Handed>,
    cell: Arc<dyn AnyCell>,
    /// Left for later.
    left: VecDeque<Message>,
    /// Messages that were received since other tasks had their turn.
    turn: u32,
    /// To end the block where it waits.
    task: Arc<Mutex<Option<PortTask>>>,
}

impl Attached {
    /// As that of a block with a port of its own.
    pub(super) fn poll_take(
        &mut self,
        seen: &mut usize,
        cond: &mut dyn FnMut(&Message) -> bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Message>> {
        if self.turn >= TURN {
            self.turn = 0;
            let woken = pin!(tokio::task::yield_now()).poll(cx);
            return woken.map(|()| None);
        }
        loop {
            while let Some(message) = self.left.get(*seen) {
                if cond(message) {
                    self.turn += 1;
                    let message = self.left.remove(*seen);
                    let bytes = message.as_ref().map_or(0, Message::weight);
                    let mut state = self.handed.state.lock();
                    state.waiting = state.waiting - Load { messages: 1, bytes };
                    return Poll::Ready(message);
                }
                *seen += 1;
            }
            let mut state = self.handed.state.lock();
            if state.messages.is_empty() {
                let over = state.over;
                let old = state.waker.replace(cx.waker().clone());
                drop(state);
                drop(old);
                self.turn = 0;
                if over {
                    let task = self.task.lock().clone();
                    task.iter().for_each(PortTask::cancel);
                    return Poll::Pending;
                }
                return Poll::Ready(None);
            }
            self.left.append(&mut state.messages);
        }
    }
}

/// What the block has not received is lost.
impl Drop for Attached {
    fn drop(&mut self) {
        let mut state = self.handed.state.lock();
        state.gone = true;
        let lost = state.waiting.messages;
        let messages = std::mem::take(&mut state.messages);
        drop(state);
        drop(messages);
        self.cell.core().count_dropped(Dropped::DeadPort, lost);
    }
}

/// A block that is to be attached to a port.
pub(crate) struct NewBlock(Block);

impl NewBlock {
    pub(super) fn new<F, Fut>(block: F) -> Self
    where
        F: FnOnce(Me) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Die>> + Send + 'static,
    {
        Self(Box::new(move |me| Box::pin(block(me))))
    }

    /// Begins the block as a task of the port.
    pub(super) fn start(self, cell: &Arc<Cell<FnPort>>) -> Arc<Handed> {
        let handed = Arc::new(Handed::default());
        let task = Arc::new(Mutex::new(None));
        let own: Arc<dyn AnyCell> = cell.clone();
        let attached = Attached {
            handed: handed.clone(),
            cell: own.clone(),
            left: VecDeque::new(),
            turn: 0,
            task: task.clone(),
        };
        let me = Me::attached(PortScope::new(cell.core.clone(), own.clone()), attached);
        let block = self.0;
        let ends = own.clone();
        let begun = work::start(&own, async move { block(me).await }, move |done| {
            done?;
            ends.kil(Reason::normal());
            Ok(())
        });
        *task.lock() = Some(begun);
        handed
    }
}

/// Gives a message to the block of a closure port.
pub(super) fn hand<'a>(handed: &Handed, cell: &Arc<Cell<FnPort>>, message: Message) -> Ran<'a> {
    if handed.state.lock().gone {
        cell.core.count_dropped(Dropped::DeadPort, 1);
    } else if !handed.push(message, |waiting| cell.bears(waiting)) {
        cell.overflow();
    }
    Ran::Done(Ok(()))
}
