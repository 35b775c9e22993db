//! The ports of a node by name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::cell_table::CellTable;
use super::failed_spawns::FailedSpawns;
use super::names::Names;
use crate::fail_points::fail_point;
use crate::id::{PortName, REPLY_END};
use crate::port::AnyCell;
use crate::reason::Reason;

/// Letters and digits of a prefix.
pub(super) const PREFIX: usize = 14;

/// Bytes of the longest name: a prefix and its dot, the 13 digits of the highest number, the end of a reply
/// port's name.
const LONGEST: usize = PREFIX + 1 + 13 + REPLY_END.len();

/// Names → cells, and the source of new names.
///
/// Names are `PREFIX.COUNTER`, those of reply ports `PREFIX.COUNTER?`; the prefix is drawn at random for each node, so that no name is
/// used twice, not even by a restarted node of the same ID.
pub(crate) struct Registry {
    /// With the dot behind it.
    prefix: String,
    counter: AtomicU64,
    ports: CellTable,
    names: Names,
    closed: AtomicBool,
    failed_spawns: Mutex<FailedSpawns>,
    /// Woken by each port that goes after the end.
    gone: Notify,
}

impl Registry {
    /// With a prefix of [`PREFIX`] letters and digits.
    pub(crate) fn new(mut prefix: String) -> Self {
        prefix.push('.');
        Self {
            ports: CellTable::new(&prefix),
            prefix,
            counter: AtomicU64::new(0),
            names: Names::default(),
            closed: AtomicBool::new(false),
            failed_spawns: Mutex::default(),
            gone: Notify::new(),
        }
    }

    /// A name that was never used and never will be.
    pub(crate) fn new_name(&self) -> PortName {
        self.draw("")
    }

    /// The same, for a reply port.
    pub(crate) fn new_reply_name(&self) -> PortName {
        self.draw(REPLY_END)
    }

    /// Written from its end, without the machinery for texts of any kind: each port is given one.
    fn draw(&self, end: &str) -> PortName {
        let mut number = self.counter.fetch_add(1, Ordering::Relaxed);
        if number > 8 && fail_point!(ReuseName) {
            number -= 8;
        }
        let mut name = [0_u8; LONGEST];
        let mut start = name.len() - end.len();
        name[start..].copy_from_slice(end.as_bytes());
        loop {
            start -= 1;
            name[start] = b"0123456789abcdefghijklmnopqrstuv"[(number % 32) as usize];
            number /= 32;
            if number == 0 {
                break;
            }
        }
        let end_of_prefix = start;
        start -= self.prefix.len();
        name[start..end_of_prefix].copy_from_slice(self.prefix.as_bytes());
        std::str::from_utf8(&name[start..]).map(PortName::new).unwrap_or_default()
    }

    /// Whether only this node draws names like that.
    pub(crate) fn is_own_space(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
    }

    /// Adds a port; false, and nothing is added, when the name is taken or the node is shut down.
    pub(crate) fn insert(&self, cell: Arc<dyn AnyCell>) -> bool {
        if self.closed.load(Ordering::Acquire) {
            return false;
        }
        let name = cell.name().clone();
        let fresh = self.ports.insert(cell);
        if fresh && self.closed.load(Ordering::Acquire) {
            return !self.ports.remove(&name);
        }
        fresh
    }

    /// The same under a name that another node may have chosen.
    pub(crate) fn insert_spawned(&self, cell: Arc<dyn AnyCell>) -> bool {
        let name = cell.name().clone();
        if self.is_own_space(&name) {
            return self.insert(cell);
        }
        self.names.unless_taken(&name, || self.insert(cell))
    }

    /// The port that has the name, its own or a well-known one.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<dyn AnyCell>> {
        self.ports.find(name).or_else(|| self.names.find(name))
    }

    /// The well-known names of the port with this name of its own, sorted.
    pub(crate) fn names_of(&self, port: &str) -> Vec<String> {
        self.names.of(port)
    }

    /// Gives a port a well-known name, unless another one has it, which is given back.
    pub(super) fn give_name(
        &self,
        name: &str,
        cell: &Arc<dyn AnyCell>,
    ) -> Result<(), Arc<dyn AnyCell>> {
        self.names.give(name, cell, || self.ports.find(name))
    }

    /// Whether it is a name of this port, its own or a well-known one.
    pub(crate) fn is_name_of(&self, name: &str, cell: &Arc<dyn AnyCell>) -> bool {
        name == cell.name() || self.names.is(name, cell)
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Remembers why a port dies in its init function; to be called before it is removed.
    pub(crate) fn add_failed_spawn(&self, name: &PortName, reason: &Reason) {
        self.failed_spawns.lock().add(name.clone(), reason.clone());
    }

    /// Why the port of that name died in its init function, if it did so lately.
    pub(crate) fn failed_spawns(&self, name: &str) -> Option<Reason> {
        self.failed_spawns.lock().reason(name)
    }

    pub(crate) fn remove(&self, name: &str) {
        self.ports.remove(name);
        self.names.remove(name);
        if self.is_closed() {
            self.gone.notify_waiters();
        }
    }

    /// After [`close`](Self::close): waits until all ports have died.
    pub(crate) async fn empty(&self) {
        loop {
            let mut gone = std::pin::pin!(self.gone.notified());
            gone.as_mut().enable();
            if self.ports.len() == 0 {
                return;
            }
            gone.await;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ports.len()
    }

    /// The ports, without an order, some at a time: nothing is locked while they are looked at.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Vec<Arc<dyn AnyCell>>> {
        self.ports.parts()
    }

    /// Takes no more ports, and gives those there are, in an order that is always the same; nothing
    /// when it was closed before.
    pub(crate) fn close(&self) -> Option<Vec<Arc<dyn AnyCell>>> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return None;
        }
        let mut ports = self.ports.all();
        ports.sort_by(|a, b| a.name().cmp(b.name()));
        Some(ports)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_and_are_small() {
        let registry = Registry::new("0123456789abcd".into());
        let names: std::collections::HashSet<_> = (0..1000).map(|_| registry.new_name()).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.contains("0123456789abcd.0") && names.contains("0123456789abcd.v7"));
        assert!(names.iter().all(|name| !name.is_heap_allocated() && registry.is_own_space(name)));
        assert_eq!(registry.new_reply_name(), "0123456789abcd.v8?");
        assert!(!registry.is_own_space("0123456789abcd"));
        assert!(!registry.is_own_space("0123456789abcdef.0"));
    }
}
