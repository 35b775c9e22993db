//! The task that handles a port's messages: it exists only while there are some.
//!
//! A runner that finds the mailbox empty lingers for a few turns of the scheduler before it puts
//! the value back and ends, so that request and reply need no new task each time.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::ambient::{self, Current};
use super::any_cell::AnyCell;
use super::cell::{Cell, Next};
use super::closure::FnPort;
use super::context::Ctx;
use super::definition::Port;
use super::init::Init;
use super::mailbox::{Envelope, Firing, Stage, Task};
use super::tap::{self, Tap};
use crate::die::Die;
use crate::message::Message;
use crate::mutation;
use crate::node::Core;
use crate::reason::Reason;
use crate::visible::one_line;

/// Turns of the scheduler that a runner waits for more messages.
const PATIENCE: u32 = 3;

/// Messages after which the count of waiting ones is brought up to date and other tasks get a
/// turn: many, since senders on other threads read the count, or one where the count must be
/// exact because the bound is low. (A power of two, less one.)
#[derive(Clone, Copy)]
pub(crate) struct Stride(usize);

impl Stride {
    pub(crate) fn within(bound: usize) -> Self {
        Self(if bound < 1024 { 0 } else { 63 })
    }

    fn ends_at(self, left: usize) -> bool {
        left & self.0 == 0
    }
}

/// Messages that a runner has taken before it tells the node.
const TALLIED: usize = 1024;

/// Why a runner ended.
enum End {
    Idle,
    Dead(Reason),
}

/// Starts the runner of a port. `stage` holds the value: `Idle` or `Starting`.
pub(crate) fn start<P: Port>(cell: Arc<Cell<P>>, stage: Stage<P>) {
    let runtime = cell.core.runtime().clone();
    runtime.spawn(run(cell, stage));
}

/// What a runner holds of the user's. It lies outside the code that is polled, so that it is not
/// dropped while that panics: a destructor that panics as well would end the process.
struct Held<P: Port> {
    value: Option<P>,
    batch: Vec<Envelope<P>>,
}

async fn run<P: Port>(cell: Arc<Cell<P>>, stage: Stage<P>) {
    let mut held = Held { value: None, batch: Vec::new() };
    let end = in_context(&cell, drive(&cell, stage, &mut held)).await;
    if let End::Dead(reason) = end {
        if held.value.is_none() {
            cell.core.registry().add_stillborn(&cell.name, &reason);
        }
        drop_user_data(&cell, held.value);
        cell.die(&reason);
    }
}

/// Drops user data in the context of its port.
pub(crate) fn drop_user_data<P: Port, T>(cell: &Arc<Cell<P>>, data: T) {
    let mut slot = Some(Current { core: cell.core.clone(), cell: cell.clone() });
    quietly(|| {
        let _entered = ambient::enter(&mut slot);
        drop(data);
    });
}

/// Runs code that drops user data; a panic is logged and ends nothing else.
pub(crate) fn quietly(code: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(code)) {
        let die = Die::from_panic(payload);
        let die = die.to_string();
        tracing::error!(target: "aemp", "a destructor of a dying port {}", one_line(&die));
    }
}

/// Polls `code` as code of the port: with the ambient context set, panics caught, and dropped
/// when the port is doomed.
async fn in_context<P: Port>(cell: &Arc<Cell<P>>, code: impl Future<Output = End>) -> End {
    let mut slot = Some(Current { core: cell.core.clone(), cell: cell.clone() });
    let mut code = std::pin::pin!(Some(code));
    let end = poll_fn(|cx| {
        if let Some(reason) = cell.doomed() {
            return Poll::Ready(End::Dead(reason));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let _entered = ambient::enter(&mut slot);
            code.as_mut().as_pin_mut().map_or(Poll::Ready(End::Idle), |code| code.poll(cx))
        }));
        match polled {
            Ok(Poll::Ready(end)) => Poll::Ready(end),
            Ok(Poll::Pending) if cell.suspended(cx.waker()) => Poll::Pending,
            Ok(Poll::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(payload) => Poll::Ready(End::Dead(Die::from_panic(payload).into())),
        }
    })
    .await;
    quietly(|| {
        let _entered = ambient::enter(&mut slot);
        code.set(None);
    });
    end
}

/// Polls `code` as code of the port `cell`, with panics caught.
pub(crate) async fn guarded(
    cell: &Arc<dyn AnyCell>,
    core: &Arc<Core>,
    code: impl Future<Output = Result<(), Die>>,
) -> Result<(), Die> {
    let mut slot = Some(Current { core: core.clone(), cell: cell.clone() });
    let mut code = std::pin::pin!(code);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let _entered = ambient::enter(&mut slot);
            code.as_mut().poll(cx)
        }));
        polled.unwrap_or_else(|payload| Poll::Ready(Err(Die::from_panic(payload))))
    })
    .await
}

async fn drive<P: Port>(cell: &Arc<Cell<P>>, stage: Stage<P>, held: &mut Held<P>) -> End {
    let Held { value, batch } = held;
    match stage {
        Stage::Idle(made) => *value = Some(made),
        Stage::Starting(starter) => {
            let mut init = Init::new(cell.clone());
            match starter(&mut init).await {
                Ok(made) => *value = Some(made),
                Err(die) => return End::Dead(die.into()),
            }
            if let Some(reason) = init.stopping() {
                return End::Dead(reason);
            }
        }
        Stage::Running(_) | Stage::Doomed(_) | Stage::Dead(_) => return End::Idle,
    }
    let mut ctx = Ctx::new(cell.clone());
    let mut patience = PATIENCE;
    let mut tally = Tally { core: &cell.core, messages: 0 };
    loop {
        let next = cell.next(batch, value, patience > 0);
        cell.made_room();
        let (stride, taps) = match next {
            Next::Batch { stride, taps } => (stride, taps),
            Next::Idle => return End::Idle,
            Next::Nothing => {
                patience = patience.saturating_sub(1);
                next_turn().await;
                continue;
            }
        };
        patience = PATIENCE;
        tally.add(batch.len());
        let Some(value) = value.as_mut() else { return End::Idle };
        let batch = Batch { cell, envelopes: batch.drain(..), taps };
        if let Err(reason) = handle_batch(batch, stride, value, &mut ctx).await {
            return End::Dead(reason);
        }
    }
}

/// Counts messages for the node: seldom, since all ports of the node share its counter.
struct Tally<'a> {
    core: &'a Core,
    messages: usize,
}

impl Tally<'_> {
    fn add(&mut self, messages: usize) {
        self.messages += messages;
        if self.messages >= TALLIED {
            self.core.counters().add_handled(std::mem::take(&mut self.messages));
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        self.core.counters().add_handled(self.messages);
    }
}

/// The messages that were taken out of the mailbox and not handled yet.
struct Batch<'a, P: Port> {
    cell: &'a Arc<Cell<P>>,
    envelopes: std::vec::Drain<'a, Envelope<P>>,
    /// Who is sent copies of them.
    taps: Vec<Arc<Tap>>,
}

/// However the batch ended: what is left is counted, and dropped one by one, since each of them
/// may panic.
impl<P: Port> Drop for Batch<'_, P> {
    fn drop(&mut self) {
        if self.envelopes.len() > 0 {
            self.cell.taken.store(self.envelopes.len(), Ordering::Relaxed);
            self.envelopes.by_ref().for_each(|envelope| drop_user_data(self.cell, envelope));
        }
    }
}

async fn handle_batch<P: Port>(
    mut batch: Batch<'_, P>,
    stride: Stride,
    value: &mut P,
    ctx: &mut Ctx<P>,
) -> Result<(), Reason> {
    let cell = batch.cell;
    while let Some(envelope) = batch.envelopes.next() {
        let left = batch.envelopes.len();
        if stride.ends_at(left) {
            cell.taken.store(left, Ordering::Relaxed);
            cell.made_room();
            tokio::task::coop::consume_budget().await;
        }
        if !batch.taps.is_empty() {
            tap::copy(&cell.core, &batch.taps, &envelope);
        }
        let handled = match envelope {
            Envelope::Typed(msg) => value.handle(ctx, msg).await.map_err(Reason::from),
            other => uncommon(cell, value, ctx, other).await,
        };
        if let Some(reason) = handled.err().or_else(|| ctx.stopping()) {
            return Err(reason);
        }
    }
    Ok(())
}

/// Everything but a typed message.
async fn uncommon<P: Port>(
    cell: &Arc<Cell<P>>,
    value: &mut P,
    ctx: &mut Ctx<P>,
    envelope: Envelope<P>,
) -> Result<(), Reason> {
    match envelope {
        Envelope::Typed(msg) => value.handle(ctx, msg).await?,
        Envelope::Untyped(message) => untyped(value, ctx, *message).await?,
        Envelope::Call(task) => call(value, ctx, task)?,
        Envelope::Kil(reason) => return Err(reason),
        Envelope::Fired(id, firing) if cell.settle(id) => match *firing {
            Firing::Call(task) => call(value, ctx, task)?,
            Firing::Message(message) => {
                for message in mutation::told(message) {
                    untyped(value, ctx, message).await?;
                }
            }
            Firing::Kil(reason) => return Err(reason),
        },
        Envelope::Fired(..) => {}
    }
    Ok(())
}

/// Runs a task, and applies what it changed of a closure port's handlers, as
/// [`FnPort`]'s own [`handle`](Port::handle) does.
fn call<P: Port>(value: &mut P, ctx: &mut Ctx<P>, task: Task<P>) -> Result<(), Die> {
    let done = task(value, ctx);
    let edits = ctx.take_edits();
    if !edits.is_empty()
        && let Some(port) = (value as &mut dyn Any).downcast_mut::<FnPort>()
    {
        port.apply(edits);
    }
    done
}

async fn untyped<P: Port>(value: &mut P, ctx: &mut Ctx<P>, message: Message) -> Result<(), Die> {
    match P::decode(message) {
        Ok(msg) => value.handle(ctx, msg).await,
        Err(bad) => value.bad_message(ctx, bad),
    }
}

/// Lets every task that is ready now have its turn.
async fn next_turn() {
    let mut turned = false;
    poll_fn(|cx| {
        if turned {
            return Poll::Ready(());
        }
        turned = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
