//! What is in a cell, and how it moves between its stages. Plain data under the cell's lock: no
//! task, no waker is called here.
//!
//! ```text
//!              push                    nothing left
//!   Starting ───────▶ Running ◀──────────────────────▶ Idle
//!       │               │  ▲ push: only queued
//!       │ doom          │ doom, overflow          doom │
//!       ▼               ▼                              ▼
//!      Dead ◀──────── Doomed (until the runner looks) Dead
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Waker;

use tokio::sync::Notify;

use super::context::Ctx;
use super::definition::Port;
use super::init::Starter;
use super::options::PortOptions;
use super::tap::Tap;
use crate::die::Die;
use crate::id::PortId;
use crate::message::Message;
use crate::monitor::{Watch, WatchId, Watchers};
use crate::reason::Reason;

/// Code to run in port context.
pub(crate) type Task<P> = Box<dyn FnOnce(&mut P, &mut Ctx<P>) -> Result<(), Die> + Send>;

/// One entry of a mailbox.
pub(crate) enum Envelope<P: Port> {
    Typed(P::Msg),
    Untyped(Box<Message>),
    Call(Task<P>),
    Kil(Reason),
    Fired(WatchId, Box<Firing<P>>),
}

/// What an owned watch does to its port.
pub(crate) enum Firing<P: Port> {
    Call(Task<P>),
    Kil(Reason),
    Message(Message),
}

/// Where a port is in its life.
pub(crate) enum Stage<P: Port> {
    /// Its init function has not run yet.
    Starting(Starter<P>),
    /// Waits for messages; no task exists.
    Idle(P),
    /// A runner has the value. The waker is set while a handler is suspended.
    Running(Option<Waker>),
    /// To be dropped by the runner at its next step.
    Doomed(Reason),
    /// Over, and why.
    Dead(Reason),
}

/// A watch that this port made on another.
pub(crate) struct Owned {
    pub(crate) target: PortId,
    /// It fired, and the port has not been told yet: it waits in the mailbox.
    pub(crate) fired: Option<Reason>,
}

/// The locked part of a cell.
pub(crate) struct Mailbox<P: Port> {
    pub(crate) queue: Vec<Envelope<P>>,
    /// Octets of the untyped messages in `queue`.
    pub(crate) octets: usize,
    pub(crate) stage: Stage<P>,
    pub(crate) watchers: Watchers<Watch>,
    /// Watches this port made; ended when it dies. Boxed: most ports make none.
    #[expect(clippy::box_collection)]
    pub(crate) owned: Option<Box<BTreeMap<WatchId, Owned>>>,
    /// What most ports do not have.
    pub(crate) extras: Option<Box<Extras>>,
}

/// What few ports have. One box for all of it, so that the others hold one word.
#[derive(Default)]
pub(crate) struct Extras {
    /// `None`: the defaults of the node.
    pub(crate) options: Option<PortOptions>,
    /// Woken when messages have been handled; set while somebody waits for room.
    pub(crate) room: Option<Arc<Notify>>,
    /// Who is sent copies of the messages.
    pub(crate) taps: Vec<Arc<Tap>>,
}

impl<P: Port> Mailbox<P> {
    pub(crate) fn new(stage: Stage<P>) -> Self {
        Self {
            queue: Vec::new(),
            octets: 0,
            stage,
            watchers: Watchers::default(),
            owned: None,
            extras: None,
        }
    }

    pub(crate) fn options(&self) -> Option<&PortOptions> {
        self.extras.as_ref()?.options.as_ref()
    }

    /// Who waits for room, and has to be woken.
    pub(crate) fn take_room(&mut self) -> Option<Arc<Notify>> {
        self.extras.as_mut()?.room.take()
    }

    /// Who is sent copies of the messages; nobody as a rule.
    pub(crate) fn taps(&self) -> Vec<Arc<Tap>> {
        self.extras.as_ref().map(|extras| extras.taps.clone()).unwrap_or_default()
    }

    /// Whether what is pushed now is lost.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Dead(_) | Stage::Doomed(_))
    }

    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.stage, Stage::Dead(_))
    }

    /// Takes the value out for a runner, if no runner has it.
    pub(crate) fn take_for_runner(&mut self) -> Option<Stage<P>> {
        match self.stage {
            Stage::Idle(_) | Stage::Starting(_) => {
                Some(std::mem::replace(&mut self.stage, Stage::Running(None)))
            }
            Stage::Running(_) | Stage::Doomed(_) | Stage::Dead(_) => None,
        }
    }

    pub(crate) fn mark_fired(&mut self, id: WatchId, reason: Reason) -> bool {
        match self.owned.as_mut().and_then(|owned| owned.get_mut(&id)) {
            Some(owned) => {
                owned.fired = Some(reason);
                true
            }
            None => false,
        }
    }

    pub(crate) fn disown(&mut self, id: WatchId) -> bool {
        let Some(owned) = self.owned.as_mut() else { return false };
        let known = owned.remove(&id).is_some();
        if owned.is_empty() {
            self.owned = None;
        }
        known
    }
}

/// Octets of an envelope's untyped message.
pub(crate) fn weight<P: Port>(envelope: &Envelope<P>) -> usize {
    match envelope {
        Envelope::Untyped(message) => message.weight(),
        _ => 0,
    }
}
