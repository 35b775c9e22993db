//! What the task of a port shares with those who send to the port.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use parking_lot::Mutex;

/// One run of a port's task.
///
/// The counts are only read to decide whether a mailbox is full, and by senders only near its bound:
/// what is left of a batch changes with each message, and lies in a cache line of its own.
///
/// No other data is published by these atomics, so that relaxed accesses suffice: a sender that
/// has learned from a handler that its message was taken sees the count that was stored before.
#[derive(Default)]
pub(crate) struct Run {
    taken: Counts,
    /// Set while the port's code is suspended; see [`suspend`](Self::suspend).
    waker: Mutex<Option<Waker>>,
    own: Own,
}

#[derive(Default)]
#[repr(align(64))]
struct Own {
    left: Counts,
    aborted: AtomicBool,
    /// Somebody waits for room in the mailbox.
    room_wanted: AtomicBool,
    /// The task waits for a message: its waker is in the mailbox. Read by the task alone.
    waiting: AtomicBool,
    /// The task is to end when it has nothing to do.
    retired: AtomicBool,
    /// The port dies: what is dropped now is dropped by its end.
    ending: AtomicBool,
}

#[derive(Default)]
struct Counts {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl Counts {
    fn set(&self, load: Load) {
        self.messages.store(load.messages, Ordering::Relaxed);
        self.bytes.store(load.bytes, Ordering::Relaxed);
    }

    fn get(&self) -> Load {
        let (messages, bytes) = (&self.messages, &self.bytes);
        Load { messages: messages.load(Ordering::Relaxed), bytes: bytes.load(Ordering::Relaxed) }
    }
}

/// Messages, and the bytes of the untyped ones among them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Load {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl std::ops::Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let messages = self.messages.saturating_add(other.messages);
        Self { messages, bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl std::ops::Sub for Load {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let messages = self.messages.saturating_sub(other.messages);
        Self { messages, bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

impl Run {
    /// The task has so much that is not handled yet.
    pub(crate) fn take(&self, load: Load) {
        self.taken.set(load);
        self.own.left.set(load);
    }

    /// Of what was taken, so much is left.
    pub(crate) fn set_left(&self, load: Load) {
        self.own.left.set(load);
    }

    /// As much as was taken: never less than what is left.
    pub(crate) fn taken(&self) -> Load {
        self.taken.get()
    }

    /// What is left of it.
    pub(crate) fn left(&self) -> Load {
        self.own.left.get()
    }

    /// The port is to end at once. Gives what is to be woken.
    pub(crate) fn abort(&self) -> Option<Waker> {
        self.own.aborted.store(true, Ordering::Release);
        // A task that suspends has stored its waker before this, or sees the flag after it.
        self.waker.lock().take()
    }

    pub(crate) fn is_aborted(&self) -> bool {
        self.own.aborted.load(Ordering::Acquire)
    }

    /// The task is to end when it has nothing to do. Gives what is to be woken.
    pub(crate) fn retire(&self) -> Option<Waker> {
        self.own.retired.store(true, Ordering::Release);
        self.waker.lock().take()
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.own.retired.load(Ordering::Acquire)
    }

    /// The port dies.
    pub(crate) fn end(&self) {
        self.own.ending.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.own.ending.load(Ordering::Relaxed)
    }

    pub(crate) fn set_waiting(&self, waiting: bool) {
        self.own.waiting.store(waiting, Ordering::Relaxed);
    }

    /// The port's code is suspended; false when the port was aborted meanwhile. While it waits for a
    /// message, whoever aborts it finds the waker in the mailbox.
    pub(crate) fn suspend(&self, waker: &Waker) -> bool {
        self.own.waiting.load(Ordering::Relaxed) || self.keep_waker(waker)
    }

    /// Keeps the waker for [`abort`](Self::abort) and [`retire`](Self::retire); false when the port was
    /// aborted before.
    pub(crate) fn keep_waker(&self, waker: &Waker) -> bool {
        let mut slot = self.waker.lock();
        match &*slot {
            Some(old) if old.will_wake(waker) => {}
            _ => *slot = Some(waker.clone()),
        }
        drop(slot);
        !self.is_aborted()
    }

    pub(crate) fn want_room(&self, wanted: bool) {
        self.own.room_wanted.store(wanted, Ordering::Relaxed);
    }

    pub(crate) fn is_room_wanted(&self) -> bool {
        self.own.room_wanted.load(Ordering::Relaxed)
    }
}
