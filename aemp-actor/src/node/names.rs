//! Well-known names: chosen by the program for some of its ports, beside the names that those have.
//!
//! Invariants:
//!
//! 1. A name stands for one port. It is no port's own name, nor of the kind that the node draws for its ports.
//! 2. A port that is dead has none: whoever takes a port out of the registry takes its names, and a name is given
//!    only to a port that is alive once it stands here. So it is free when anybody is notified of the death.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;

use super::core::Core;
use super::handle::Node;
use super::requests::LONGEST_NAME;
use crate::id::{NodeId, PortId, PortName};
use crate::port::AnyCell;

/// A port was not given a name.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Another port has the name.
    #[error("the name {name:?} is taken by port {port}")]
    Taken {
        /// The name.
        name: String,
        /// Who has it.
        port: PortId,
    },
    /// It is no name, or one that only this node gives.
    #[error(
        "{name:?} cannot be the name of a port: it may only have A-Z a-z 0-9 _ - . : / and 256 bytes, must not be \
         empty, and must not begin as the names do that this node gives"
    )]
    Illegal {
        /// The name.
        name: String,
    },
    /// There is no such port on this node (any more).
    #[error("{port} cannot be given a name: it is no port of this node, or dead")]
    NoSuchPort {
        /// The port.
        port: PortId,
    },
}

/// Names → ports.
#[derive(Default)]
pub(super) struct Names {
    /// Whether there ever was one: most nodes have none, and their ports die without a look here.
    used: AtomicBool,
    table: RwLock<Table>,
}

#[derive(Default)]
struct Table {
    ports: HashMap<PortName, Arc<dyn AnyCell>>,
    /// The names of a port, by its own.
    of: HashMap<PortName, Vec<PortName>>,
}

impl Names {
    pub(super) fn find(&self, name: &str) -> Option<Arc<dyn AnyCell>> {
        if !self.used.load(Ordering::Acquire) {
            return None;
        }
        self.table.read().ports.get(name).cloned()
    }

    /// Gives a port a name, unless another one has it, which is given back: `own` is the one whose own name it is.
    /// A dead one has none.
    pub(super) fn give(
        &self,
        name: &str,
        cell: &Arc<dyn AnyCell>,
        own: impl FnOnce() -> Option<Arc<dyn AnyCell>>,
    ) -> Result<(), Arc<dyn AnyCell>> {
        self.used.store(true, Ordering::Release);
        let mut table = self.table.write();
        if let Some(own) = own() {
            return Err(own);
        }
        match table.ports.get(name) {
            Some(other) if Arc::ptr_eq(other, cell) => return Ok(()),
            Some(other) => return Err(other.clone()),
            None => {}
        }
        table.ports.insert(name.into(), cell.clone());
        table.of.entry(cell.name().clone()).or_default().push(name.into());
        Ok(())
    }

    /// The names of the port with this name of its own, sorted.
    pub(super) fn of(&self, port: &str) -> Vec<String> {
        if !self.used.load(Ordering::Acquire) {
            return Vec::new();
        }
        let table = self.table.read();
        let names = table.of.get(port).into_iter().flatten();
        let mut names = Vec::from_iter(names.map(ToString::to_string));
        names.sort_unstable();
        names
    }

    /// Whether it is the name of this port.
    pub(super) fn is(&self, name: &str, cell: &Arc<dyn AnyCell>) -> bool {
        self.used.load(Ordering::Acquire)
            && self.table.read().ports.get(name).is_some_and(|other| Arc::ptr_eq(other, cell))
    }

    /// The port of that name is taken out of the registry.
    pub(super) fn remove(&self, port: &str) {
        if !self.used.load(Ordering::Acquire) {
            return;
        }
        let mut table = self.table.write();
        let names = table.of.remove(port).unwrap_or_default();
        let cells: Vec<_> = names.iter().filter_map(|name| table.ports.remove(name)).collect();
        drop(table);
        // Outside of the lock: they may be the last handles.
        drop(cells);
    }

    /// Does what `insert` does, unless the name is a well-known one; false then, too. None is given meanwhile.
    pub(super) fn unless_taken(&self, name: &str, insert: impl FnOnce() -> bool) -> bool {
        let table = self.table.read();
        !table.ports.contains_key(name) && insert()
    }
}

impl Core {
    fn give_name(&self, port: PortId, name: &str) -> Result<PortId, NameError> {
        let illegal = || NameError::Illegal { name: name.to_owned() };
        let id = PortId::new(self.id().clone(), name.into());
        // The characters of node IDs.
        let is_legal = name.len() <= LONGEST_NAME && name.parse::<NodeId>().is_ok();
        if !is_legal || self.registry().is_own_space(name) {
            return Err(illegal());
        }
        let cell = (port.node() == self.id()).then(|| self.registry().find(port.name())).flatten();
        let Some(cell) = cell else { return Err(NameError::NoSuchPort { port }) };
        let taken = |other: &Arc<dyn AnyCell>| {
            let port = PortId::new(self.id().clone(), other.name().clone());
            NameError::Taken { name: name.to_owned(), port }
        };
        self.registry().give_name(name, &cell).map_err(|other| taken(&other))?;
        if cell.death().is_some() {
            // It may have died before its name stood in the table, and could not take it out.
            self.registry().names().remove(cell.name());
            return Err(NameError::NoSuchPort { port });
        }
        Ok(id)
    }
}

/// Well-known ports.
impl Node {
    /// Gives a port of this node a name that others know beforehand, and the ID that this makes: the port can be
    /// reached as `NODE#NAME`, by whoever knows the node's, too: scripts, nodes of the Perl implementation,
    /// configuration files.
    ///
    /// The port keeps it until it dies, and may have several. Its [`id`](crate::PortRef::id) stays what it was, and
    /// what is sent to that and to the name is one sequence of messages only on this node: from other nodes, each
    /// ID has an order of its own. A monitor of `NODE#NAME` monitors the port that has the name then. After its
    /// death another port can be given the name: only such an ID ever comes to mean another port.
    ///
    /// ```
    /// use aemp_actor::prelude::*;
    ///
    /// # #[derive(Port, Default)] struct Metrics { count: u64 }
    /// # #[rcv] impl Metrics {
    /// #     fn add(&mut self, n: u64) { self.count += n; }
    /// #     fn count(&self) -> u64 { self.count }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let node = Node::local(); // or one of a network, such as "alpha"
    /// let metrics = node.port(Metrics::default());
    /// node.name(&metrics, "metrics")?;
    ///
    /// let by_name = format!("{}#metrics", node.id()); // alpha#metrics
    /// node.snd(&by_name, ("add", 42));
    /// assert_eq!(MetricsRef::at(&node, by_name).count().await?, 42);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When another port of this node has the name; when it has other characters than `A-Z a-z 0-9 _ - . : /`, more
    /// than 256 bytes, or begins as the names do that this node gives to its ports; when the port is of another
    /// node, or dead.
    pub fn name(
        &self,
        port: impl Into<PortId>,
        name: impl AsRef<str>,
    ) -> Result<PortId, NameError> {
        self.core().give_name(port.into(), name.as_ref())
    }
}
