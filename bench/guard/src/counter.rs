//! The port that is spoken to.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use aemp_actor::PortOptions;
use aemp_actor::prelude::*;
use tokio::runtime::{Builder, Runtime};

/// Counts what it is sent.
#[derive(Default, Port)]
pub(crate) struct Counter {
    sum: u64,
}

#[rcv]
impl Counter {
    pub(crate) fn add(&mut self, n: u64) {
        self.sum += n;
        HANDLED.fetch_add(1, Relaxed);
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }
}

/// What all counters have been sent.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

/// How many additions all counters have handled.
pub(crate) fn handled() -> usize {
    HANDLED.load(Relaxed)
}

/// A mailbox that never refuses: what is counted is the path of a message that arrives.
pub(crate) fn unbounded() -> PortOptions {
    PortOptions::new().max_messages(usize::MAX).max_bytes(usize::MAX)
}

/// One thread: what runs when is the same in each run.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}

/// Lets other tasks run until `done`.
///
/// # Panics
/// When it is not after a million turns.
pub(crate) async fn until(done: impl Fn() -> bool) {
    for _ in 0..1_000_000 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("what was waited for does not happen");
}
