//! Something done later.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::context::Ctx;
use super::definition::Port;
use super::mailbox::Task;
use super::outcome::Ran;
use crate::die::Die;
use crate::id::PortId;
use crate::message::Message;
use crate::node::{Alarm, Core, Dropped, TimerKey, Timers, timer_deadline};

/// A timer that runs. Dropping it changes nothing; [`cancel`](Self::cancel) stops it. It ends with
/// its port, or, if it was set outside of ports, with its node; what it holds is dropped then.
#[derive(Clone)]
pub struct Timer {
    timers: Arc<Timers>,
    entry: Entry,
    owner: Option<Weak<dyn AnyCell>>,
}

/// Its entry in the table.
#[derive(Clone, Debug)]
enum Entry {
    Once(TimerKey),
    /// The next one; none when the timer was cancelled.
    Next(Arc<Mutex<Option<TimerKey>>>),
}

/// What a repeated timer of a port does.
struct Repeated<P, F> {
    interval: Duration,
    code: F,
    next: Arc<Mutex<Option<TimerKey>>>,
    port: PhantomData<fn(P)>,
}

impl Timer {
    /// A timer of the node, that sends a message.
    pub(crate) fn of_node(core: &Core, delay: Duration, to: PortId, message: Message) -> Self {
        let timers = core.timers().clone();
        let key = timers.key(timer_deadline(delay));
        if timers.add(key, Alarm::Send(to, Box::new(message))).is_some() {
            core.count_dropped(Dropped::Closed, 1);
        }
        Self { timers, entry: Entry::Once(key), owner: None }
    }

    /// A timer of a port, to be set in its context.
    pub(super) fn of_port<P: Port>(cell: &Arc<Cell<P>>, delay: Duration, task: Task<P>) -> Self {
        let key = cell.core.timers().key(timer_deadline(delay));
        add(cell, key, task);
        Self::owned(cell, Entry::Once(key))
    }

    /// One that comes due again and again.
    pub(super) fn repeated<P, F>(cell: &Arc<Cell<P>>, interval: Duration, code: F) -> Self
    where
        P: Port,
        F: FnMut(&mut P, &mut Ctx<P>) -> Result<(), Die> + Send + 'static,
    {
        let next = Arc::default();
        let repeated =
            Repeated { interval, code, next: Arc::clone(&next), port: PhantomData::<fn(P)> };
        let at = timer_deadline(interval);
        let key = cell.core.timers().key(at);
        *next.lock() = Some(key);
        repeated.add(cell, key, at);
        Self::owned(cell, Entry::Next(next))
    }

    fn owned<P: Port>(cell: &Arc<Cell<P>>, entry: Entry) -> Self {
        let owner: Weak<dyn AnyCell> = Arc::<Cell<P>>::downgrade(cell);
        Self { timers: cell.core.timers().clone(), entry, owner: Some(owner) }
    }

    /// Stops the timer if it has not fired, or repeats, and drops what it holds.
    pub fn cancel(&self) {
        let key = match &self.entry {
            Entry::Once(key) => Some(*key),
            Entry::Next(next) => next.lock().take(),
        };
        let Some(key) = key else { return };
        let removed = self.timers.remove(key);
        let owner = self.owner.as_ref().and_then(Weak::upgrade);
        if let (Some(_), Some(owner)) = (&removed, owner) {
            owner.disown_timer(key);
        }
    }
}

/// Has `task` run in the port at the time of `key`.
fn add<P: Port>(cell: &Arc<Cell<P>>, key: TimerKey, task: Task<P>) {
    // Known to the port before it can come due.
    cell.mailbox.lock().extras.get_or_insert_default().timers.insert(key);
    let weak = Arc::downgrade(cell);
    let due = move |key| {
        if let Some(cell) = weak.upgrade() {
            cell.push_due(key, task);
        }
    };
    // On a node that is shut down it is dropped here, in the port's context.
    drop(cell.core.timers().add(key, Alarm::Run(Box::new(due))));
}

impl<P, F> Repeated<P, F>
where
    P: Port,
    F: FnMut(&mut P, &mut Ctx<P>) -> Result<(), Die> + Send + 'static,
{
    fn add(self, cell: &Arc<Cell<P>>, key: TimerKey, at: Instant) {
        add(cell, key, Box::new(move |port, ctx| Ran::Done(self.run(port, ctx, at))));
    }

    /// It was due at that time; the next time is the first of its multiples that is still to come.
    fn run(mut self, port: &mut P, ctx: &mut Ctx<P>, at: Instant) -> Result<(), Die> {
        if self.next.lock().is_none() {
            return Ok(());
        }
        (self.code)(port, ctx)?;
        let now = Instant::now();
        let at = next_time(at, now, self.interval);
        let key = ctx.core().timers().key(at);
        let mut next = self.next.lock();
        // Unless it has cancelled itself.
        if next.is_some() {
            *next = Some(key);
            drop(next);
            self.add(ctx.cell(), key, at);
        }
        Ok(())
    }
}

/// The first multiple of `interval` after `at` that is later than `now`.
fn next_time(at: Instant, now: Instant, interval: Duration) -> Instant {
    let late = now.saturating_duration_since(at).as_nanos() % interval.as_nanos();
    let late = Duration::from_nanos(u64::try_from(late).unwrap_or_default());
    now.checked_add(interval.saturating_sub(late)).unwrap_or_else(|| timer_deadline(interval))
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timer({:?})", self.entry)
    }
}
