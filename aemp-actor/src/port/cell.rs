//! A port's cell: mailbox, stage and watchers behind one short lock.
//!
//! Invariants:
//!
//! 1. At most one runner has the value: it is taken only under the lock, from `Idle` or
//!    `Starting`, which become `Running`.
//! 2. What is pushed while `Running` is seen by that runner: it goes `Idle` only under the lock
//!    with an empty queue.
//! 3. The stage becomes `Dead` once, under the lock, together with taking the watchers out; a
//!    watch that comes later is given back. So each watch fires once.
//! 4. No user code, no drop of user data and no waker runs under the lock.
//! 5. The atomics are counts, and nothing is decided by their order: `taken` is written by the
//!    runner, which takes the lock after it has written 0, and read under the lock; `fired` is
//!    raised under the lock, before the lock of the peer is given back whose connection was lost,
//!    and read by a sender that has held the lock of that peer since.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::any_cell::AnyCell;
use super::definition::Port;
use super::facts::{self, Facts};
use super::mailbox::{Envelope, Firing, Mailbox, Owned, Stage, weight};
use super::options::PortOptions;
use super::runner::{self, Stride};
use super::tap::{Tap, TapError};
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::monitor::{Watch, WatchId};
use crate::mutation::{Mutation, strikes};
use crate::node::{Core, Dropped};
use crate::reason::{Reason, kind};

/// See the module.
pub(crate) struct Cell<P: Port> {
    pub(crate) name: PortName,
    pub(crate) core: Arc<Core>,
    /// Messages that the runner took out of the queue and has not handled yet.
    pub(crate) taken: AtomicUsize,
    /// Owned watches that fired and wait in the mailbox.
    fired: AtomicU32,
    /// Messages that runners have taken out of the queue, modulo 2^32; written under the lock.
    pub(super) handled: AtomicU32,
    pub(crate) mailbox: Mutex<Mailbox<P>>,
}

/// What a runner finds in the mailbox.
pub(crate) enum Next {
    /// The batch was filled.
    Batch { stride: Stride, taps: Vec<Arc<Tap>> },
    /// Nothing; the value was put back, the runner is to end.
    Idle,
    /// Nothing yet.
    Nothing,
}

impl<P: Port> Cell<P> {
    pub(crate) fn new(core: Arc<Core>, name: PortName, stage: Stage<P>) -> Arc<Self> {
        Arc::new(Self {
            name,
            core,
            taken: AtomicUsize::new(0),
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

    /// Puts one envelope into the mailbox and sees that a runner handles it.
    pub(crate) fn push(self: &Arc<Self>, envelope: Envelope<P>) {
        self.push_locked(self.mailbox.lock(), envelope);
    }

    fn push_locked(
        self: &Arc<Self>,
        mut mailbox: MutexGuard<'_, Mailbox<P>>,
        envelope: Envelope<P>,
    ) {
        let octets = weight(&envelope);
        if mailbox.is_over() {
            drop(mailbox);
            self.core.count_dropped(Dropped::DeadPort, 1);
            return;
        }
        if self.is_full(&mailbox, octets) {
            drop(mailbox);
            self.overflow();
            return;
        }
        mailbox.octets += octets;
        mailbox.queue.push(envelope);
        let stage = mailbox.take_for_runner();
        drop(mailbox);
        if let Some(stage) = stage {
            runner::start(self.clone(), stage);
        }
    }

    /// Runs the init function of a new port without waiting for a message.
    pub(crate) fn wake(self: &Arc<Self>) {
        let stage = self.mailbox.lock().take_for_runner();
        if let Some(stage) = stage {
            runner::start(self.clone(), stage);
        }
    }

    fn is_full(&self, mailbox: &Mailbox<P>, octets: usize) -> bool {
        let options = self.options(mailbox);
        mailbox.queue.len() + self.taken.load(Ordering::Relaxed) >= options.max_messages
            || mailbox.octets + octets > options.max_octets
    }

    /// Messages have been handled: wakes who waits for room.
    pub(crate) fn made_room(&self) {
        let room = self.mailbox.lock().take_room();
        if let Some(room) = room {
            room.notify_waiters();
        }
    }

    fn options<'a>(&'a self, mailbox: &'a Mailbox<P>) -> &'a PortOptions {
        mailbox.options().unwrap_or(self.core.port_options())
    }

    fn overflow(self: &Arc<Self>) {
        self.core.count_dropped(Dropped::MailboxFull, 1);
        let text = format!("the mailbox of port {} is full", self.id());
        self.clone().doom(Reason::new(kind::OVERFLOW, text));
    }

    /// Swaps the queue out for the runner, or puts the value back.
    pub(crate) fn next(
        &self,
        batch: &mut Vec<Envelope<P>>,
        value: &mut Option<P>,
        patience: bool,
    ) -> Next {
        let mut mailbox = self.mailbox.lock();
        if !mailbox.queue.is_empty() {
            std::mem::swap(&mut mailbox.queue, batch);
            mailbox.octets = 0;
            self.taken.store(batch.len(), Ordering::Relaxed);
            let handled = self.handled.load(Ordering::Relaxed);
            // Wraps around, as it is told to.
            self.handled.store(handled.wrapping_add(batch.len() as u32), Ordering::Relaxed);
            let stride = Stride::within(self.options(&mailbox).max_messages);
            return Next::Batch { stride, taps: mailbox.taps() };
        }
        if patience || matches!(mailbox.stage, Stage::Doomed(_)) {
            return Next::Nothing;
        }
        if let Some(value) = value.take() {
            mailbox.stage = Stage::Idle(value);
            mailbox.queue = Vec::new();
        }
        Next::Idle
    }

    /// What a runner does before each poll: the reason if the port is doomed.
    pub(crate) fn doomed(&self) -> Option<Reason> {
        match &self.mailbox.lock().stage {
            Stage::Doomed(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    /// What a runner does after a poll that was suspended; false when the port was doomed
    /// meanwhile, and the runner has to look again.
    pub(crate) fn suspended(&self, waker: &std::task::Waker) -> bool {
        match &mut self.mailbox.lock().stage {
            Stage::Running(slot) => {
                slot.clone_from(&Some(waker.clone()));
                true
            }
            _ => false,
        }
    }

    /// The end: takes the port out of the registry, fires its watchers, ends its watches.
    pub(crate) fn die(self: &Arc<Self>, reason: &Reason) {
        let (stage, queue, watchers, owned, extras) = {
            let mut mailbox = self.mailbox.lock();
            if mailbox.is_dead() {
                return;
            }
            let stage = std::mem::replace(&mut mailbox.stage, Stage::Dead(reason.clone()));
            let queue = std::mem::take(&mut mailbox.queue);
            let extras = mailbox.extras.take();
            (stage, queue, mailbox.watchers.take_all(), mailbox.owned.take(), extras)
        };
        self.core.registry().remove(&self.name);
        if let Some(room) = extras.and_then(|extras| extras.room) {
            room.notify_waiters();
        }
        self.fired.store(0, Ordering::Relaxed);
        let lost = queue.len() + self.taken.swap(0, Ordering::Relaxed);
        self.core.count_dropped(Dropped::DeadPort, lost);
        runner::drop_user_data(self, stage);
        queue.into_iter().for_each(|envelope| runner::drop_user_data(self, envelope));
        for (id, owned) in owned.into_iter().flat_map(|owned| owned.into_iter()) {
            if owned.fired.is_none() {
                runner::quietly(|| self.core.unmon(&owned.target, id));
            }
        }
        self.core.port_died(&self.name, watchers, reason);
    }

    /// An owned watch fired: tell the port, unless the watch was cancelled.
    pub(crate) fn push_fired(self: &Arc<Self>, id: WatchId, reason: Reason, firing: Firing<P>) {
        let mut mailbox = self.mailbox.lock();
        if mailbox.is_dead() || !mailbox.mark_fired(id, reason) {
            return;
        }
        self.fired.fetch_add(1, Ordering::Relaxed);
        mailbox.queue.push(Envelope::Fired(id, Box::new(firing)));
        let stage = mailbox.take_for_runner();
        drop(mailbox);
        if let Some(stage) = stage {
            runner::start(self.clone(), stage);
        }
    }

    /// The port is being told of a fired watch; false when it was cancelled meanwhile.
    pub(crate) fn settle(&self, id: WatchId) -> bool {
        self.fired.fetch_sub(1, Ordering::Relaxed);
        self.mailbox.lock().disown(id)
    }
}

impl<P: Port> AnyCell for Cell<P> {
    fn name(&self) -> &PortName {
        &self.name
    }

    fn deliver(self: Arc<Self>, message: Message) {
        self.push(Envelope::Untyped(Box::new(message)));
    }

    fn kil(self: Arc<Self>, reason: Reason) {
        if strikes(Mutation::KillOvertakes) {
            return self.doom(reason);
        }
        self.push(Envelope::Kil(reason));
    }

    fn doom(self: Arc<Self>, reason: Reason) {
        let waker = {
            let mut mailbox = self.mailbox.lock();
            match &mut mailbox.stage {
                Stage::Running(waker) => {
                    let waker = waker.take();
                    mailbox.stage = Stage::Doomed(reason.clone());
                    Some(waker)
                }
                Stage::Doomed(_) | Stage::Dead(_) => return,
                Stage::Starting(_) | Stage::Idle(_) => None,
            }
        };
        match waker {
            Some(Some(waker)) => waker.wake(),
            Some(None) => {}
            None => self.die(&reason),
        }
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
            let owned = Owned { target: target.clone(), fired: None };
            mailbox.owned.get_or_insert_default().insert(id, owned);
        }
    }

    fn disown(&self, id: WatchId) {
        self.mailbox.lock().disown(id);
    }

    fn fired_kil(self: Arc<Self>, id: WatchId, reason: Reason) {
        self.push_fired(id, reason.clone(), Firing::Kil(reason));
    }

    fn fired_snd(self: Arc<Self>, id: WatchId, reason: Reason, message: Message) {
        self.push_fired(id, reason, Firing::Message(message));
    }

    fn untold(&self, target: &PortId) -> Option<Reason> {
        if self.fired.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mailbox = self.mailbox.lock();
        let mut owned = mailbox.owned.as_ref()?.values().filter(|owned| owned.target == *target);
        owned.find_map(|owned| owned.fired.clone())
    }

    fn deliver_if_room(self: Arc<Self>, message: Message) -> Result<(), (Message, Arc<Notify>)> {
        let mut mailbox = self.mailbox.lock();
        let empty = mailbox.queue.is_empty() && self.taken.load(Ordering::Relaxed) == 0;
        if empty || mailbox.is_over() || !self.is_full(&mailbox, message.weight()) {
            self.push_locked(mailbox, Envelope::Untyped(Box::new(message)));
            return Ok(());
        }
        let room = mailbox.extras.get_or_insert_default().room.get_or_insert_default().clone();
        Err((message, room))
    }

    fn is_full_for(&self, room: &Arc<Notify>) -> bool {
        let mailbox = self.mailbox.lock();
        let waited_for = mailbox.extras.as_ref().and_then(|extras| extras.room.as_ref());
        waited_for.is_some_and(|other| Arc::ptr_eq(other, room))
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
