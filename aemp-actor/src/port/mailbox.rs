//! What is in a cell, and how it moves between its stages. Plain data under the cell's lock: no
//! task, no waker is called here.
//!
//! ```text
//!             the runner begins           nothing left
//!   Starting ───────────────────▶ Running ◀──────────▶ Idle
//!       │                            │                   │
//!       └────────────────────────────┴───────────────────┴──▶ Dead
//! ```
//!
//! `scheduled` is set from when a runner is spawned until it puts the value back. A runner that waits
//! for a message has its waker here. A port that is to end at once has `abort` set, and its runner, or
//! one that is made for it, lets it die.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::Waker;

use tokio::sync::Notify;

use super::context::Ctx;
use super::definition::Port;
use super::init::Starter;
use super::options::PortOptions;
use super::outcome::Ran;
use super::owned::OwnedWatches;
use super::run::{Load, Run};
use super::tap::Tap;
use super::work::Tasks;
use crate::message::Message;
use crate::monitor::{WatchId, Watchers};
use crate::node::{MonToken, TimerKey, Watch};
use crate::reason::Reason;

/// Code to run in port context.
pub(crate) type Task<P> = Box<dyn for<'a> FnOnce(&'a mut P, &'a mut Ctx<P>) -> Ran<'a> + Send>;

/// Bytes of an empty queue that are kept while a runner waits for messages.
const KEPT: usize = 4096;

/// One entry of a mailbox.
pub(crate) enum Envelope<P: Port> {
    Typed(P::Msg),
    Untyped(Box<Message>),
    Call(Task<P>),
    /// A timer of the port came due.
    Due(Task<P>),
    Kil(Reason),
    Fired(WatchId, Box<Firing<P>>),
}

/// What an owned watch does to its port.
pub(crate) enum Firing<P: Port> {
    Call(Task<P>),
    Kil(Reason),
    Message(Message),
}

impl<P: Port> Envelope<P> {
    /// What it counts against the bounds of the mailbox. Control counts nothing: there is one `kil`
    /// at most, and no more firings and timers than the port itself has asked for.
    pub(crate) fn load(&self) -> Load {
        match self {
            Self::Typed(_) | Self::Call(_) => Load { messages: 1, bytes: 0 },
            Self::Untyped(message) => Load { messages: 1, bytes: message.weight() },
            Self::Due(_) | Self::Kil(_) | Self::Fired(..) => Load::default(),
        }
    }
}

/// Where a port is in its life.
pub(crate) enum Stage<P: Port> {
    /// Its init function has not run yet.
    Starting(Starter<P>),
    /// Waits for messages.
    Idle(P),
    /// A runner has the value.
    Running(Arc<Run>),
    /// Over, and why.
    Dead(Reason),
}

/// The locked part of a cell.
pub(crate) struct Mailbox<P: Port> {
    pub(crate) queue: Vec<Envelope<P>>,
    /// Bytes and number of the messages in `queue`, and of those that the task of the port had when it
    /// took the last batch: never less than what waits, so that senders need not look further.
    bytes: usize,
    messages: u32,
    /// There is a runner, or will be in a moment.
    pub(crate) scheduled: bool,
    /// A `kil` waits: nothing behind it will be handled.
    pub(crate) killed: bool,
    /// Woken by the next envelope: the port's task has looked for one, and found none that it wants.
    pub(crate) waker: Option<Waker>,
    pub(crate) stage: Stage<P>,
    pub(crate) watchers: Watchers<Watch>,
    /// Watches this port made; ended when it dies. Boxed: most ports make none.
    pub(crate) owned: Option<Box<OwnedWatches>>,
    /// What most ports do not have.
    pub(crate) extras: Option<Box<Extras>>,
}

/// What few ports have. One box for all of it, so that the others hold one word.
#[derive(Default)]
pub(crate) struct Extras {
    /// `None`: the defaults of the node.
    pub(crate) options: Option<PortOptions>,
    /// Set while somebody waits for room.
    pub(crate) room: Option<Arc<Room>>,
    /// Who is sent copies of the messages.
    pub(crate) taps: Vec<Arc<Tap>>,
    /// Timers of the port, which end with it.
    pub(crate) timers: BTreeSet<TimerKey>,
    /// The port is to end at once.
    pub(crate) abort: Option<Reason>,
    pub(crate) receiver: Receiver,
    /// By which the port ends with its supervisor on another node.
    pub(crate) supervisor: Option<MonToken>,
    /// Somebody who waited for an answer is told of the port's death.
    pub(crate) caller_notified: bool,
    /// What runs beside the port's handlers.
    pub(crate) tasks: Tasks,
    /// The port handles what waits, and takes no new messages.
    pub(crate) stopping: bool,
}

/// What is known of the block of a receiving port.
#[derive(Default)]
pub(crate) struct Receiver {
    /// How often it has looked for a message.
    pub(crate) looks: u64,
    /// It never will again.
    pub(crate) gone: bool,
}

/// Where senders wait for room.
#[derive(Default)]
pub(crate) struct Room {
    /// One of them is woken for each message that leaves the mailbox, all when the port ends.
    pub(crate) freed: Notify,
    pub(crate) waiting: AtomicUsize,
}

impl<P: Port> Mailbox<P> {
    pub(crate) fn new(stage: Stage<P>) -> Self {
        Self {
            queue: Vec::new(),
            bytes: 0,
            messages: 0,
            scheduled: matches!(stage, Stage::Running(_)),
            killed: false,
            waker: None,
            stage,
            watchers: Watchers::default(),
            owned: None,
            extras: None,
        }
    }

    pub(crate) fn add(&mut self, envelope: Envelope<P>, load: Load) {
        self.bytes += load.bytes;
        // 0 or 1; so many fit into no memory.
        self.messages += load.messages as u32;
        self.queue.push(envelope);
    }

    /// Swaps the queue with an empty one, for the task of the port, which has `left` still.
    pub(crate) fn take(&mut self, run: &Run, left: Load, batch: &mut Vec<Envelope<P>>) {
        let taken = left + self.queued();
        std::mem::swap(&mut self.queue, batch);
        run.take(taken);
        (self.bytes, self.messages) = (taken.bytes, taken.messages as u32);
    }

    /// The task of the port waits for the next envelope.
    pub(crate) fn wait(&mut self, waker: Waker) {
        shed(&mut self.queue);
        self.waker = Some(waker);
    }

    /// The task of the port puts the value back: nothing waits.
    pub(crate) fn rest(&mut self, value: P) {
        self.stage = Stage::Idle(value);
        self.queue = Vec::new();
        self.scheduled = false;
        // It holds the memory of the task.
        self.waker = None;
        (self.bytes, self.messages) = (0, 0);
    }

    /// What waits in the queue.
    fn queued(&self) -> Load {
        let all = Load { messages: self.messages as usize, bytes: self.bytes };
        all - self.run().map(|run| run.taken()).unwrap_or_default()
    }

    /// What waits to be handled.
    pub(crate) fn waiting(&self) -> Load {
        self.queued() + self.run().map(|run| run.left()).unwrap_or_default()
    }

    pub(crate) fn run(&self) -> Option<&Arc<Run>> {
        match &self.stage {
            Stage::Running(run) => Some(run),
            _ => None,
        }
    }

    /// Whether the mailbox has room for `load` within `options`.
    pub(crate) fn has_room(&self, load: Load, options: &PortOptions) -> bool {
        let fits = |waiting: Load| {
            let all = waiting + load;
            all.messages <= options.max_messages && all.bytes <= options.max_bytes
        };
        let most = Load { messages: self.messages as usize, bytes: self.bytes };
        fits(most) || fits(self.waiting())
    }

    pub(crate) fn options(&self) -> Option<&PortOptions> {
        self.extras.as_ref()?.options.as_ref()
    }

    /// Who is sent copies of the messages; nobody as a rule.
    pub(crate) fn taps(&self) -> &[Arc<Tap>] {
        self.extras.as_ref().map_or(&[], |extras| &extras.taps)
    }

    /// Whether what is pushed now is lost.
    pub(crate) fn is_over(&self) -> bool {
        self.is_dead() || self.abort_reason().is_some()
    }

    /// Whether something of the port's is to run before it dies: its stop hook, if it has a value, and the end
    /// of its tasks.
    pub(crate) fn has_to_wind_up(&self) -> bool {
        let has_tasks = self.extras.as_ref().is_some_and(|extras| !extras.tasks.is_empty());
        has_tasks || P::stop_hook().is_some() && !matches!(self.stage, Stage::Starting(_))
    }

    /// Whether messages that are pushed now are lost: the port is over, or stops and handles only what waits.
    pub(crate) fn refuses_messages(&self) -> bool {
        self.is_dead()
            || self.extras.as_ref().is_some_and(|extras| extras.abort.is_some() || extras.stopping)
    }

    /// Whether nothing runs the port, and nothing waits for it.
    pub(crate) fn is_idle(&self) -> bool {
        !self.scheduled && matches!(self.stage, Stage::Idle(_))
    }

    /// Whether nothing waits, and no code of the port has begun.
    pub(crate) fn is_at_rest(&self) -> bool {
        let is_suspended = match &self.stage {
            Stage::Running(_) => self.waker.is_some(),
            Stage::Starting(_) => false,
            Stage::Idle(_) | Stage::Dead(_) => true,
        };
        is_suspended && self.queue.is_empty()
    }

    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.stage, Stage::Dead(_))
    }

    pub(crate) fn abort_reason(&self) -> Option<&Reason> {
        self.extras.as_ref()?.abort.as_ref()
    }

    /// Whether a runner has to be made: there is none, and the port lives.
    pub(crate) fn schedule(&mut self) -> bool {
        let wanted = !self.scheduled && !self.is_dead();
        self.scheduled |= wanted;
        wanted
    }

    pub(crate) fn disown(&mut self, id: WatchId) -> bool {
        let Some(owned) = self.owned.as_mut() else { return false };
        let known = owned.remove(id);
        if owned.is_empty() {
            self.owned = None;
        }
        known
    }
}

/// Gives the memory of an empty queue back, unless it is little.
pub(crate) fn shed<P: Port>(queue: &mut Vec<Envelope<P>>) {
    if queue.capacity() * size_of::<Envelope<P>>() > KEPT {
        *queue = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;
    use crate::port::FnPort;

    struct Memory;

    impl Wake for Memory {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_port_at_rest_keeps_nothing_of_its_task() {
        let mut mailbox = Mailbox::<FnPort>::new(Stage::Running(Arc::default()));
        let memory = Arc::new(Memory);
        mailbox.wait(memory.clone().into());
        assert_eq!(Arc::strong_count(&memory), 2);
        mailbox.rest(FnPort::with_default(|_, _| ()));
        assert_eq!(Arc::strong_count(&memory), 1);
    }
}
