//! Something done later.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::definition::Port;
use super::mailbox::Task;
use crate::id::PortId;
use crate::message::Message;
use crate::node::{Alarm, Core, Dropped, TimerKey, Timers, timer_deadline};

/// A timer that runs. Dropping it changes nothing; [`cancel`](Self::cancel) stops it. It ends with
/// its port, or, if it was set outside of ports, with its node; what it holds is dropped then.
#[derive(Clone)]
pub struct Timer {
    timers: Arc<Timers>,
    key: TimerKey,
    owner: Option<Weak<dyn AnyCell>>,
}

impl Timer {
    /// A timer of the node, that sends a message.
    pub(crate) fn of_node(core: &Core, delay: Duration, to: PortId, message: Message) -> Self {
        let timers = core.timers().clone();
        let key = timers.key(timer_deadline(delay));
        if timers.add(key, Alarm::Send(to, Box::new(message))).is_some() {
            core.count_dropped(Dropped::Closed, 1);
        }
        Self { timers, key, owner: None }
    }

    /// A timer of a port, to be set in its context.
    pub(super) fn of_port<P: Port>(cell: &Arc<Cell<P>>, delay: Duration, task: Task<P>) -> Self {
        let timers = cell.core.timers().clone();
        let key = timers.key(timer_deadline(delay));
        // Known to the port before it can come due.
        cell.mailbox.lock().extras.get_or_insert_default().timers.insert(key);
        let weak = Arc::downgrade(cell);
        let due = move |key| {
            if let Some(cell) = weak.upgrade() {
                cell.push_due(key, task);
            }
        };
        // On a node that is shut down it is dropped here, in the port's context.
        drop(timers.add(key, Alarm::Run(Box::new(due))));
        let owner: Weak<dyn AnyCell> = Arc::<Cell<P>>::downgrade(cell);
        Self { timers, key, owner: Some(owner) }
    }

    /// Stops the timer if it has not fired, and drops what it holds.
    pub fn cancel(&self) {
        let removed = self.timers.remove(self.key);
        let owner = self.owner.as_ref().and_then(Weak::upgrade);
        if let (Some(_), Some(owner)) = (&removed, owner) {
            owner.disown_timer(self.key);
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timer({:?})", self.key)
    }
}
