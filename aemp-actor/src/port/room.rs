//! Room in a mailbox, for who waits for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cell::Cell;
use super::definition::Port;
use super::mailbox::{Envelope, Room};
use super::run::Run;
use crate::node::Dropped;

impl<P: Port> Cell<P> {
    /// Adds a message if there is room; else it comes back with where to wait for some: the caller is counted
    /// there.
    pub(super) fn push_if_room(
        self: &Arc<Self>,
        envelope: Envelope<P>,
    ) -> Result<(), (Envelope<P>, Arc<Room>)> {
        let mut mailbox = self.mailbox.lock();
        let load = envelope.load();
        if mailbox.refuses_messages() || mailbox.killed {
            drop(mailbox);
            drop(envelope);
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
        Err((envelope, room))
    }

    /// Whether those who wait in `room` are still to be woken.
    pub(super) fn has_none_in(&self, room: &Arc<Room>) -> bool {
        let mailbox = self.mailbox.lock();
        let waited_for = mailbox.extras.as_ref().and_then(|extras| extras.room.as_ref());
        waited_for.is_some_and(|other| Arc::ptr_eq(other, room))
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
}
