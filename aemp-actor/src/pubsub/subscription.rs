//! The end of a subscriber.

use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::queue::Queue;
use crate::message::Message;

/// What becomes of a message for which a subscriber has no room.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Overflow {
    /// The oldest unread message is left out, for subscribers that want to be up to date.
    #[default]
    DropOldest,
    /// The new one is left out, and so are those after it until the subscriber has read all it has and
    /// been told how many there were.
    DropNewest,
    /// The subscription ends, when what came before has been read: for subscribers that must miss nothing.
    CutOff,
}

/// How to subscribe.
#[derive(Clone, Copy, Debug)]
pub struct Subscribe {
    pub(super) bound: usize,
    pub(super) overflow: Overflow,
}

impl Default for Subscribe {
    fn default() -> Self {
        Self { bound: 1000, overflow: Overflow::default() }
    }
}

impl Subscribe {
    /// With room for 1000 messages, of which the oldest are left out.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages may wait to be read; at least one.
    #[must_use]
    pub fn bound(mut self, messages: usize) -> Self {
        self.bound = messages;
        self
    }

    /// What happens beyond.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }
}

/// What a subscriber reads.
#[derive(Clone, Debug)]
pub enum Next<M = Message> {
    /// A message.
    Message(M),
    /// So many messages were left out here.
    Missed(u64),
}

/// Why a subscription has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum End {
    /// It was cut off: it had no room for a message ([`Overflow::CutOff`]).
    TooSlow,
    /// Its hub has ended.
    HubEnded,
}

/// A subscription: it ends when it is dropped.
pub struct Subscription {
    inbox: Arc<Inbox>,
}

/// What the hub and the subscriber share.
pub(super) struct Inbox {
    queue: Mutex<Queue<Message>>,
    added: Notify,
}

/// The hub's end.
pub(super) struct Reader(Weak<Inbox>);

impl Subscription {
    pub(super) fn new(how: Subscribe) -> (Self, Reader) {
        let queue = Mutex::new(Queue::new(how.bound, how.overflow));
        let inbox = Arc::new(Inbox { queue, added: Notify::new() });
        let reader = Reader(Arc::downgrade(&inbox));
        (Self { inbox }, reader)
    }

    /// The next message, or how many were left out; waits for it. `None` when the subscription has
    /// [ended](Self::end).
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is lost.
    pub async fn next(&mut self) -> Option<Next> {
        loop {
            let added = self.inbox.added.notified();
            let (next, end) = self.inbox.read();
            if next.is_some() || end.is_some() {
                return next;
            }
            added.await;
        }
    }

    /// The next one, if there is one already.
    pub fn try_next(&mut self) -> Option<Next> {
        self.inbox.queue.lock().pop()
    }

    /// Why nothing comes any more but what has not been read; `None` while more may come.
    pub fn end(&self) -> Option<End> {
        self.inbox.queue.lock().end()
    }
}

impl Inbox {
    fn read(&self) -> (Option<Next>, Option<End>) {
        let mut queue = self.queue.lock();
        (queue.pop(), queue.end())
    }
}

impl Reader {
    /// Gives the subscriber a message; false when the subscription is over.
    pub(super) fn give(&self, message: &Message) -> bool {
        let Some(inbox) = self.0.upgrade() else { return false };
        let going_on = inbox.queue.lock().push(message.clone());
        inbox.added.notify_one();
        going_on
    }
}

/// The hub has ended, or has dropped the reader.
impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(inbox) = self.0.upgrade() {
            inbox.queue.lock().finish(End::HubEnded);
            inbox.added.notify_one();
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription(end: {:?})", self.end())
    }
}
