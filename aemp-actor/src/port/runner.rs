//! The task that handles a port's messages. It is made when there are some.
//!
//! A runner that finds the mailbox empty waits on [`standby`](super::standby), if there is a place, so that
//! request and reply need no new task each time, and puts the value back and ends when others need the place.
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

use super::any_cell::AnyCell;
use super::cell::{Cell, Demands, Next};
use super::closure::FnPort;
use super::context::Ctx;
use super::deadline::Deadline;
use super::definition::Port;
use super::ending;
use super::in_context::{Stopped, drop_user_data, in_context};
use super::init::{Init, Starter};
use super::mailbox::{self, Envelope, Firing, Stage, Task};
use super::outcome::{PortFuture, Ran};
use super::run::{Load, Run};
use super::{reply_cell, tap};
use crate::die::Die;
use crate::fail_points::fail_point;
use crate::message::{BadMessage, Message};
use crate::node::{Core, Timers};
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

impl End {
    pub(super) fn of<P: Port>(cell: &Cell<P>, stopped: Stopped) -> Self {
        Self::Dead(match stopped {
            Stopped::Aborted => cell.abort_reason().unwrap_or_default(),
            Stopped::Failed(die) => die.into(),
        })
    }
}

/// Starts the runner of a port that is scheduled for one.
pub(super) fn start<P: Port>(cell: Arc<Cell<P>>) {
    let runtime = cell.core.runtime().clone();
    runtime.spawn(run(Runner::new(cell)));
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
    /// Messages of the batch that the port will not handle any more, for its stop hook.
    unhandled: Vec<Envelope<P>>,
}

impl<P: Port> Drop for Held<'_, P> {
    fn drop(&mut self) {
        for envelope in std::mem::take(&mut self.unhandled) {
            drop_user_data(self.cell, envelope);
        }
        if let Some(value) = self.value.take() {
            drop_user_data(self.cell, value);
        }
    }
}

async fn run<P: Port>(runner: Runner<P>) {
    let end = {
        let cell = &runner.cell;
        let run = Arc::new(Run::default());
        let mut held = Held { cell, value: None, batch: Vec::new(), unhandled: Vec::new() };
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
        let end = end.unwrap_or_else(|stopped| End::of(cell, stopped));
        run.retire();
        if let End::Dead(reason) = &end {
            run.end();
            if held.value.is_none() {
                cell.core.registry().add_failed_spawn(&cell.name, reason);
            }
            if cell.has_to_wind_up() {
                let (value, unhandled) = (&mut held.value, &mut held.unhandled);
                Box::pin(ending::wind_up(cell, &run, reason, value, unhandled)).await;
            }
        }
        end
    };
    runner.settle(end);
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
        let Held { value, batch, unhandled, .. } = held;
        let next = poll_fn(|cx| {
            let polled = cell.poll_next(run, batch, value, cx);
            if polled.is_pending() {
                tally.flush();
                mailbox::shed(batch);
                if !std::mem::replace(&mut placed, true) && !cell.core.standby().enter(run, cx) {
                    run.retire();
                    return cell.poll_next(run, batch, value, cx);
                }
            }
            polled
        });
        let demands = match next.await {
            Next::Batch(demands) => demands,
            Next::Idle => return End::Idle,
            Next::Aborted => return End::Dead(cell.abort_reason().unwrap_or_default()),
        };
        tally.add(batch.len());
        let Some(value) = value.as_mut() else { return End::Idle };
        let left = run.left();
        let envelopes = batch.drain(..);
        let batch = Batch { cell, run, envelopes, left, demands, unhandled };
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
    demands: Option<Box<Demands>>,
    /// Where a port with a stop hook keeps what it does not handle.
    unhandled: &'a mut Vec<Envelope<P>>,
}

impl<P: Port> Batch<'_, P> {
    /// Begins to handle the next envelope. No message lives in the runner's own future, which would
    /// move it, and room for it, about.
    fn begin<'a>(
        &mut self,
        value: &'a mut P,
        ctx: &'a mut Ctx<P>,
    ) -> Begun<'a, impl Future<Output = Result<(), Die>> + Send + use<'a, P>> {
        let msg = match self.next() {
            Some(Envelope::Typed(msg)) => msg,
            Some(other) => match uncommon(self.cell, other) {
                Uncommon::Message(msg) => msg,
                Uncommon::Bad(bad) => return Begun::Called(value.bad_message(ctx, *bad)),
                Uncommon::Task(task) => return call(value, ctx, task),
                Uncommon::Nothing => return Begun::Done,
                Uncommon::Dead(reason) => return Begun::Dead(reason),
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
        if let Some(demands) = &self.demands {
            tap::copy(&self.cell.core, &demands.taps, &envelope);
        }
        Some(envelope)
    }
}

/// What came of an envelope.
enum Begun<'a, F> {
    /// A handler, to be waited for.
    Handler(F),
    /// Other code of the user's, to be waited for.
    Task(PortFuture<'a>),
    /// Other code of the user's, which has ended.
    Called(Result<(), Die>),
    Done,
    Dead(Reason),
    /// There was none.
    Empty,
}

/// However the batch ended: what is left of it when the port dies, whose death counts that, is kept for the
/// stop hook, or dropped one by one, since each of them may panic.
impl<P: Port> Drop for Batch<'_, P> {
    fn drop(&mut self) {
        if self.envelopes.len() > 0 {
            self.run.end();
        }
        if P::stop_hook().is_some() {
            self.unhandled.extend(self.envelopes.by_ref());
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
    while !batch.envelopes.as_slice().is_empty() {
        // Before an envelope is taken out: the port may be aborted meanwhile.
        if turn.is_over() {
            tokio::task::yield_now().await;
        }
        if batch.run.is_aborted() {
            return Err(batch.cell.abort_reason().unwrap_or_default());
        }
        let limit = batch.demands.as_ref().and_then(|demands| demands.limit);
        let timers = batch.cell.core.timers();
        let is_edited = match batch.begin(value, ctx) {
            Begun::Handler(handler) => {
                let handler = pin!(handler);
                match limit {
                    None => handler.await?,
                    Some(limit) => within(timers, limit, handler).await?,
                }
                false
            }
            Begun::Task(mut code) => {
                match limit {
                    None => code.await?,
                    Some(limit) => within(timers, limit, code.as_mut()).await?,
                }
                true
            }
            Begun::Called(done) => {
                done?;
                true
            }
            Begun::Done => false,
            Begun::Dead(reason) => return Err(reason),
            Begun::Empty => return Ok(()),
        };
        if is_edited {
            apply_edits(value, ctx);
        }
        if let Some(reason) = ctx.stopping() {
            return Err(reason);
        }
    }
    Ok(())
}

/// What an envelope is that holds no typed message.
enum Uncommon<P: Port> {
    Message(P::Msg),
    Bad(Box<BadMessage>),
    Task(Task<P>),
    Dead(Reason),
    Nothing,
}

fn uncommon<P: Port>(cell: &Arc<Cell<P>>, envelope: Envelope<P>) -> Uncommon<P> {
    match envelope {
        Envelope::Typed(msg) => Uncommon::Message(msg),
        Envelope::Untyped(message) => untyped(cell, *message),
        Envelope::Call(task) | Envelope::Due(task) => Uncommon::Task(task),
        Envelope::Kil(reason) => Uncommon::Dead(reason),
        Envelope::Fired(id, firing) if cell.settle(id) => match *firing {
            Firing::Call(task) => Uncommon::Task(task),
            Firing::Message(message) => {
                if fail_point!(FireTwice) {
                    cell.push(Envelope::Untyped(Box::new(message.clone())));
                }
                untyped(cell, message)
            }
            Firing::Kil(reason) => Uncommon::Dead(reason),
        },
        Envelope::Fired(..) => Uncommon::Nothing,
    }
}

fn untyped<P: Port>(cell: &Arc<Cell<P>>, message: Message) -> Uncommon<P> {
    let reply = reply_cell::late_reply(&message);
    let decoded = P::decode(message);
    if let Some(reply) = reply {
        reply_cell::is_given(&reply, cell);
    }
    decoded.map_or_else(|bad| Uncommon::Bad(Box::new(bad)), Uncommon::Message)
}

fn call<'a, P: Port, F>(value: &'a mut P, ctx: &'a mut Ctx<P>, task: Task<P>) -> Begun<'a, F> {
    match task(value, ctx) {
        Ran::Done(done) => Begun::Called(done),
        Ran::Later(code) => Begun::Task(code),
    }
}

/// Applies what other code than the handlers of a closure port has changed of those, as [`FnPort`]'s own
/// [`handle`](Port::handle) does.
fn apply_edits<P: Port>(value: &mut P, ctx: &mut Ctx<P>) {
    let edits = ctx.take_edits();
    if !edits.is_empty()
        && let Some(port) = (value as &mut dyn Any).downcast_mut::<FnPort>()
    {
        // The port is one of the same type, then.
        let cell: Arc<dyn AnyCell> = ctx.cell().clone();
        if let Ok(cell) = cell.as_any().downcast() {
            port.apply(edits, &cell);
        }
    }
}

/// Polls a handler, and its deadline. By reference: a handler's future may hold large values.
async fn within(
    timers: &Arc<Timers>,
    limit: Duration,
    mut handler: Pin<&mut (impl Future<Output = Result<(), Die>> + ?Sized)>,
) -> Result<(), Die> {
    let mut deadline = Deadline::new(timers, Instant::now(), limit);
    poll_fn(|cx| match handler.as_mut().poll(cx) {
        Poll::Pending => deadline
            .poll(cx)
            .map(|()| Err(Die::new(format!("a handler did not end within {limit:?}")))),
        polled => polled,
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
