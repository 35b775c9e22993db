//! The end of somebody's patience, as part of a future.
//!
//! It is kept by the timers of a node and not by those of the runtime that polls: futures of this
//! crate can be polled by any executor.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;

use crate::node::{Alarm, TimerKey, Timers};

/// A point in time that a future waits for.
pub(crate) struct Deadline {
    timers: Arc<Timers>,
    /// `None` is beyond all time.
    at: Option<Instant>,
    armed: Option<(TimerKey, Waker)>,
}

impl Deadline {
    /// `after` from `start` on; nothing is kept until it is polled.
    pub(crate) fn new(timers: &Arc<Timers>, start: Instant, after: Duration) -> Self {
        Self { timers: timers.clone(), at: start.checked_add(after), armed: None }
    }

    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        match &mut self.armed {
            None => {
                let waker = cx.waker().clone();
                let key = self.timers.key(at);
                drop(self.timers.add(key, Alarm::Wake(waker.clone())));
                self.armed = Some((key, waker));
            }
            Some((_, waker)) if waker.will_wake(cx.waker()) => {}
            Some((key, waker)) => {
                waker.clone_from(cx.waker());
                self.timers.set_waker(*key, waker);
            }
        }
        Poll::Pending
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if let Some((key, _)) = self.armed {
            drop(self.timers.remove(key));
        }
    }
}
