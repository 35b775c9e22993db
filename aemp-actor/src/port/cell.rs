//! A port's cell: mailbox, stage and watchers behind one short lock.
//!
//! Invariants:
//!
//! 1. At most one runner has the value: `scheduled` is set under the lock by whoever makes the
//!    runner, and taken back by it, under the lock, with an empty queue.
//! 2. So what is pushed while it runs is seen by that runner.
//! 3. The stage becomes `Dead` once, under the lock, together with taking the watchers out; a
//!    watch that comes later is given back. So each watch fires once.
//! 4. No user code, no drop of user data and no waker runs under the lock.
//! 5. `fired` is raised under the lock, before the lock of the peer is given back whose connection
//!    was lost, and read by a sender that has held the lock of that peer since.
//! 6. A port dies in a task of its own runtime, or where that has ended: never under a lock of a
//!    sender, while there is a runtime.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::any_cell::AnyCell;
use super::batch::Batch;
use super::definition::Port;
use super::facts::{self, Facts};
use super::handle::Ref;
use super::mailbox::{Envelope, Firing, Mailbox, Room, Stage, Task};
use super::options::PortOptions;
use super::outcome::Ran;
use super::run::{Load, Run};
use super::tap::{Tap, TapError};
use super::{reaper, receive, runner};
use crate::fail_points::fail_point;
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::monitor::WatchId;
use crate::node::{Busy, Core, Dropped, MonToken, TimerKey, Watch};
use crate::reason::{Reason, kind};

/// What a node holds of a port: its name, its mailbox, and its value while no runner has it.
pub(crate) struct Cell<P: Port> {
    pub(crate) name: PortName,
    pub(crate) core: Arc<Core>,
    /// Owned watches that fired and wait in the mailbox.
    pub(super) fired: AtomicU32,
    /// Messages that runners have taken out of the queue, modulo 2^32; written under the lock.
    pub(super) handled: AtomicU32,
    pub(crate) mailbox: Mutex<Mailbox<P>>,
}

/// What a runner finds in the mailbox.
pub(crate) enum Next {
    /// The batch was filled. `None`, as a rule: nothing more is asked of who handles it.
    Batch(Option<Box<Demands>>),
    /// Nothing; the value was put back, the runner is to end.
    Idle,
    /// The port is to end at once.
    Aborted,
}

/// What is asked of who handles a batch.
pub(crate) struct Demands {
    /// Who is sent copies of the messages.
    pub(super) taps: Vec<Arc<Tap>>,
    /// How long a handler may take.
    pub(super) limit: Option<Duration>,
}

impl<P: Port> Cell<P> {
    pub(crate) fn new(core: Arc<Core>, name: PortName, stage: Stage<P>) -> Arc<Self> {
        Arc::new(Self {
            name,
            core,
            fired: AtomicU32::new(0),
            handled: AtomicU32::new(0),
            mailbox: Mutex::new(Mailbox::new(stage)),
        })
    }

    pub(crate) fn id(&self) -> PortId {
        PortId::new(self.core.id().clone(), self.name.clone())
    }

    /// Puts a message into the mailbox, if it has room, and sees that it is handled.
    pub(crate) fn push(self: &Arc<Self>, message: Envelope<P>) {
        let mailbox = self.mailbox.lock();
        let load = message.load();
        let room = mailbox.has_room(load, self.options(&mailbox));
        if mailbox.refuses_messages() || !room && mailbox.killed {
            drop(mailbox);
            // With who waits for an answer to it, who asks the cell why there is none.
            drop(message);
            self.core.count_dropped(Dropped::DeadPort, 1);
        } else if room {
            self.add(mailbox, message, load);
        } else {
            drop(mailbox);
            self.overflow();
        }
    }

    /// A timer of the port came due: its time was bought when it was set, so it needs no room.
    pub(crate) fn push_due(self: &Arc<Self>, key: TimerKey, task: Task<P>) {
        let mut mailbox = self.mailbox.lock();
        if let Some(extras) = &mut mailbox.extras {
            extras.timers.remove(&key);
        }
        if !mailbox.is_over() {
            self.add(mailbox, Envelope::Due(task), Load::default());
        }
    }

    /// Adds an envelope for which there is room.
    pub(super) fn add(
        self: &Arc<Self>,
        mut mailbox: MutexGuard<'_, Mailbox<P>>,
        envelope: Envelope<P>,
        load: Load,
    ) {
        mailbox.add(envelope, load);
        self.handle_added(mailbox);
    }

    /// Sees that what was added is handled.
    pub(super) fn handle_added(self: &Arc<Self>, mut mailbox: MutexGuard<'_, Mailbox<P>>) {
        let start = mailbox.schedule();
        let waker = mailbox.waker.take();
        drop(mailbox);
        if start {
            runner::start(self.clone());
        } else if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Runs the init function of a new port without waiting for a message.
    pub(crate) fn wake(self: &Arc<Self>) {
        let start = self.mailbox.lock().schedule();
        if start {
            runner::start(self.clone());
        }
    }

    pub(super) fn options<'a>(&'a self, mailbox: &'a Mailbox<P>) -> &'a PortOptions {
        mailbox.options().unwrap_or(self.core.port_options())
    }

    /// Whether so much may wait in the port.
    pub(super) fn bears(&self, waiting: Load) -> bool {
        let mailbox = self.mailbox.lock();
        let options = self.options(&mailbox);
        waiting.messages <= options.max_messages && waiting.bytes <= options.max_bytes
    }

    pub(super) fn overflow(self: &Arc<Self>) {
        self.core.count_dropped(Dropped::MailboxFull, 1);
        let text = format!("the mailbox of port {} is full", self.id());
        self.clone().abort(Reason::new(kind::OVERFLOW, text));
    }

    /// A runner begins: takes the value, or what makes it; `None` when the port is to end, and has nothing
    /// to do before.
    pub(crate) fn begin(&self, run: &Arc<Run>) -> Option<Stage<P>> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_dead() {
            return None;
        }
        if mailbox.abort_reason().is_some() {
            if !mailbox.has_to_wind_up() {
                return None;
            }
            run.abort();
        }
        run.want_room(mailbox.extras.as_ref().is_some_and(|extras| extras.room.is_some()));
        Some(std::mem::replace(&mut mailbox.stage, Stage::Running(run.clone())))
    }

    /// Swaps the queue out for the runner. While it is empty, the runner waits, or puts the value back
    /// when it is to end.
    pub(crate) fn poll_next(
        &self,
        run: &Run,
        batch: &mut Vec<Envelope<P>>,
        value: &mut Option<P>,
        cx: &Context<'_>,
    ) -> Poll<Next> {
        let mut mailbox = self.mailbox.lock();
        if !mailbox.queue.is_empty() {
            mailbox.take(run, Load::default(), batch);
            self.count_handled(batch.len());
            run.set_waiting(false);
            mailbox.waker = None;
            return Poll::Ready(Next::Batch(self.demands(&mailbox)));
        }
        if mailbox.abort_reason().is_some() {
            return Poll::Ready(Next::Aborted);
        }
        if !run.is_retired() {
            mailbox.wait(cx.waker().clone());
            run.set_waiting(true);
            return Poll::Pending;
        }
        if let Some(value) = value.take() {
            mailbox.rest(value);
        }
        Poll::Ready(Next::Idle)
    }

    fn demands(&self, mailbox: &Mailbox<P>) -> Option<Box<Demands>> {
        let limit = self.options(mailbox).handler_timeout;
        let taps = mailbox.taps();
        (limit.is_some() || !taps.is_empty())
            .then(|| Box::new(Demands { taps: taps.to_vec(), limit }))
    }

    pub(super) fn handler_timeout(&self) -> Option<Duration> {
        self.options(&self.mailbox.lock()).handler_timeout
    }

    /// To be called under the lock.
    pub(super) fn count_handled(&self, count: usize) {
        let handled = self.handled.load(Ordering::Relaxed);
        // Wraps around, as it is told to.
        self.handled.store(handled.wrapping_add(count as u32), Ordering::Relaxed);
    }

    /// Why the port is to end at once.
    pub(crate) fn abort_reason(&self) -> Option<Reason> {
        self.mailbox.lock().abort_reason().cloned()
    }

    /// An owned watch fired: tell the port, unless the watch was cancelled. It needs no room: the
    /// port itself has made the watch.
    pub(crate) fn push_fired(self: &Arc<Self>, id: WatchId, reason: Reason, firing: Firing<P>) {
        let mut mailbox = self.mailbox.lock();
        let owned = mailbox.owned.as_mut().is_some_and(|owned| owned.fire(id, reason));
        if mailbox.is_dead() || !owned {
            return;
        }
        self.fired.fetch_add(1, Ordering::Relaxed);
        self.add(mailbox, Envelope::Fired(id, Box::new(firing)), Load::default());
    }

    /// The port is being told of a fired watch; false when it was cancelled meanwhile.
    pub(crate) fn settle(&self, id: WatchId) -> bool {
        self.fired.fetch_sub(1, Ordering::Relaxed);
        self.mailbox.lock().disown(id)
    }

    /// Puts a `kil` into the mailbox, or lets an idle port die; false when one is there, or the port
    /// ends already.
    fn push_kil(self: &Arc<Self>, reason: Reason) -> bool {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_over() || mailbox.killed {
            return false;
        }
        mailbox.killed = true;
        if mailbox.is_idle() && !mailbox.has_to_wind_up() {
            mailbox.scheduled = true;
            drop(mailbox);
            reaper::reap(self.clone(), reason);
            return true;
        }
        // What they would send now is lost.
        let room = mailbox.extras.as_mut().and_then(|extras| extras.room.take());
        self.add(mailbox, Envelope::Kil(reason), Load::default());
        if let Some(room) = room {
            room.freed.notify_waiters();
        }
        true
    }
}

impl<P: Port> AnyCell for Cell<P> {
    fn name(&self) -> &PortName {
        &self.name
    }

    fn core(&self) -> &Arc<Core> {
        &self.core
    }

    fn deliver(self: Arc<Self>, message: Message) {
        self.push(Envelope::Untyped(Box::new(message)));
    }

    fn deliver_all(self: Arc<Self>, messages: &mut Batch) {
        self.push_all(messages);
    }

    fn knows_late_replies(&self) -> bool {
        true
    }

    fn kil(self: Arc<Self>, reason: Reason) {
        if fail_point!(KillOvertakes) {
            return self.abort(reason);
        }
        if self.push_kil(reason.clone()) {
            self.hasten(None, reason);
        }
    }

    fn abort(self: Arc<Self>, reason: Reason) {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_dead() || mailbox.abort_reason().is_some() {
            return;
        }
        let extras = mailbox.extras.get_or_insert_default();
        extras.abort = Some(reason);
        let room = extras.room.take();
        let run = mailbox.run().cloned();
        let waiting = mailbox.waker.take();
        let start = mailbox.schedule();
        drop(mailbox);
        if let Some(room) = room {
            room.freed.notify_waiters();
        }
        let suspended = run.and_then(|run| run.abort());
        suspended.or(waiting).into_iter().for_each(Waker::wake);
        if start {
            runner::start(self);
        }
    }

    fn end(self: Arc<Self>, reason: Reason) {
        let ends_here = {
            let mut mailbox = self.mailbox.lock();
            !mailbox.has_to_wind_up() && mailbox.schedule()
        };
        if ends_here {
            self.die(&reason);
        } else {
            self.abort(reason);
        }
    }

    fn die_scheduled(self: Arc<Self>, reason: Reason) {
        let reason = self.abort_reason().unwrap_or(reason);
        self.die(&reason);
    }

    fn is_ending(&self) -> bool {
        let mailbox = self.mailbox.lock();
        mailbox.is_over() || mailbox.run().is_some_and(|run| run.is_ending())
    }

    fn caller_is_notified(&self) {
        self.mailbox.lock().extras.get_or_insert_default().caller_notified = true;
    }

    fn watch(&self, watch: Watch) -> Result<(), Watch> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_dead() {
            return Err(watch);
        }
        mailbox.watchers.add(watch.id, watch);
        Ok(())
    }

    fn unwatch(&self, id: WatchId) -> Option<Watch> {
        self.mailbox.lock().watchers.remove(id)
    }

    fn own(&self, id: WatchId, target: &PortId) {
        let mut mailbox = self.mailbox.lock();
        if !mailbox.is_dead() {
            mailbox.owned.get_or_insert_default().add(id, target.clone());
        }
    }

    fn disown(&self, id: WatchId) {
        self.mailbox.lock().disown(id);
    }

    fn owns(&self, id: WatchId) -> bool {
        self.mailbox.lock().owned.as_ref().is_some_and(|owned| owned.contains(id))
    }

    fn fired_kil(self: Arc<Self>, id: WatchId, reason: Reason) {
        self.push_fired(id, reason.clone(), Firing::Kil(reason.clone()));
        self.hasten(Some(id), reason);
    }

    fn fired_snd(self: Arc<Self>, id: WatchId, reason: Reason, message: Message) {
        self.push_fired(id, reason, Firing::Message(message));
    }

    fn unnotified(&self, target: &PortId) -> Option<Reason> {
        if self.fired.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.mailbox.lock().owned.as_ref()?.unnotified(target).cloned()
    }

    fn deliver_if_room(self: Arc<Self>, message: Message) -> Result<(), (Message, Arc<Room>)> {
        match self.push_if_room(Envelope::Untyped(Box::new(message))) {
            Err((Envelope::Untyped(message), room)) => Err((*message, room)),
            _ => Ok(()),
        }
    }

    fn is_full_for(&self, room: &Arc<Room>) -> bool {
        self.has_none_in(room)
    }

    fn add_task(&self, run: &Arc<Run>) -> Option<u64> {
        self.begin_task(run)
    }

    fn remove_task(self: Arc<Self>, number: u64) {
        self.end_task(number);
    }

    fn stop(self: Arc<Self>) {
        self.begin_to_stop();
    }

    fn drain(self: Arc<Self>, busy: &Busy) -> bool {
        self.keep_while_busy(busy)
    }

    fn set_options(&self, options: PortOptions) {
        self.mailbox.lock().extras.get_or_insert_default().options = Some(options);
    }

    fn disown_timer(&self, key: TimerKey) {
        if let Some(extras) = &mut self.mailbox.lock().extras {
            extras.timers.remove(&key);
        }
    }

    fn protocol(self: Arc<Self>, protocol: TypeId) -> Option<Box<dyn Any>> {
        P::protocol(&Ref::local(self), protocol)
    }

    fn when_started(self: Arc<Self>, f: Box<dyn FnOnce() + Send>) {
        if receive::is_receive_port::<P>() {
            return f();
        }
        let mailbox = self.mailbox.lock();
        if !mailbox.is_over() {
            // Handled when there is a value. It needs no room: there is one for each start of a child.
            let task: Task<P> = Box::new(|_, _| {
                f();
                Ran::Done(Ok(()))
            });
            self.add(mailbox, Envelope::Due(task), Load::default());
        }
    }

    fn set_supervisor(&self, token: MonToken) -> Option<MonToken> {
        self.mailbox.lock().extras.get_or_insert_default().supervisor.replace(token)
    }

    fn kind(&self) -> &'static str {
        facts::kind::<P>()
    }

    fn facts(&self) -> Facts {
        self.look()
    }

    fn tap(&self, tap: Arc<Tap>) -> Result<(), TapError> {
        self.add_tap(tap)
    }

    fn untap(&self, tap: &Arc<Tap>) {
        self.remove_tap(tap);
    }

    fn death(&self) -> Option<Reason> {
        match &self.mailbox.lock().stage {
            Stage::Dead(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
