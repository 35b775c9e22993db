//! The task that handles a port's messages. It is made when there are some.
//!
//! A runner that finds the mailbox empty waits on [`standby`](super::standby), so that request and
//! reply need no new task each time, and puts the value back and ends when others need the place.
//!
//! However the task ends, the port is settled: one that is dropped unfinished, because its runtime
//! ends, lets the port die where it is dropped.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::cell::{Cell, Next};
use super::closure::FnPort;
use super::context::Ctx;
use super::current::{self, Current};
use super::deadline::Deadline;
use super::definition::Port;
use super::init::{Init, Starter};
use super::mailbox::{self, Envelope, Firing, Stage, Task};
use super::run::{Load, Run};
use super::tap::{self, Tap};
use crate::die::Die;
use crate::fail_points::fail_point;
use crate::message::Message;
use crate::node::Core;
use crate::panics;
use crate::reason::Reason;

/// Messages that a port handles before other tasks get a turn: as many as a task of tokio's may
/// take out of its channels.
pub(super) const TURN: u32 = 128;

/// Messages that a runner has taken before it tells the node. The counter is shared by all ports: told of
/// every message, the cores would pass its cache line around. A busy port's count lags by as much, which
/// `NodeInfo::handled` says.
const TALLIED: usize = 1024;

/// Why a runner ended.
pub(super) enum End {
    Idle,
    Dead(Reason),
}

/// Starts the runner of a port that is scheduled for one.
pub(super) fn start<P: Port>(cell: Arc<Cell<P>>) {
    let runtime = cell.core.runtime().clone();
    runtime.spawn(run(Runner::new(cell)));
}

/// Lets an idle port die, which is scheduled for that.
pub(super) fn end<P: Port>(cell: Arc<Cell<P>>, reason: Reason) {
    let runtime = cell.core.runtime().clone();
    let runner = Runner::new(cell);
    runtime.spawn(async move {
        let reason = runner.cell.abort_reason().unwrap_or(reason);
        runner.settle(End::Dead(reason));
    });
}

/// Who runs a port. Dropped before it has [settled](Self::settle) what became of the port, it lets
/// the port die.
pub(super) struct Runner<P: Port> {
    pub(super) cell: Arc<Cell<P>>,
    settled: bool,
}

impl<P: Port> Runner<P> {
    pub(super) fn new(cell: Arc<Cell<P>>) -> Self {
        Self { cell, settled: false }
    }

    pub(super) fn settle(mut self, end: End) {
        self.settled = true;
        if let End::Dead(reason) = end {
            self.cell.die(&reason);
        }
    }
}

impl<P: Port> Drop for Runner<P> {
    fn drop(&mut self) {
        if !self.settled {
            let reason = self.cell.abort_reason();
            self.cell.die(&reason.unwrap_or_else(|| self.cell.core.shutdown_reason()));
        }
    }
}

/// What a runner holds of the user's. It lies outside the code that is polled, so that it is not
/// dropped while that panics: a destructor that panics as well would end the process.
struct Held<'a, P: Port> {
    cell: &'a Arc<Cell<P>>,
    value: Option<P>,
    batch: Vec<Envelope<P>>,
}

impl<P: Port> Drop for Held<'_, P> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            drop_user_data(self.cell, value);
        }
    }
}

async fn run<P: Port>(runner: Runner<P>) {
    let end = {
        let cell = &runner.cell;
        let run = Arc::new(Run::default());
        let mut held = Held { cell, value: None, batch: Vec::new() };
        let starter = match cell.begin(&run) {
            Some(Stage::Starting(starter)) => Some(starter),
            Some(Stage::Idle(made)) => {
                held.value = Some(made);
                None
            }
            Some(Stage::Running(_) | Stage::Dead(_)) | None => return,
        };
        let end = {
            let mut code = pin!(Some(drive(cell, &run, starter, &mut held)));
            in_context(cell, &run, code.as_mut()).await
        };
        run.retire();
        if let End::Dead(reason) = &end {
            run.end();
            if held.value.is_none() {
                cell.core.registry().add_stillborn(&cell.name, reason);
            }
        }
        end
    };
    runner.settle(end);
}

/// Drops user data in the context of its port.
pub(super) fn drop_user_data<P: Port, T>(cell: &Arc<Cell<P>>, data: T) {
    if !std::mem::needs_drop::<T>() {
        return;
    }
    let mut slot = Some(Current::of_port(cell.clone()));
    cell.core.in_runtime("a destructor of a dying port", || {
        let _entered = current::enter(&mut slot);
        drop(data);
    });
}

/// Polls `code` as code of the port: with the current context set, panics caught, and dropped,
/// in that context, when it has ended or the port is aborted.
pub(super) async fn in_context<P: Port>(
    cell: &Arc<Cell<P>>,
    run: &Run,
    code: Pin<&mut Option<impl Future<Output = End>>>,
) -> End {
    let mut slot = Some(Current::of_port(cell.clone()));
    let mut code = InContext { cell, run, code, ended: false };
    poll_fn(|cx| {
        if run.is_aborted() {
            return Poll::Ready(End::Dead(cell.abort_reason().unwrap_or_default()));
        }
        let polled = panics::caught(|| {
            let _entered = current::enter(&mut slot);
            let running = code.code.as_mut().as_pin_mut();
            running.map_or(Poll::Ready(End::Idle), |running| running.poll(cx))
        });
        match polled {
            Ok(Poll::Ready(end)) => {
                code.ended = true;
                Poll::Ready(end)
            }
            Ok(Poll::Pending) if run.suspend(cx.waker()) => Poll::Pending,
            Ok(Poll::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(die) => Poll::Ready(End::Dead(die.into())),
        }
    })
    .await
}

/// Drops a port's code in the context of the port, unless it has ended, and holds nothing any more.
struct InContext<'a, P: Port, F> {
    cell: &'a Arc<Cell<P>>,
    run: &'a Run,
    code: Pin<&'a mut Option<F>>,
    ended: bool,
}

impl<P: Port, F> Drop for InContext<'_, P, F> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.run.end();
        let cell = self.cell;
        let mut slot = Some(Current::of_port(cell.clone()));
        cell.core.user_code("a destructor of a port's code", || {
            let _entered = current::enter(&mut slot);
            self.code.set(None);
        });
    }
}

async fn drive<P: Port>(
    cell: &Arc<Cell<P>>,
    run: &Arc<Run>,
    starter: Option<Starter<P>>,
    held: &mut Held<'_, P>,
) -> End {
    if let Some(starter) = starter {
        let mut init = Init::new(cell.clone());
        match starter(&mut init).await {
            Ok(made) => held.value = Some(made),
            Err(die) => return End::Dead(die.into()),
        }
        if let Some(reason) = init.stopping() {
            return End::Dead(reason);
        }
    }
    let mut ctx = Ctx::new(cell.clone());
    let mut placed = false;
    let mut tally = Tally { core: &cell.core, messages: 0 };
    let mut turn = Turn(0);
    loop {
        let Held { value, batch, .. } = held;
        let next = poll_fn(|cx| {
            let polled = cell.poll_next(run, batch, value, cx);
            if polled.is_pending() {
                tally.flush();
                mailbox::shed(batch);
                if !std::mem::replace(&mut placed, true) {
                    cell.core.standby().enter(run, cx);
                }
            }
            polled
        });
        let (taps, limit) = match next.await {
            Next::Batch { taps, limit } => (taps, limit),
            Next::Idle => return End::Idle,
            Next::Aborted => return End::Dead(cell.abort_reason().unwrap_or_default()),
        };
        tally.add(batch.len());
        let Some(value) = value.as_mut() else { return End::Idle };
        let left = run.left();
        let batch = Batch { cell, run, envelopes: batch.drain(..), left, taps, limit };
        if let Err(reason) = handle_batch(batch, &mut turn, value, &mut ctx).await {
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
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.core.counters().add_handled(std::mem::take(&mut self.messages));
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Envelopes handled since other tasks had their turn.
struct Turn(u32);

impl Turn {
    /// One more is to be handled; whether others have their turn before.
    fn is_over(&mut self) -> bool {
        let over = self.0 >= TURN;
        self.0 = if over { 1 } else { self.0 + 1 };
        over
    }
}

/// The messages that were taken out of the mailbox and not handled yet.
struct Batch<'a, P: Port> {
    cell: &'a Arc<Cell<P>>,
    run: &'a Run,
    envelopes: std::vec::Drain<'a, Envelope<P>>,
    left: Load,
    /// Who is sent copies of them.
    taps: Vec<Arc<Tap>>,
    /// How long a handler may take.
    limit: Option<Duration>,
}

impl<P: Port> Batch<'_, P> {
    /// Begins to handle the next envelope. No message lives in the runner's own future, which would
    /// move it, and room for it, about.
    fn begin<'a>(
        &mut self,
        value: &'a mut P,
        ctx: &'a mut Ctx<P>,
    ) -> Begun<impl Future<Output = Result<(), Die>> + Send + use<'a, P>> {
        let msg = match self.next() {
            Some(Envelope::Typed(msg)) => msg,
            Some(other) => match uncommon(self.cell, value, ctx, other) {
                Ok(Some(msg)) => msg,
                Ok(None) => return Begun::Done,
                Err(reason) => return Begun::Dead(reason),
            },
            None => return Begun::Empty,
        };
        Begun::Handler(value.handle(ctx, msg))
    }

    /// The next envelope, which leaves room for another.
    fn next(&mut self) -> Option<Envelope<P>> {
        let envelope = self.envelopes.next()?;
        self.left = self.left - envelope.load();
        self.run.set_left(self.left);
        if self.run.is_room_wanted() {
            self.cell.made_room(self.run);
        }
        if !self.taps.is_empty() {
            tap::copy(&self.cell.core, &self.taps, &envelope);
        }
        Some(envelope)
    }
}

/// What came of an envelope.
enum Begun<F> {
    /// A handler, to be waited for.
    Handler(F),
    Done,
    Dead(Reason),
    /// There was none.
    Empty,
}

/// However the batch ended: what is left of it, when the port dies, whose death counts that, is dropped
/// one by one, since each of them may panic.
impl<P: Port> Drop for Batch<'_, P> {
    fn drop(&mut self) {
        if self.envelopes.len() > 0 {
            self.run.end();
        }
        self.envelopes.by_ref().for_each(|envelope| drop_user_data(self.cell, envelope));
    }
}

async fn handle_batch<P: Port>(
    mut batch: Batch<'_, P>,
    turn: &mut Turn,
    value: &mut P,
    ctx: &mut Ctx<P>,
) -> Result<(), Reason> {
    loop {
        // Before an envelope is taken out: the port may be aborted meanwhile.
        if turn.is_over() {
            tokio::task::yield_now().await;
        }
        if batch.run.is_aborted() {
            return Err(batch.cell.abort_reason().unwrap_or_default());
        }
        match batch.begin(value, ctx) {
            Begun::Handler(handler) => {
                let timers = batch.cell.core.timers();
                let deadline = |limit| (limit, Deadline::new(timers, Instant::now(), limit));
                within(batch.limit.map(deadline), pin!(handler)).await?;
            }
            Begun::Done => {}
            Begun::Dead(reason) => return Err(reason),
            Begun::Empty => return Ok(()),
        }
        if let Some(reason) = ctx.stopping() {
            return Err(reason);
        }
    }
}

/// Everything but a typed message; gives the message to handle, if it is one.
fn uncommon<P: Port>(
    cell: &Arc<Cell<P>>,
    value: &mut P,
    ctx: &mut Ctx<P>,
    envelope: Envelope<P>,
) -> Result<Option<P::Msg>, Reason> {
    match envelope {
        Envelope::Typed(msg) => return Ok(Some(msg)),
        Envelope::Untyped(message) => return Ok(untyped(value, ctx, *message)?),
        Envelope::Call(task) | Envelope::Due(task) => call(value, ctx, task)?,
        Envelope::Kil(reason) => return Err(reason),
        Envelope::Fired(id, firing) if cell.settle(id) => match *firing {
            Firing::Call(task) => call(value, ctx, task)?,
            Firing::Message(message) => {
                if fail_point!(FireTwice) {
                    cell.push(Envelope::Untyped(Box::new(message.clone())));
                }
                return Ok(untyped(value, ctx, message)?);
            }
            Firing::Kil(reason) => return Err(reason),
        },
        Envelope::Fired(..) => {}
    }
    Ok(None)
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

fn untyped<P: Port>(
    value: &mut P,
    ctx: &mut Ctx<P>,
    message: Message,
) -> Result<Option<P::Msg>, Die> {
    match P::decode(message) {
        Ok(msg) => Ok(Some(msg)),
        Err(bad) => value.bad_message(ctx, bad).map(|()| None),
    }
}

/// Polls a handler, and its deadline if it has one. By reference: a handler's future may hold large
/// values.
async fn within(
    mut limit: Option<(Duration, Deadline)>,
    mut handler: Pin<&mut (impl Future<Output = Result<(), Die>> + ?Sized)>,
) -> Result<(), Die> {
    poll_fn(|cx| match (handler.as_mut().poll(cx), &mut limit) {
        (Poll::Pending, Some((limit, deadline))) => deadline
            .poll(cx)
            .map(|()| Err(Die::new(format!("a handler did not end within {limit:?}")))),
        (polled, _) => polled,
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    const LARGE: usize = 64 << 10;

    #[derive(crate::Port)]
    struct Large;

    #[crate::rcv]
    impl Large {
        #[rcv(local)]
        fn take(&mut self, large: [u8; LARGE]) -> u8 {
            large[0]
        }
    }

    /// It would be moved about on stacks whenever the port wakes.
    #[tokio::test]
    async fn the_task_of_a_port_has_no_room_for_a_message() {
        let node = Node::local();
        let port = node.port(Large);
        let cell = port.as_handle().cell().unwrap();
        let size = size_of_val(&run(Runner::new(cell)));
        assert!(size < 1024, "{size}");
    }
}
