//! Who wants to know of nodes going up and down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;

use super::core::Core;
use crate::id::NodeId;
use crate::reason::Reason;

/// A node came or went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeEvent {
    /// There is a connection to the node now.
    Up {
        /// The node.
        node: NodeId,
    },
    /// The connection is gone. The monitors of the node's ports have fired.
    Down {
        /// The node.
        node: NodeId,
        /// Why.
        reason: Reason,
    },
}

impl NodeEvent {
    /// The node that came or went.
    pub fn node(&self) -> &NodeId {
        match self {
            Self::Up { node } | Self::Down { node, .. } => node,
        }
    }

    /// Whether it came.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

type Callback = Arc<dyn Fn(&NodeEvent) + Send + Sync>;

/// The callbacks of one node.
#[derive(Default)]
pub(crate) struct Events {
    next: AtomicU64,
    callbacks: DashMap<u64, Callback>,
}

impl Events {
    pub(crate) fn add(&self, f: impl Fn(&NodeEvent) + Send + Sync + 'static) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.callbacks.insert(id, Arc::new(f));
        id
    }

    fn remove(&self, id: u64) {
        self.callbacks.remove(&id);
    }

    /// Tells everybody, in the order they asked.
    pub(crate) fn tell(&self, event: &NodeEvent) {
        let mut callbacks: Vec<(u64, Callback)> =
            self.callbacks.iter().map(|entry| (*entry.key(), entry.value().clone())).collect();
        callbacks.sort_by_key(|(id, _)| *id);
        for (_, callback) in callbacks {
            super::router::guard("a callback for node events", || callback(event));
        }
    }
}

/// Names a callback for node events. Dropping it changes nothing.
#[derive(Clone)]
pub struct NodesToken {
    core: std::sync::Weak<Core>,
    id: u64,
}

impl NodesToken {
    pub(crate) fn new(core: &Arc<Core>, id: u64) -> Self {
        Self { core: Arc::downgrade(core), id }
    }

    /// Stops the callback.
    pub fn cancel(&self) {
        if let Some(core) = self.core.upgrade() {
            core.events().remove(self.id);
        }
    }
}

impl std::fmt::Debug for NodesToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodesToken({})", self.id)
    }
}
