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

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};

use super::any_cell::{AnyCell, Messages};
use super::definition::Port;
use super::facts::{self, Facts};
use super::mailbox::{Envelope, Firing, Mailbox, Room, Stage, Task};
use super::options::PortOptions;
use super::run::{Load, Run};
use super::runner;
use super::tap::{Tap, TapError};
use crate::fail_points::fail_point;
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::monitor::{Watch, WatchId};
use crate::node::{Core, Dropped, TimerKey};
use crate::reason::{Reason, kind};

/// What a node holds of a port: its name, its mailbox, and its value while no runner has it.
pub(crate) struct Cell<P: Port> {
    pub(crate) name: PortName,
    pub(crate) core: Arc<Core>,
    /// Owned watches that fired and wait in the mailbox.
    fired: AtomicU32,
    /// Messages that runners have taken out of the queue, modulo 2^32; written under the lock.
    pub(super) handled: AtomicU32,
    pub(crate) mailbox: Mutex<Mailbox<P>>,
}

/// What a runner finds in the mailbox.
pub(crate) enum Next {
    /// The batch was filled.
    Batch {
        /// Who is sent copies of it.
        taps: Vec<Arc<Tap>>,
        /// How long a handler may take.
        limit: Option<Duration>,
    },
    /// Nothing; the value was put back, the runner is to end.
    Idle,
    /// The port is to end at once.
    Aborted,
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

    pub(crate) fn set_options(&self, options: PortOptions) {
        self.mailbox.lock().extras.get_or_insert_default().options = Some(options);
    }

    /// Puts a message into the mailbox, if it has room, and sees that it is handled.
    pub(crate) fn push(self: &Arc<Self>, message: Envelope<P>) {
        let mailbox = self.mailbox.lock();
        let load = message.load();
        let room = mailbox.has_room(load, self.options(&mailbox));
        if mailbox.is_over() || !room && mailbox.killed {
            drop(mailbox);
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
    fn add(
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

    pub(super) fn overflow(self: &Arc<Self>) {
        self.core.count_dropped(Dropped::MailboxFull, 1);
        let text = format!("the mailbox of port {} is full", self.id());
        self.clone().abort(Reason::new(kind::OVERFLOW, text));
    }

    /// A message has left the mailbox: wakes one who waits for room.
    pub(crate) fn made_room(&self, run: &Run) {
        let mut mailbox = self.mailbox.lock();
        let Some(extras) = mailbox.extras.as_mut() else { return };
        let room = match &extras.room {
            Some(room) if room.waiting.load(Ordering::Relaxed) > 0 => Some(room.clone()),
            _ => {
                extras.room = None;
                run.want_room(false);
                None
            }
        };
        drop(mailbox);
        if let Some(room) = room {
            room.freed.notify_one();
        }
    }

    /// A runner begins: takes the value, or what makes it; `None` when the port is to end.
    pub(crate) fn begin(&self, run: &Arc<Run>) -> Option<Stage<P>> {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_dead() || mailbox.abort_reason().is_some() {
            return None;
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
            let limit = self.options(&mailbox).handler_timeout;
            return Poll::Ready(Next::Batch { taps: mailbox.taps(), limit });
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

    /// The end: takes the port out of the registry, fires its watchers, ends its watches.
    pub(crate) fn die(self: &Arc<Self>, reason: &Reason) {
        // Only who runs the port, or would, lets it die: it does not begin to run meanwhile.
        let unborn = matches!(self.mailbox.lock().stage, Stage::Starting(_));
        if unborn {
            self.core.registry().add_stillborn(&self.name, reason);
        }
        let (stage, queue, lost, watchers, owned, extras, _waker) = {
            let mut mailbox = self.mailbox.lock();
            if mailbox.is_dead() {
                return;
            }
            let lost = mailbox.waiting().messages;
            let queue = std::mem::take(&mut mailbox.queue);
            let stage = std::mem::replace(&mut mailbox.stage, Stage::Dead(reason.clone()));
            let extras = mailbox.extras.take();
            let (watchers, owned) = (mailbox.watchers.take_all(), mailbox.owned.take());
            (stage, queue, lost, watchers, owned, extras, mailbox.waker.take())
        };
        self.core.registry().remove(&self.name);
        let mut extras = extras.unwrap_or_default();
        if let Some(room) = &extras.room {
            room.freed.notify_waiters();
        }
        self.fired.store(0, Ordering::Relaxed);
        self.core.count_dropped(Dropped::DeadPort, lost);
        match stage {
            Stage::Idle(value) => runner::drop_user_data(self, value),
            Stage::Starting(starter) => runner::drop_user_data(self, starter),
            Stage::Running(_) | Stage::Dead(_) => {}
        }
        queue.into_iter().for_each(|envelope| runner::drop_user_data(self, envelope));
        for key in std::mem::take(&mut extras.timers) {
            runner::drop_user_data(self, self.core.timers().remove(key));
        }
        for (id, target) in owned.into_iter().flat_map(|owned| owned.into_unfired()) {
            self.core.user_code("a monitor", || self.core.unmon(&target, id));
        }
        // Also by what was dropped here.
        let late = self.mailbox.lock().extras.take();
        let told = extras.caller_told || late.is_some_and(|extras| extras.caller_told);
        self.core.port_died(&self.name, watchers, told, reason);
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
        if mailbox.is_idle() {
            mailbox.scheduled = true;
            drop(mailbox);
            runner::end(self.clone(), reason);
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

    fn deliver_all(self: Arc<Self>, messages: &mut Messages) {
        self.push_all(messages);
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
        let idle = self.mailbox.lock().schedule();
        if idle {
            self.die(&reason);
        } else {
            self.abort(reason);
        }
    }

    fn caller_is_told(&self) {
        self.mailbox.lock().extras.get_or_insert_default().caller_told = true;
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

    fn untold(&self, target: &PortId) -> Option<Reason> {
        if self.fired.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.mailbox.lock().owned.as_ref()?.untold(target).cloned()
    }

    fn deliver_if_room(self: Arc<Self>, message: Message) -> Result<(), (Message, Arc<Room>)> {
        let mut mailbox = self.mailbox.lock();
        let envelope = Envelope::Untyped(Box::new(message));
        let load = envelope.load();
        if mailbox.is_over() || mailbox.killed {
            drop(mailbox);
            self.core.count_dropped(Dropped::DeadPort, 1);
            return Ok(());
        }
        // What never could fit passes when nothing waits.
        if mailbox.waiting().messages == 0 || mailbox.has_room(load, self.options(&mailbox)) {
            self.add(mailbox, envelope, load);
            return Ok(());
        }
        let room = mailbox.extras.get_or_insert_default().room.get_or_insert_default().clone();
        room.waiting.fetch_add(1, Ordering::Relaxed);
        if let Some(run) = mailbox.run() {
            run.want_room(true);
        }
        let Envelope::Untyped(message) = envelope else { return Ok(()) };
        Err((*message, room))
    }

    fn is_full_for(&self, room: &Arc<Room>) -> bool {
        let mailbox = self.mailbox.lock();
        let waited_for = mailbox.extras.as_ref().and_then(|extras| extras.room.as_ref());
        waited_for.is_some_and(|other| Arc::ptr_eq(other, room))
    }

    fn disown_timer(&self, key: TimerKey) {
        if let Some(extras) = &mut self.mailbox.lock().extras {
            extras.timers.remove(&key);
        }
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
