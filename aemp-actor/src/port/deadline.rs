//! The end of somebody's patience, as part of a future.
//!
//! It is kept by the timers of a node and not by those of the runtime that polls: futures of this
//! crate can be polled by any executor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use crate::node::{DeadlineKey, Timers};

/// A point in time that a future waits for.
pub(crate) struct Deadline {
    timers: Arc<Timers>,
    /// `None` is beyond all time.
    at: Option<Instant>,
    armed: Option<DeadlineKey>,
    /// In place of a node's timers that have ended.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// `after` from `start` on; nothing is kept until it is polled.
    pub(crate) fn new(timers: &Arc<Timers>, start: Instant, after: Duration) -> Self {
        Self { timers: timers.clone(), at: start.checked_add(after), armed: None, sleep: None }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        match self.armed {
            None => self.arm(at, cx),
            Some(key) if self.timers.set_waker(key, cx.waker()) => Poll::Pending,
            // It has come due, or the timers have ended.
            Some(_) if Instant::now() >= at => Poll::Ready(()),
            Some(_) => self.arm(at, cx),
        }
    }

    /// Does not look at the clock, which takes longer than the rest: what is due is told so at once.
    fn arm(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        self.armed = self.timers.add_deadline(at, cx.waker());
        if self.armed.is_some() { Poll::Pending } else { self.sleep(at, cx) }
    }

    /// The runtime of the node has ended: that of who waits is used, if there is one.
    fn sleep(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        if Handle::try_current().is_err() {
            return Poll::Pending;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        sleep.as_mut().poll(cx)
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some(key) = self.armed {
            self.timers.remove_deadline(key);
        }
    }
}
