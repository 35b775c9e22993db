//! What is to happen later on a node, in tables with one task.
//!
//! Invariants:
//!
//! 1. An entry is taken out of the table by whoever carries it out or drops it; both happen
//!    without the lock, since what it holds is the user's.
//! 2. The task ends when nobody has the node any more, or with its runtime. From then on nothing is
//!    added, and whoever waits for something here has been woken to see to it himself.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::core::Core;
use super::deadlines::{DeadlineKey, Deadlines};
use crate::id::PortId;
use crate::message::Message;
use crate::panics;

/// As good as never; later instants need not exist.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);

/// The timers of one node.
#[derive(Default)]
pub(crate) struct Timers {
    table: Mutex<Table>,
    deadlines: Deadlines,
    next: AtomicU64,
    /// Told of an entry before the time at which the task looks again, or that the node is shut down.
    changed: Notify,
}

#[derive(Default)]
struct Table {
    entries: BTreeMap<TimerKey, Alarm>,
    /// The task looks again then, if there is a time.
    armed: Option<Instant>,
    closed: bool,
    ended: bool,
}

/// Names an entry: they come due in this order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct TimerKey {
    at: Instant,
    number: u64,
}

/// What happens at the time; dropped when the node is shut down before.
pub(crate) enum Alarm {
    /// Something is done, quickly.
    Run(Box<dyn FnOnce(TimerKey) + Send>),
    /// A message is sent; lost, and counted, when it is dropped.
    Send(PortId, Box<Message>),
}

impl Timers {
    /// The name of an entry to be added.
    pub(crate) fn key(&self, at: Instant) -> TimerKey {
        TimerKey { at, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }

    /// Adds an entry; gives it back when it would never come due: the node is shut down.
    pub(crate) fn add(&self, key: TimerKey, alarm: Alarm) -> Option<Alarm> {
        let mut table = self.table.lock();
        if table.closed {
            return Some(alarm);
        }
        table.entries.insert(key, alarm);
        // Seldom: what is taken out again leaves the time as it is.
        let sooner = table.armed.is_none_or(|armed| key.at < armed);
        if sooner {
            table.armed = Some(key.at);
        }
        drop(table);
        if sooner {
            self.changed.notify_one();
        }
        None
    }

    /// Wakes `waker` then: a future looks at the clock again. Goes on to the end of the runtime; `None` after
    /// that.
    pub(crate) fn add_deadline(&self, at: Instant, waker: &Waker) -> Option<DeadlineKey> {
        let (key, is_sooner) = self.deadlines.add(at, waker)?;
        if is_sooner {
            self.changed.notify_one();
        }
        Some(key)
    }

    /// Sees to it that a deadline wakes `waker`; false when it has come due.
    pub(crate) fn set_waker(&self, key: DeadlineKey, waker: &Waker) -> bool {
        self.deadlines.set_waker(key, waker)
    }

    /// Takes a deadline back, if it has not come due.
    pub(crate) fn remove_deadline(&self, key: DeadlineKey) {
        self.deadlines.remove(key);
    }

    /// Takes an entry out, for the caller to drop; `None` when it has come due.
    pub(crate) fn remove(&self, key: TimerKey) -> Option<Alarm> {
        self.table.lock().entries.remove(&key)
    }

    /// The node is shut down: nothing is done any more. Gives what would have been, to be dropped.
    pub(super) fn close(&self) -> Vec<Alarm> {
        let mut table = self.table.lock();
        table.closed = true;
        let dropped = std::mem::take(&mut table.entries);
        drop(table);
        self.changed.notify_one();
        dropped.into_values().collect()
    }

    /// What is due by now, and when the next entry will be.
    fn poll_due(&self, now: Instant) -> (Due, Next) {
        let mut wakers = Vec::new();
        let deadline = self.deadlines.poll_due(now, &mut wakers);
        let mut table = self.table.lock();
        let later = table.entries.split_off(&TimerKey { at: now, number: u64::MAX });
        let alarms = std::mem::replace(&mut table.entries, later).into_iter().collect();
        let first = table.entries.first_key_value().map(|(key, _)| key.at);
        table.armed = first.or(table.armed.filter(|armed| *armed > now));
        let next = match table.armed.into_iter().chain(deadline).min() {
            _ if table.ended => Next::End,
            Some(at) => Next::At(at),
            None => Next::Unknown,
        };
        (Due { alarms, wakers }, next)
    }

    /// Nothing comes due any more: whoever waits for something is woken.
    fn end(&self) {
        let entries = {
            let mut table = self.table.lock();
            table.ended = true;
            std::mem::take(&mut table.entries)
        };
        self.changed.notify_one();
        for alarm in entries.into_values() {
            panics::logged("a timer", || drop(alarm));
        }
        for waker in self.deadlines.end() {
            panics::logged("a waker", || waker.wake());
        }
    }
}

/// What is due.
struct Due {
    alarms: Vec<(TimerKey, Alarm)>,
    wakers: Vec<Waker>,
}

/// When there is something to do again.
enum Next {
    At(Instant),
    Unknown,
    End,
}

/// After `delay` from now.
pub(crate) fn timer_deadline(delay: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(delay).unwrap_or(now + FAR)
}

/// The task of a node's timers. Dropped with its runtime before the node was shut down, it shuts
/// the node down: no task of the node will ever run again.
pub(super) async fn drive(sentinel: Sentinel) {
    let timers = sentinel.timers.clone();
    loop {
        let changed = timers.changed.notified();
        let (due, next) = timers.poll_due(Instant::now());
        for waker in due.wakers {
            panics::logged("a waker", || waker.wake());
        }
        for (key, alarm) in due.alarms {
            match alarm {
                Alarm::Run(code) => panics::logged("a timer", || code(key)),
                Alarm::Send(to, message) => {
                    if let Some(core) = sentinel.core.upgrade() {
                        panics::logged("a timer", || core.snd(&to, &*message));
                    }
                }
            }
        }
        match next {
            Next::At(at) => tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                () = changed => {}
            },
            Next::Unknown => changed.await,
            Next::End => break,
        }
    }
    drop(sentinel);
}

/// The timers of a node that somebody has.
#[derive(Default)]
pub(super) struct OwnedTimers(pub(super) Arc<Timers>);

impl Drop for OwnedTimers {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Shuts its node down when it is dropped.
pub(super) struct Sentinel {
    pub(super) core: Weak<Core>,
    pub(super) timers: Arc<Timers>,
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.timers.end();
        if let Some(core) = self.core.upgrade().filter(|core| !core.is_closed()) {
            tracing::warn!(
                target: "aemp",
                "the runtime of node {} has ended: the node is shut down",
                core.id()
            );
            core.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(log: &Arc<Mutex<Vec<u64>>>, number: u64) -> Alarm {
        let log = log.clone();
        Alarm::Run(Box::new(move |_| log.lock().push(number)))
    }

    fn run(due: Due) {
        for (key, alarm) in due.alarms {
            if let Alarm::Run(code) = alarm {
                code(key);
            }
        }
    }

    #[test]
    fn entries_come_due_in_order_and_once() {
        let (timers, log) = (Timers::default(), Arc::default());
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let add = |seconds, number| {
            let key = timers.key(at(seconds));
            drop(timers.add(key, alarm(&log, number)));
            key
        };
        add(2, 2);
        add(1, 1);
        let third = add(2, 3);
        add(3, 4);
        run(timers.poll_due(start).0);
        assert!(log.lock().is_empty());
        run(timers.poll_due(at(2)).0);
        assert_eq!(*log.lock(), [1, 2, 3]);
        assert!(timers.remove(third).is_none());
        let (due, next) = timers.poll_due(at(2));
        assert!(due.alarms.is_empty() && matches!(next, Next::At(next) if next == at(3)));
    }

    /// Requests have deadlines, and most are answered: their timers come and go.
    #[tokio::test]
    async fn the_task_is_not_woken_by_what_comes_later() {
        let timers = Timers::default();
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let add = |seconds| timers.add_deadline(at(seconds), Waker::noop());
        let woken = async || {
            let notified = timers.changed.notified();
            tokio::select! { biased; () = notified => true, () = std::future::ready(()) => false }
        };
        let first = add(30).unwrap();
        assert!(woken().await);
        timers.remove_deadline(first);
        assert!(matches!(timers.poll_due(now).1, Next::At(next) if next == at(30)));
        add(31);
        assert!(!woken().await);
        add(29);
        assert!(woken().await);
        drop(timers.add(timers.key(at(28)), Alarm::Run(Box::new(|_| ()))));
        assert!(woken().await);
        assert!(matches!(timers.poll_due(at(28)).1, Next::At(next) if next == at(29)));
        assert!(matches!(timers.poll_due(at(30)).1, Next::At(next) if next > at(30)));
    }

    #[test]
    fn what_is_removed_is_not_kept() {
        let (timers, log) = (Timers::default(), Arc::default());
        let key = timers.key(Instant::now());
        drop(timers.add(key, alarm(&log, 1)));
        assert_eq!(Arc::strong_count(&log), 2);
        drop(timers.remove(key));
        assert_eq!(Arc::strong_count(&log), 1);
    }

    #[test]
    fn a_node_that_is_shut_down_keeps_deadlines_only() {
        let (timers, log) = (Timers::default(), Arc::default());
        let now = Instant::now();
        drop(timers.add(timers.key(now), alarm(&log, 1)));
        timers.add_deadline(now, Waker::noop()).unwrap();
        assert_eq!(timers.close().len(), 1);
        assert!(timers.add(timers.key(now), alarm(&log, 2)).is_some());
        assert_eq!(Arc::strong_count(&log), 1);
        let (due, next) = timers.poll_due(now);
        assert!(due.alarms.is_empty() && due.wakers.len() == 1 && matches!(next, Next::Unknown));
        timers.end();
        assert!(timers.add_deadline(now, Waker::noop()).is_none());
        assert!(matches!(timers.poll_due(now).1, Next::End));
    }
}
