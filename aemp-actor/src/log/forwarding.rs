//! Who is told of this process's log lines.
//!
//! Invariants:
//!
//! 1. `WANTED` is the highest level that somebody wants, 0 when nobody does; it is written under
//!    the lock of the list.
//! 2. A port is in the list once for its node, and no more than `MOST` ports of a node are.
//! 3. A log line is put into queues by whoever logs, perhaps with locks of this crate held: so
//!    nothing is sent there. A task for each catcher sends.
//! 4. While a thread sends lines, or lets somebody handle them, what it logs is told to nobody.

use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::lines::{self, Line, Lines};
use crate::id::PortId;
use crate::node::{Action, Core, Problem};

/// Bytes that may wait for a node before lines to it are left out.
const BACKLOG: usize = 1 << 20;

/// Ports that one node tells its log lines to, at most.
const MOST: usize = 64;

static WANTED: AtomicU8 = AtomicU8::new(0);
static CATCHERS: Mutex<Vec<Arc<Catcher>>> = Mutex::new(Vec::new());

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// A port that wants log lines.
struct Catcher {
    core: Weak<Core>,
    port: PortId,
    level: AtomicU8,
    lines: Mutex<Lines>,
    added: Notify,
}

/// Whether somebody wants lines of this level: what a line costs when nobody does.
#[cfg(feature = "log")]
pub(super) fn is_wanted(level: u8) -> bool {
    level <= WANTED.load(Ordering::Relaxed) && !SILENT.get()
}

/// Gives a line to those who want it. Takes only locks of this file.
#[cfg(feature = "log")]
pub(super) fn tell(level: u8, mut text: String) {
    lines::cut(&mut text);
    let text: Arc<str> = text.into();
    for catcher in CATCHERS.lock().iter().filter(|catcher| level <= catcher.level()) {
        catcher.lines.lock().push((level, text.clone()));
        catcher.added.notify_one();
    }
}

/// From now on `port` is sent the lines up to `level`, until it dies. One that is sent some already
/// has another level from now on.
///
/// # Errors
/// When there are too many.
pub(super) fn add(core: &Arc<Core>, port: PortId, level: u8) -> Result<(), Problem> {
    let catcher = Arc::new(Catcher {
        core: Arc::downgrade(core),
        port: port.clone(),
        level: AtomicU8::new(level),
        lines: Mutex::default(),
        added: Notify::new(),
    });
    let is_new = change(|catchers| {
        let mut known = catchers.iter().filter(|other| other.is_of(core));
        if let Some(known) = known.clone().find(|other| other.port == port) {
            known.level.store(level, Ordering::Relaxed);
            return Ok(false);
        }
        if known.nth(MOST - 1).is_some() {
            return Err("64 ports are sent the log lines of this node, and there can be no more");
        }
        catchers.push(catcher.clone());
        Ok(true)
    })?;
    if !is_new {
        return Ok(());
    }
    let sending = catcher.clone();
    let task = core.runtime().spawn(async move { send(&sending).await }).abort_handle();
    let end = Action::Call(Box::new(move |_| {
        change(|catchers| catchers.retain(|other| !Arc::ptr_eq(other, &catcher)));
        task.abort();
    }));
    core.mon(&port, None, end);
    Ok(())
}

impl Catcher {
    fn level(&self) -> u8 {
        self.level.load(Ordering::Relaxed)
    }

    fn is_of(&self, core: &Arc<Core>) -> bool {
        std::ptr::eq(self.core.as_ptr(), Arc::as_ptr(core))
    }
}

fn change<R>(change: impl FnOnce(&mut Vec<Arc<Catcher>>) -> R) -> R {
    let mut catchers = CATCHERS.lock();
    let result = change(&mut catchers);
    let wanted = catchers.iter().map(|catcher| catcher.level()).max().unwrap_or(0);
    WANTED.store(wanted, Ordering::Relaxed);
    result
}

/// Sends the catcher its lines until nobody needs that any more.
async fn send(catcher: &Catcher) {
    let mut left_out = 0;
    loop {
        catcher.added.notified().await;
        let lines = catcher.lines.lock().take();
        let Some(core) = catcher.core.upgrade() else { return };
        silently(|| {
            for line in lines {
                if is_backed_up(&core, &catcher.port) {
                    left_out += 1;
                    continue;
                }
                if left_out > 0 {
                    send_line(&core, &catcher.port, &lines::lost(std::mem::take(&mut left_out)));
                }
                send_line(&core, &catcher.port, &line);
            }
        });
        // Lines that come all the time are not to keep others from the thread.
        tokio::task::yield_now().await;
    }
}

fn send_line(core: &Arc<Core>, port: &PortId, (level, text): &Line) {
    core.snd(port, &(level, &**text));
}

fn is_backed_up(core: &Core, port: &PortId) -> bool {
    let link = core.known_peer(port.node()).and_then(|peer| peer.link());
    link.is_some_and(|link| link.queued_bytes() > BACKLOG)
}

/// Runs `code`; what it logs is told to nobody.
pub(super) fn silently<R>(code: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            SILENT.set(self.0);
        }
    }
    let _before = Before(SILENT.replace(true));
    code()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Node;

    #[tokio::test]
    async fn a_port_is_told_once_and_there_is_a_bound() {
        let node = Node::local();
        let core = node.core();
        let ports: Vec<_> = (0..=MOST).map(|_| node.port_fn(|_, _| ())).collect();
        let (last, others) = ports.split_last().expect("some");
        for level in [3, 8] {
            for port in others {
                add(core, port.id(), level).expect("not too many");
            }
        }
        let levels: Vec<u8> = change(|catchers| {
            catchers.iter().filter(|one| one.is_of(core)).map(|one| one.level()).collect()
        });
        assert_eq!(levels, [8; MOST]);
        assert!(add(core, last.id(), 3).is_err());
        assert!(add(Node::local().core(), last.id(), 3).is_ok(), "another node has its own");
    }
}
