//! The end of somebody's patience, as part of a future.
//!
//! It is kept by the timers of a node and not by those of the runtime that polls: futures of this
//! crate can be polled by any executor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep};

use crate::node::{Alarm, TimerKey, Timers};

/// A point in time that a future waits for.
pub(crate) struct Deadline {
    timers: Arc<Timers>,
    /// `None` is beyond all time.
    at: Option<Instant>,
    armed: Option<(TimerKey, Waker)>,
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
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        match &mut self.armed {
            None => {
                let waker = cx.waker().clone();
                let key = self.timers.key(at);
                if self.timers.add(key, Alarm::Wake(waker.clone())).is_some() {
                    return self.sleep(at, cx);
                }
                self.armed = Some((key, waker));
            }
            Some((key, waker)) if waker.will_wake(cx.waker()) && self.timers.has(*key) => {}
            Some((key, waker)) => {
                waker.clone_from(cx.waker());
                if !self.timers.set_waker(*key, waker) {
                    // It has just come due, or the timers have ended, and the other one was woken.
                    self.armed = None;
                    cx.waker().wake_by_ref();
                }
            }
        }
        Poll::Pending
    }

    /// The runtime of the node has ended: that of who waits is used, if there is one.
    fn sleep(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if Handle::try_current().is_err() {
            return Poll::Pending;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        sleep.as_mut().poll(cx)
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some((key, _)) = self.armed {
            drop(self.timers.remove(key));
        }
    }
}
