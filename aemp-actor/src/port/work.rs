//! Tasks of a port: futures, blocking code and streams that run beside its handlers, in its context, and end
//! with it.
//!
//! Invariants:
//!
//! 1. A task is in the list of its port from before it begins until its future has been dropped.
//! 2. A port that dies waits for its list to be empty, unless its runtime has ended: no task of a port runs
//!    when its monitors have fired.
//! 3. What a task brings is in the mailbox before the task leaves the list.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::context::{Ctx, PortScope};
use super::current::{self, Current};
use super::definition::Port;
use super::mailbox::{Envelope, Task};
use super::outcome::{Outcome, Ran};
use super::run::{Load, Run};
use crate::die::Die;
use crate::panics;

/// A task of a port, to cancel it. Dropping this changes nothing.
#[derive(Clone)]
pub struct PortTask {
    run: Arc<Run>,
}

impl PortTask {
    /// Ends the task where it waits, unless it has ended; what was to come of it does not come. Blocking code
    /// that has begun goes on, and its result is dropped.
    pub fn cancel(&self) {
        self.run.abort().into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for PortTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortTask")
    }
}

/// The tasks of a port that run.
#[derive(Default)]
pub(crate) struct Tasks {
    live: BTreeMap<u64, Arc<Run>>,
    next: u64,
    /// Woken by the last that ends, when the port dies: no more begin.
    ended: Option<Arc<Notify>>,
}

impl Tasks {
    /// Ends those that are left, without waiting for them.
    pub(super) fn abort(&self) {
        self.live.values().filter_map(|run| run.abort()).for_each(Waker::wake);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }
}

impl PortScope {
    /// Runs a future beside the handlers of this port, which go on meanwhile. It ends with the port: it is
    /// dropped where it waits. Its panic, or its `Err`, kills the port at once, as those of a handler do.
    ///
    /// It runs in the context of the port: what it sends, the port sends, in the order in which it runs.
    /// ([`Ctx::spawn_then`] brings its result back.)
    pub fn spawn<R: Outcome>(&self, code: impl Future<Output = R> + Send + 'static) -> PortTask {
        start(self.cell(), code, |done: R| done.into_result())
    }

    /// Runs blocking code on a thread for such, beside the handlers of this port; else as
    /// [`spawn`](Self::spawn). Code that has begun cannot be interrupted: when the port ends before, it runs on,
    /// and what comes of it is dropped.
    pub fn spawn_blocking<R: Outcome + Send + 'static>(
        &self,
        code: impl FnOnce() -> R + Send + 'static,
    ) -> PortTask {
        self.spawn(blocking(self.cell(), code))
    }
}

impl<P: Port> Ctx<P> {
    /// [`spawn`](PortScope::spawn), and calls `then` in the context of this port with the result. That is a
    /// message which needs no room in the mailbox.
    pub fn spawn_then<T: Send + 'static, R: Outcome>(
        &self,
        code: impl Future<Output = T> + Send + 'static,
        then: impl FnOnce(&mut P, &mut Ctx<P>, T) -> R + Send + 'static,
    ) -> PortTask {
        let cell = self.cell().clone();
        start(self.scope_cell(), code, move |value| {
            cell.push_task(Box::new(move |port, ctx| Ran::done(then(port, ctx, value))));
            Ok(())
        })
    }

    /// [`spawn_blocking`](PortScope::spawn_blocking), and calls `then` in the context of this port with the
    /// result.
    pub fn spawn_blocking_then<T: Send + 'static, R: Outcome>(
        &self,
        code: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(&mut P, &mut Ctx<P>, T) -> R + Send + 'static,
    ) -> PortTask {
        self.spawn_then(blocking(self.scope_cell(), code), then)
    }

    /// Calls `f` in the context of this port with each item of `stream`, until the stream, its task or the port
    /// ends. The next item is asked for when the last has been handled: at most one waits, and it needs no room
    /// in the mailbox. A panic of the stream kills the port.
    pub fn attach<S, R>(
        &self,
        stream: S,
        f: impl FnMut(&mut P, &mut Ctx<P>, S::Item) -> R + Send + 'static,
    ) -> PortTask
    where
        S: Stream<Item: Send> + Send + 'static,
        R: Outcome,
    {
        self.attach_then(stream, f, |_, _| ())
    }

    /// [`attach`](Self::attach), and calls `ended` in the context of this port when the stream has ended.
    pub fn attach_then<S, R, E>(
        &self,
        stream: S,
        mut f: impl FnMut(&mut P, &mut Ctx<P>, S::Item) -> R + Send + 'static,
        ended: impl FnOnce(&mut P, &mut Ctx<P>) -> E + Send + 'static,
    ) -> PortTask
    where
        S: Stream<Item: Send> + Send + 'static,
        R: Outcome,
        E: Outcome,
    {
        let cell = self.cell().clone();
        let code = async move {
            let mut stream = pin!(stream);
            while let Some(item) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
                let (give_back, handled) = oneshot::channel();
                cell.push_task(Box::new(move |port, ctx| {
                    let done = f(port, ctx, item).into_result();
                    drop(give_back.send(f));
                    Ran::Done(done)
                }));
                // Else the port is dying.
                let Ok(again) = handled.await else { return };
                f = again;
            }
            cell.push_task(Box::new(move |port, ctx| Ran::done(ended(port, ctx))));
        };
        self.spawn(code)
    }
}

impl<P: Port> Cell<P> {
    /// Adds code that a task of the port brings: it needs no room, since each brings one at a time.
    fn push_task(self: &Arc<Self>, task: Task<P>) {
        let mailbox = self.mailbox.lock();
        if !mailbox.is_over() {
            self.add(mailbox, Envelope::Due(task), Load::default());
        }
    }

    pub(super) fn has_tasks(&self) -> bool {
        self.mailbox.lock().extras.as_ref().is_some_and(|extras| !extras.tasks.is_empty())
    }

    pub(super) fn begin_task(&self, run: &Arc<Run>) -> Option<u64> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_over() {
            return None;
        }
        let tasks = &mut mailbox.extras.get_or_insert_default().tasks;
        if tasks.ended.is_some() {
            return None;
        }
        tasks.next += 1;
        tasks.live.insert(tasks.next, run.clone());
        Some(tasks.next)
    }

    /// A task has ended; the last wakes a port that waits for them to die, and has one that is to stop look
    /// whether it can.
    pub(super) fn end_task(self: &Arc<Self>, number: u64) {
        let mut mailbox = self.mailbox.lock();
        let Some(extras) = &mut mailbox.extras else { return };
        extras.tasks.live.remove(&number);
        if !extras.tasks.is_empty() {
            return;
        }
        if let Some(ended) = &extras.tasks.ended {
            ended.notify_one();
        } else if extras.stopping {
            drop(mailbox);
            self.look_whether_to_stop();
        }
    }

    /// The port dies: ends its tasks, and waits until they are gone. No more begin.
    pub(super) async fn end_tasks(&self) {
        let ended = {
            let mut mailbox = self.mailbox.lock();
            let Some(extras) = &mut mailbox.extras else { return };
            let ended = extras.tasks.ended.get_or_insert_default().clone();
            if extras.tasks.is_empty() {
                return;
            }
            let runs: Vec<_> = extras.tasks.live.values().cloned().collect();
            drop(mailbox);
            runs.iter().filter_map(|run| run.abort()).for_each(Waker::wake);
            ended
        };
        // Told of before this, it is so now.
        ended.notified().await;
    }
}

/// Starts a task of a port.
pub(super) fn start<F, T>(
    cell: &Arc<dyn AnyCell>,
    code: F,
    then: impl FnOnce(T) -> Result<(), Die> + Send + 'static,
) -> PortTask
where
    F: Future<Output = T> + Send + 'static,
{
    let run = Arc::new(Run::default());
    let number = cell.add_task(&run);
    if number.is_none() {
        run.abort();
    }
    let work = Work {
        number,
        cell: cell.clone(),
        run: run.clone(),
        current: Some(Current::beside_port(cell.clone())),
        code: Some((Box::pin(code), then)),
    };
    // Dropped here, where the runtime has ended.
    cell.core().runtime().spawn(work);
    PortTask { run }
}

/// A task that runs in the context of its port, and is dropped in that.
struct Work<F, G> {
    /// In the list of the port.
    number: Option<u64>,
    cell: Arc<dyn AnyCell>,
    run: Arc<Run>,
    current: Option<Current>,
    code: Option<(Pin<Box<F>>, G)>,
}

// The future is in a box, and nothing else is pinned.
impl<F, G> Unpin for Work<F, G> {}

impl<F, G, T> Future for Work<F, G>
where
    F: Future<Output = T>,
    G: FnOnce(T) -> Result<(), Die>,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { cell, run, current, code, .. } = &mut *self;
        if !run.is_aborted() {
            let polled = panics::caught(|| {
                let _entered = current::enter(current);
                let running = code.as_mut().map(|(code, _)| code.as_mut().poll(cx));
                running.unwrap_or(Poll::Pending)
            });
            let done = match polled {
                Ok(Poll::Pending) if run.suspend(cx.waker()) => return Poll::Pending,
                Ok(Poll::Pending) => Ok(()),
                Ok(Poll::Ready(value)) => finish(cell, current, code, value),
                Err(die) => Err(die),
            };
            if let Err(die) = done {
                cell.clone().abort(die.into());
            }
        }
        self.leave();
        Poll::Ready(())
    }
}

/// Hands the result over, once what brought it is gone.
fn finish<F, G, T>(
    cell: &Arc<dyn AnyCell>,
    current: &mut Option<Current>,
    code: &mut Option<(Pin<Box<F>>, G)>,
    value: T,
) -> Result<(), Die>
where
    G: FnOnce(T) -> Result<(), Die>,
{
    let Some((code, then)) = code.take() else { return Ok(()) };
    drop_in_context(cell, current, code);
    then(value)
}

fn drop_in_context<T>(cell: &Arc<dyn AnyCell>, current: &mut Option<Current>, data: T) {
    cell.core().in_runtime("a destructor of a port's task", || {
        let _entered = current::enter(current);
        drop(data);
    });
}

impl<F, G> Work<F, G> {
    fn leave(&mut self) {
        if let Some(code) = self.code.take() {
            drop_in_context(&self.cell, &mut self.current, code);
        }
        if let Some(number) = self.number.take() {
            self.cell.clone().remove_task(number);
        }
    }
}

impl<F, G> Drop for Work<F, G> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Blocking code, begun, as a future; what has not begun when that is dropped never does.
fn blocking<T: Send + 'static>(
    cell: &Arc<dyn AnyCell>,
    code: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    let current = Current::beside_port(cell.clone());
    let mut thread = Thread(cell.core().runtime().spawn_blocking(move || {
        let mut slot = Some(current);
        let _entered = current::enter(&mut slot);
        code()
    }));
    async move {
        match (&mut thread.0).await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(value) => value,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime ends, and this with it.
            Err(Err(_)) => std::future::pending().await,
        }
    }
}

struct Thread<T>(JoinHandle<T>);

impl<T> Drop for Thread<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
