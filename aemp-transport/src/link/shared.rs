//! [`Shared`]: what the handles and the two tasks of a link have in common.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::CloseReason;
use super::queue::Queue;
use crate::framing::Framing;
use crate::stream::Liveness;

pub(super) struct Shared {
    /// How packets are written.
    pub(super) framing: Framing,
    /// Locked for moments only, never while anybody else's code runs.
    pub(super) queue: Mutex<Queue>,
    /// Tells the writer that there is something to do.
    pub(super) work: Notify,
    /// Tells those who wait for room that there is some.
    pub(super) room: Notify,
    /// Follows the queue's `closed`; for those who look at every packet.
    is_closed: AtomicBool,
    /// Follows the queue's `closed`; for those who wait for it.
    /// (No `tokio::sync::watch`: it wakes in random order, and a test run could not be repeated.)
    closed: Notify,
    started: Instant,
    /// The reader is giving packets to the sink.
    delivering: AtomicBool,
    /// When the last byte came, in nanoseconds since `started`.
    last_inbound: AtomicU64,
    /// When the stream took bytes that had had to wait, in nanoseconds since `started`.
    last_taken: AtomicU64,
    /// Where the stream's peer does not take itself what is written: its signs of life.
    liveness: Option<Arc<dyn Liveness>>,
    pub(super) counts: Counts,
}

/// What has passed so far. Each is only ever added to, by one task.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) packets_in: AtomicU64,
    pub(super) packets_out: AtomicU64,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
    pub(super) writes: AtomicU64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { framing, queue, counts, .. } = self;
        f.debug_struct("Shared")
            .field("framing", framing)
            .field("queue", queue)
            .field("counts", counts)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(framing: Framing, queue: Queue, liveness: Option<Arc<dyn Liveness>>) -> Self {
        Self {
            framing,
            queue: Mutex::new(queue),
            work: Notify::new(),
            room: Notify::new(),
            is_closed: AtomicBool::new(false),
            closed: Notify::new(),
            started: Instant::now(),
            delivering: AtomicBool::new(false),
            last_inbound: AtomicU64::new(0),
            last_taken: AtomicU64::new(0),
            liveness,
            counts: Counts::default(),
        }
    }

    /// Closes the link, unless it is closed already.
    pub(super) fn close(&self, reason: CloseReason) {
        if self.queue.lock().close(reason) {
            self.tell_closed();
        }
    }

    /// To be called once, after the queue was closed.
    pub(super) fn tell_closed(&self) {
        self.is_closed.store(true, Release);
        self.closed.notify_waiters();
        self.room.notify_waiters();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Acquire)
    }

    /// Returns when the link is closed.
    pub(super) async fn wait_closed(&self) {
        let mut closed = std::pin::pin!(self.closed.notified());
        // Enabled before looking, so that nothing that happens in between is missed.
        closed.as_mut().enable();
        if !self.is_closed() {
            closed.await;
        }
    }

    pub(super) fn heard(&self, bytes: usize) {
        self.last_inbound.store(self.age(), Relaxed);
        self.counts.bytes_in.fetch_add(bytes as u64, Relaxed);
    }

    /// The stream has taken bytes that it had no room for at first.
    pub(super) fn took(&self) {
        self.last_taken.store(self.age(), Relaxed);
    }

    /// Nanoseconds since `started`.
    fn age(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn set_delivering(&self, delivering: bool) {
        self.delivering.store(delivering, Relaxed);
    }

    pub(super) fn is_delivering(&self) -> bool {
        self.delivering.load(Relaxed)
    }

    pub(super) fn last_inbound(&self) -> Instant {
        self.started + Duration::from_nanos(self.last_inbound.load(Relaxed))
    }

    pub(super) fn last_sign(&self) -> Instant {
        let below = match &self.liveness {
            Some(liveness) => liveness.last_sign(),
            None => self.started + Duration::from_nanos(self.last_taken.load(Relaxed)),
        };
        below.max(self.last_inbound())
    }

    pub(super) fn liveness(&self) -> Option<&dyn Liveness> {
        self.liveness.as_deref()
    }
}
