//! The task that handles a port's messages: it exists only while there are some.
//!
//! A runner that finds the mailbox empty lingers for a few turns of the scheduler before it puts
//! the value back and ends, so that request and reply need no new task each time.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::ambient::{self, Current};
use super::any_cell::AnyCell;
use super::cell::{Cell, Next};
use super::context::Ctx;
use super::definition::Port;
use super::init::Init;
use super::mailbox::{Envelope, Firing, Stage};
use crate::die::Die;
use crate::message::Message;
use crate::mutation;
use crate::node::Core;
use crate::reason::Reason;

/// Turns of the scheduler that a runner waits for more messages.
const PATIENCE: u32 = 3;

/// Messages after which the count of waiting ones is brought up to date and other tasks get a
/// turn.
const STRIDE: usize = 64;

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

/// Drops what may hold user data; a panicking destructor is logged and ends nothing else.
pub(crate) fn drop_user_data<T>(data: T) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(move || drop(data))) {
        let die = Die::from_panic(payload);
        tracing::error!(target: "aemp", "a destructor of a dying port {die}");
    }
}

async fn run<P: Port>(cell: Arc<Cell<P>>, stage: Stage<P>) {
    let end = in_context(&cell, drive(cell.clone(), stage)).await;
    if let End::Dead(reason) = end {
        cell.die(&reason);
    }
}

/// Polls `code` as code of the port: with the ambient context set, panics caught, and dropped
/// when the port is doomed.
async fn in_context<P: Port>(cell: &Arc<Cell<P>>, code: impl Future<Output = End>) -> End {
    let mut slot = Some(Current { core: cell.core.clone(), cell: cell.clone() });
    let mut code = std::pin::pin!(code);
    poll_fn(|cx| {
        if let Some(reason) = cell.doomed() {
            return Poll::Ready(End::Dead(reason));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let _entered = ambient::enter(&mut slot);
            code.as_mut().poll(cx)
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
    .await
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

async fn drive<P: Port>(cell: Arc<Cell<P>>, stage: Stage<P>) -> End {
    let mut value = match stage {
        Stage::Idle(value) => Some(value),
        Stage::Starting(starter) => {
            let mut init = Init::new(cell.clone());
            match starter(&mut init).await {
                Ok(_) if init.stopping().is_some() => {
                    return End::Dead(init.stopping().unwrap_or_default());
                }
                Ok(value) => Some(value),
                Err(die) => return End::Dead(die.into()),
            }
        }
        Stage::Running(_) | Stage::Doomed(_) | Stage::Dead(_) => return End::Idle,
    };
    let mut ctx = Ctx::new(cell.clone());
    let mut batch = Vec::new();
    let mut patience = PATIENCE;
    loop {
        let next = cell.next(&mut batch, &mut value, patience > 0);
        cell.made_room();
        match next {
            Next::Batch => patience = PATIENCE,
            Next::Idle => return End::Idle,
            Next::Nothing => {
                patience = patience.saturating_sub(1);
                next_turn().await;
                continue;
            }
        }
        let Some(value) = value.as_mut() else { return End::Idle };
        if let Err(reason) = handle_batch(&cell, value, &mut ctx, &mut batch).await {
            return End::Dead(reason);
        }
    }
}

async fn handle_batch<P: Port>(
    cell: &Arc<Cell<P>>,
    value: &mut P,
    ctx: &mut Ctx<P>,
    batch: &mut Vec<Envelope<P>>,
) -> Result<(), Reason> {
    let mut left = batch.len();
    for envelope in batch.drain(..) {
        left -= 1;
        if left.is_multiple_of(STRIDE) {
            cell.taken.store(left, Ordering::Relaxed);
            cell.made_room();
            tokio::task::coop::consume_budget().await;
        }
        let handled = match envelope {
            Envelope::Typed(msg) => value.handle(ctx, msg).await.map_err(Reason::from),
            other => uncommon(cell, value, ctx, other).await,
        };
        if let Some(reason) = handled.err().or_else(|| ctx.stopping()) {
            cell.taken.store(left, Ordering::Relaxed);
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
        Envelope::Untyped(message) => untyped(value, ctx, message).await?,
        Envelope::Call(task) => task(value, ctx)?,
        Envelope::Kil(reason) => return Err(reason),
        Envelope::Fired(id, firing) if cell.settle(id) => match *firing {
            Firing::Call(task) => task(value, ctx)?,
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
