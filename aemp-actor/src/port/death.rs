//! The death of a port: what it leaves is put in order, and whoever watches it is notified.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::MutexGuard;

use super::cell::Cell;
use super::definition::Port;
use super::facts;
use super::in_context::drop_user_data;
use super::mailbox::{Extras, Stage};
use crate::node::Dropped;
use crate::reason::Reason;

impl<P: Port> Cell<P> {
    /// The end: takes the port out of the registry, fires its watchers, ends its watches.
    pub(crate) fn die(self: &Arc<Self>, reason: &Reason) {
        let (stage, queue, lost, watchers, owned, extras, _waker) = {
            let mut mailbox = self.mailbox.lock();
            if matches!(mailbox.stage, Stage::Starting(_)) {
                // Only who runs the port, or would, lets it die: it does not begin to run meanwhile.
                MutexGuard::unlocked(&mut mailbox, || {
                    self.core.registry().add_failed_spawn(&self.name, reason);
                });
            }
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
        let clock = self.core.environment();
        self.core.operated().port_died(&self.name, facts::kind::<P>(), reason, clock);
        self.core.registry().remove(&self.name);
        if let Some(room) = extras.as_ref().and_then(|extras| extras.room.as_ref()) {
            room.freed.notify_waiters();
        }
        self.fired.store(0, Ordering::Relaxed);
        self.core.count_dropped(Dropped::DeadPort, lost);
        match stage {
            Stage::Idle(value) => drop_user_data(self, value),
            Stage::Starting(starter) => drop_user_data(self, starter),
            Stage::Running(_) | Stage::Dead(_) => {}
        }
        queue.into_iter().for_each(|envelope| drop_user_data(self, envelope));
        let mut is_notified = extras.is_some_and(|extras| self.end_extras(*extras));
        for (id, target) in owned.into_iter().flat_map(|owned| owned.into_unfired()) {
            self.core.user_code("a monitor", || self.core.unmon(&target, id));
        }
        // Also by what was dropped here.
        let late = self.mailbox.lock().extras.take();
        is_notified |= late.is_some_and(|extras| extras.caller_notified);
        self.core.port_died(&self.name, watchers, is_notified, reason);
    }

    /// Ends what most ports do not have; whether a caller is told of the death.
    fn end_extras(self: &Arc<Self>, extras: Extras) -> bool {
        // They are gone, unless the runtime has ended.
        extras.tasks.abort();
        for key in extras.timers {
            drop_user_data(self, self.core.timers().remove(key));
        }
        extras.caller_notified
    }
}
