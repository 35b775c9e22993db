//! Many messages for one port at once.

use std::sync::Arc;

use super::cell::Cell;
use super::definition::Port;
use super::mailbox::Envelope;
use crate::message::Message;
use crate::node::Dropped;

/// Messages for one port. (Boxed as envelopes have them, before the mailbox is locked.)
#[allow(clippy::vec_box)]
pub(crate) type Batch = Vec<Box<Message>>;

impl<P: Port> Cell<P> {
    /// Puts the messages into the mailbox, under one lock, as [`push`](Self::push) does with each of
    /// them: the first that has no room, and none before, is what the port dies of.
    pub(super) fn push_all(self: &Arc<Self>, messages: &mut Batch) {
        let mut mailbox = self.mailbox.lock();
        let (before, mut lost, mut full) = (mailbox.queue.len(), 0, false);
        for message in messages.drain(..) {
            let envelope = Envelope::Untyped(message);
            let load = envelope.load();
            if full || mailbox.refuses_messages() {
                lost += 1;
            } else if mailbox.has_room(load, self.options(&mailbox)) {
                mailbox.add(envelope, load);
            } else {
                full = !mailbox.killed;
                lost += usize::from(mailbox.killed);
            }
        }
        if mailbox.queue.len() > before {
            self.handle_added(mailbox);
        } else {
            drop(mailbox);
        }
        if full {
            self.overflow();
        }
        if lost > 0 {
            self.core.count_dropped(Dropped::DeadPort, lost);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::any_cell::AnyCell;
    use crate::port::mailbox::Stage;
    use crate::prelude::*;
    use crate::reason::kind;
    use crate::{FnPort, PortOptions};

    fn messages(count: usize) -> Batch {
        vec![Box::new(Message::from_values(vec!["x".into()])); count]
    }

    /// A port that nothing runs, with room for three messages.
    fn running(node: &Node) -> Arc<Cell<FnPort>> {
        let cell = Cell::new(node.core().clone(), "p".into(), Stage::Running(Arc::default()));
        cell.set_options(PortOptions::new().max_messages(3));
        cell
    }

    fn waiting(cell: &Cell<FnPort>) -> usize {
        cell.mailbox.lock().queue.len()
    }

    #[tokio::test]
    async fn the_bound_is_exact() {
        let node = Node::local();
        let cell = running(&node);
        cell.push_all(&mut messages(2));
        cell.push_all(&mut messages(1));
        assert_eq!((waiting(&cell), cell.abort_reason()), (3, None));
        cell.push_all(&mut messages(4));
        assert_eq!(waiting(&cell), 3);
        assert_eq!(cell.abort_reason().expect("it is to end").kind(), kind::OVERFLOW);
        cell.push_all(&mut messages(2));
        let dropped = node.dropped();
        assert_eq!((dropped.mailbox_full, dropped.dead_port), (1, 5));
    }

    #[tokio::test]
    async fn who_is_killed_does_not_overflow() {
        let node = Node::local();
        let cell = running(&node);
        cell.mailbox.lock().killed = true;
        cell.push_all(&mut messages(5));
        assert_eq!((waiting(&cell), cell.abort_reason()), (3, None));
        let dropped = node.dropped();
        assert_eq!((dropped.mailbox_full, dropped.dead_port), (0, 2));
    }

    #[tokio::test]
    async fn who_stops_takes_no_more_of_many_either() {
        let node = Node::local();
        let cell = running(&node);
        cell.push_all(&mut messages(1));
        AnyCell::stop(cell.clone());
        let before = waiting(&cell);
        cell.push_all(&mut messages(2));
        cell.clone().deliver(*messages(1).remove(0));
        assert_eq!((waiting(&cell), cell.abort_reason()), (before, None));
        let dropped = node.dropped();
        assert_eq!((dropped.mailbox_full, dropped.dead_port), (0, 3));
    }
}
