//! Ending a port gracefully.
//!
//! What differs from `kil`, which keeps its place among the messages as well: the tasks of the port end by
//! themselves and what they bring is handled, there is a deadline, and who asked can wait for the end.

use std::any::Any;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::cell::Cell;
use super::closure::FnPort;
use super::context::PortScope;
use super::current;
use super::definition::Port;
use super::mailbox::Envelope;
use super::outcome::Ran;
use super::receive::is_receive_port;
use super::run::Load;
use crate::id::PortId;
use crate::node::{Action, Watch};
use crate::node::{Alarm, Busy, Core, timer_deadline};
use crate::reason::{Reason, kind};

impl PortScope {
    /// Ends this port when all that waits for it has been handled, normally: what
    /// [`PortRef::stop`](crate::PortRef::stop) does, from inside.
    pub fn stop_gracefully(&self, deadline: Duration) {
        drop(begin(self.core(), self.id(), Some(self.cell()), deadline));
    }
}

/// Begins to stop a port; gives the reason of its end.
pub(super) fn begin(
    core: &Arc<Core>,
    id: PortId,
    cell: Option<&Arc<dyn AnyCell>>,
    deadline: Duration,
) -> impl Future<Output = Reason> + Send + use<> {
    let (sender, receiver) = oneshot::channel();
    let timers = core.timers().clone();
    let key = timers.key(timer_deadline(deadline));
    let (late, target) = (Arc::downgrade(core), id.clone());
    let due = move |_| {
        if let Some(core) = late.upgrade() {
            let text = format!("it did not stop within {deadline:?}");
            core.kil_now(&target, Reason::new(kind::DIE, text));
        }
    };
    drop(timers.add(key, Alarm::Run(Box::new(due))));
    let told = move |reason: Reason| {
        drop(timers.remove(key));
        drop(sender.send(reason));
    };
    core.mon(&id, None, Action::Call(Box::new(told)));
    match cell {
        Some(cell) => cell.clone().stop(),
        None => core.kil(&id, Reason::normal()),
    }
    async move { receiver.await.unwrap_or_default() }
}

impl<P: Port> Cell<P> {
    /// From now on it takes no messages; it looks whether it can stop when those that wait are handled.
    pub(super) fn begin_to_stop(self: &Arc<Self>) {
        if is_receive_port::<P>() {
            return self.clone().kil(Reason::normal());
        }
        let mut mailbox = self.mailbox.lock();
        if mailbox.refuses_messages() || mailbox.killed {
            return;
        }
        let extras = mailbox.extras.get_or_insert_default();
        extras.stopping = true;
        // What they would send now is lost.
        let room = extras.room.take();
        drop(mailbox);
        if let Some(room) = room {
            room.freed.notify_waiters();
        }
        self.look_whether_to_stop();
    }

    /// Has the port end, in its turn, unless it has tasks: the last that ends has it look again, behind what it
    /// has brought.
    pub(super) fn look_whether_to_stop(self: &Arc<Self>) {
        let mailbox = self.mailbox.lock();
        if mailbox.is_over() {
            return;
        }
        let look = Envelope::Due(Box::new(|port, ctx| {
            if let Some(port) = (port as &mut dyn Any).downcast_mut::<FnPort>() {
                port.close_block();
            }
            if !ctx.cell().has_tasks() {
                ctx.stop(Reason::normal());
            }
            Ran::Done(Ok(()))
        }));
        self.add(mailbox, look, Load::default());
    }

    /// Keeps `busy` until the port has handled what waits now; false when it has nothing to do.
    pub(super) fn keep_while_busy(self: &Arc<Self>, busy: &Busy) -> bool {
        let own: Arc<dyn AnyCell> = self.clone();
        if current::is_running(&own) {
            return false;
        }
        let busy = busy.clone();
        let mailbox = self.mailbox.lock();
        if mailbox.is_over() {
            return false;
        }
        if is_receive_port::<P>() {
            let is_waiting = mailbox.waiting().messages > 0;
            drop(mailbox);
            if is_waiting {
                self.end_block(busy);
            }
            return is_waiting;
        }
        if mailbox.is_at_rest() {
            return false;
        }
        let handled = Envelope::Due(Box::new(move |_, _| {
            drop(busy);
            Ran::Done(Ok(()))
        }));
        self.add(mailbox, handled, Load::default());
        true
    }

    /// A block takes what it wants in its own order: it ends when it wants nothing of what waits.
    fn end_block(self: &Arc<Self>, busy: Busy) {
        let gone = Action::Call(Box::new(move |_| drop(busy)));
        let watch = Watch { id: self.core.new_watch_id(), owner: None, action: gone };
        // One that is dead already gives it back.
        drop(self.watch(watch));
        self.clone().kil(self.core.shutdown_reason());
    }
}
