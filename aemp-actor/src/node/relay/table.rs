//! The relayed connections of a node, and what it needs to make and to pass them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::connection::{Connection, Key};
use super::routes::Routes;
use crate::id::NodeId;
use crate::node::{Dials, Door};

type Table = Arc<Mutex<BTreeMap<Key, Arc<Connection>>>>;

/// The relayed connections of a node, and what it needs to make them and to pass those of others on.
pub(crate) struct Relays {
    /// Ordered, so that a simulation does the same each time.
    table: Table,
    /// Who may be in a handshake at the other end.
    pub(super) door: Door,
    dials: Dials,
    /// Nodes that an approach is made to, and whether joining need not wait for it any more.
    approaching: Mutex<BTreeMap<NodeId, bool>>,
    /// The connections that this node passes packets of, as a hub.
    pub(super) routes: Mutex<Routes>,
}

/// A connection in the table; dropped, it is closed and taken out.
pub(super) struct Held {
    connection: Arc<Connection>,
    table: Weak<Mutex<BTreeMap<Key, Arc<Connection>>>>,
}

impl Relays {
    pub(crate) fn new(max_handshakes: usize, max_handshakes_per_address: usize) -> Self {
        Self {
            table: Table::default(),
            door: Door::replacing(max_handshakes, max_handshakes_per_address),
            dials: Dials::default(),
            approaching: Mutex::default(),
            routes: Mutex::default(),
        }
    }

    pub(crate) fn dials(&self) -> &Dials {
        &self.dials
    }

    /// Adds a connection; `None` when there is one of that name.
    pub(super) fn add(&self, connection: Connection) -> Option<Held> {
        let connection = Arc::new(connection);
        let mut table = self.table.lock();
        if table.contains_key(connection.key()) {
            return None;
        }
        table.insert(connection.key().clone(), connection.clone());
        Some(Held { connection, table: Arc::downgrade(&self.table) })
    }

    /// How many connections there are.
    #[cfg(feature = "sim")]
    pub(crate) fn held(&self) -> usize {
        self.table.lock().len()
    }

    /// How many connections this node passes packets of.
    #[cfg(feature = "sim")]
    pub(crate) fn passed(&self) -> usize {
        self.routes.lock().count()
    }

    pub(super) fn find(&self, key: &Key) -> Option<Arc<Connection>> {
        self.table.lock().get(key).cloned()
    }

    /// The connection to a hub is down: so are those through it.
    pub(super) fn hub_down(&self, hub: &NodeId) {
        let through: Vec<_> = {
            let table = self.table.lock();
            let lost = table.values().filter(|c| c.key().hub == *hub && c.way().link.is_closed());
            lost.cloned().collect()
        };
        for connection in through {
            connection.fail(format!("the connection to the hub {hub} is lost"));
        }
    }

    /// Notes that an approach is made to the node, until [`approached`](Self::approached).
    pub(super) fn begin_approach(&self, node: &NodeId) -> Begun {
        match self.approaching.lock().entry(node.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(false);
                Begun::First
            }
            Entry::Occupied(entry) if *entry.get() => Begun::Hopeless,
            Entry::Occupied(_) => Begun::Already,
        }
    }

    /// The approach may go on, but not with joining waiting for it; true when that is news.
    pub(super) fn is_hopeless(&self, node: &NodeId) -> bool {
        let mut approaching = self.approaching.lock();
        approaching.get_mut(node).is_some_and(|hopeless| !std::mem::replace(hopeless, true))
    }

    pub(super) fn approached(&self, node: &NodeId) {
        self.approaching.lock().remove(node);
    }
}

/// Whether an approach is made to a node already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Begun {
    /// Now it is.
    First,
    /// It is, and whoever waits will be told.
    Already,
    /// It is, and nobody is to wait for it.
    Hopeless,
}

impl Held {
    pub(super) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connection.drop_stream();
        if let Some(table) = self.table.upgrade() {
            table.lock().remove(self.connection.key());
        }
    }
}
