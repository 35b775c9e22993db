//! What is to happen later on a node, in one table with one task.
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
use crate::id::PortId;
use crate::message::Message;
use crate::panics;

/// As good as never; later instants need not exist.
const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);

/// The timers of one node.
#[derive(Default)]
pub(crate) struct Timers {
    table: Mutex<Table>,
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

/// What happens at the time.
pub(crate) enum Alarm {
    /// A future looks at the clock again. Goes on to the end of the runtime.
    Wake(Waker),
    /// Something is done, quickly; dropped when the node is shut down before.
    Run(Box<dyn FnOnce(TimerKey) + Send>),
    /// A message is sent; lost, and counted, when the node is shut down before.
    Send(PortId, Box<Message>),
}

impl Timers {
    /// The name of an entry to be added.
    pub(crate) fn key(&self, at: Instant) -> TimerKey {
        TimerKey { at, number: self.next.fetch_add(1, Ordering::Relaxed) }
    }

    /// Adds an entry; gives it back when it would never come due: what is done, when the node is shut
    /// down; a waker, when its runtime has ended.
    pub(crate) fn add(&self, key: TimerKey, alarm: Alarm) -> Option<Alarm> {
        let mut table = self.table.lock();
        let refused = match alarm {
            Alarm::Wake(_) => table.ended,
            Alarm::Run(_) | Alarm::Send(..) => table.closed,
        };
        if refused {
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

    /// Sees to it that an entry wakes `waker`; false when it has come due.
    pub(crate) fn set_waker(&self, key: TimerKey, waker: &Waker) -> bool {
        match self.table.lock().entries.get(&key) {
            Some(Alarm::Wake(old)) if old.will_wake(waker) => return true,
            Some(_) => {}
            None => return false,
        }
        let mut alarm = Alarm::Wake(waker.clone());
        let mut table = self.table.lock();
        let entry = table.entries.get_mut(&key);
        let known = entry.map(|entry| std::mem::swap(entry, &mut alarm)).is_some();
        drop(table);
        // Here, what was replaced is dropped.
        known
    }

    /// Takes an entry out, for the caller to drop; `None` when it has come due.
    pub(crate) fn remove(&self, key: TimerKey) -> Option<Alarm> {
        self.table.lock().entries.remove(&key)
    }

    /// The node is shut down: nothing is done any more. Gives what would have been, to be dropped.
    pub(super) fn close(&self) -> Vec<Alarm> {
        let mut table = self.table.lock();
        table.closed = true;
        let (kept, dropped) = std::mem::take(&mut table.entries)
            .into_iter()
            .partition(|(_, alarm)| matches!(alarm, Alarm::Wake(_)));
        table.entries = kept;
        drop(table);
        self.changed.notify_one();
        let dropped: BTreeMap<TimerKey, Alarm> = dropped;
        dropped.into_values().collect()
    }

    /// What is due by now, and when the next entry will be.
    fn poll_due(&self, now: Instant) -> (Vec<(TimerKey, Alarm)>, Next) {
        let mut table = self.table.lock();
        let later = table.entries.split_off(&TimerKey { at: now, number: u64::MAX });
        let due = std::mem::replace(&mut table.entries, later).into_iter().collect();
        let first = table.entries.first_key_value().map(|(key, _)| key.at);
        table.armed = first.or(table.armed.filter(|armed| *armed > now));
        let next = table.armed.map_or(Next::Unknown, Next::At);
        (due, if table.ended { Next::End } else { next })
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
            panics::logged("a timer", || match alarm {
                Alarm::Wake(waker) => waker.wake(),
                other => drop(other),
            });
        }
    }
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
        for (key, alarm) in due {
            match alarm {
                Alarm::Wake(waker) => panics::logged("a waker", || waker.wake()),
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

    fn run(due: Vec<(TimerKey, Alarm)>) {
        for (key, alarm) in due {
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
        assert!(due.is_empty() && matches!(next, Next::At(next) if next == at(3)));
    }

    /// Requests have deadlines, and most are answered: their timers come and go.
    #[tokio::test]
    async fn the_task_is_not_woken_by_what_comes_later() {
        let timers = Timers::default();
        let now = Instant::now();
        let at = |seconds| timers.key(now + Duration::from_secs(seconds));
        let add = |key| drop(timers.add(key, Alarm::Wake(Waker::noop().clone())));
        let woken = async || {
            let notified = timers.changed.notified();
            tokio::select! { biased; () = notified => true, () = std::future::ready(()) => false }
        };
        let first = at(30);
        add(first);
        assert!(woken().await);
        drop(timers.remove(first));
        assert!(matches!(timers.poll_due(now).1, Next::At(at) if at == first.at));
        add(at(31));
        assert!(!woken().await);
        add(at(29));
        assert!(woken().await);
        assert!(matches!(timers.poll_due(first.at).1, Next::At(at) if at > first.at));
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
    fn a_node_that_is_shut_down_keeps_wakers_only() {
        let (timers, log) = (Timers::default(), Arc::default());
        let now = Instant::now();
        drop(timers.add(timers.key(now), alarm(&log, 1)));
        drop(timers.add(timers.key(now), Alarm::Wake(Waker::noop().clone())));
        assert_eq!(timers.close().len(), 1);
        assert!(timers.add(timers.key(now), alarm(&log, 2)).is_some());
        assert_eq!(Arc::strong_count(&log), 1);
        let (due, next) = timers.poll_due(now);
        assert!(matches!(&due[..], [(_, Alarm::Wake(_))]) && matches!(next, Next::Unknown));
        timers.end();
        assert!(timers.add(timers.key(now), Alarm::Wake(Waker::noop().clone())).is_some());
        assert!(matches!(timers.poll_due(now).1, Next::End));
    }
}
