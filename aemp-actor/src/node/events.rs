//! Who wants to know of nodes going up and down.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::core::Core;
use crate::id::NodeId;
use crate::reason::Reason;

/// A node came or went.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NodeEvent {
    /// There is a connection to the node now.
    #[non_exhaustive]
    Up {
        /// The node.
        node: NodeId,
        /// Its address: the one that was dialled, or where the connection came from; `None` if
        /// the transport has no such thing.
        address: Option<String>,
        /// The name of the transport.
        transport: String,
    },
    /// The connection is gone. The monitors of the node's ports have fired.
    #[non_exhaustive]
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
            Self::Up { node, .. } | Self::Down { node, .. } => node,
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

    /// Notifies everybody, in the order they asked.
    pub(crate) fn notify(&self, core: &Arc<Core>, event: &NodeEvent) {
        let mut callbacks: Vec<(u64, Callback)> =
            self.callbacks.iter().map(|entry| (*entry.key(), entry.value().clone())).collect();
        callbacks.sort_by_key(|(id, _)| *id);
        for (_, callback) in callbacks {
            core.user_code("a callback for node events", || callback(event));
        }
    }
}

/// The ups and downs of other nodes, in their order: see
/// [`Node::node_events`](crate::Node::node_events).
///
/// It ends when this node is shut down, with what was not read before; the nodes that are up then go
/// down without an event.
///
/// Bounded: of a node that comes and goes while nobody reads, the latest three changes are kept,
/// so that what is read still alternates, and a restart is seen as one.
pub struct NodeEvents {
    queue: Arc<EventQueue>,
    token: NodesToken,
}

struct EventQueue {
    events: Mutex<VecDeque<NodeEvent>>,
    added: Notify,
    /// Nothing is added any more.
    ended: watch::Receiver<bool>,
}

/// Changes of one node that are kept unread.
const KEPT: usize = 3;

impl NodeEvents {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        let queue = Arc::new(EventQueue::new(core.ended()));
        let adding = queue.clone();
        let id = core.events().add(move |event| adding.push(event.clone()));
        Self { queue, token: NodesToken::new(core, id) }
    }

    /// The next event; waits for it. `None`, and nothing else from then on, when this node is shut
    /// down and everything was read.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, no event is lost.
    pub async fn next(&mut self) -> Option<NodeEvent> {
        let mut ended = self.queue.ended.clone();
        loop {
            let mut added = std::pin::pin!(self.queue.added.notified());
            added.as_mut().enable();
            if let Some(event) = self.queue.pop() {
                return Some(event);
            }
            tokio::select! {
                () = added => {}
                _ = ended.wait_for(|ended| *ended) => return self.queue.pop(),
            }
        }
    }

    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<NodeEvent> {
        self.queue.pop()
    }
}

impl Drop for NodeEvents {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

impl std::fmt::Debug for NodeEvents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeEvents({} unread)", self.queue.events.lock().len())
    }
}

impl EventQueue {
    fn new(ended: watch::Receiver<bool>) -> Self {
        Self { events: Mutex::default(), added: Notify::new(), ended }
    }

    fn pop(&self) -> Option<NodeEvent> {
        self.events.lock().pop_front()
    }

    fn push(&self, event: NodeEvent) {
        let mut events = self.events.lock();
        if *self.ended.borrow() {
            return;
        }
        let unread = events.iter().filter(|other| other.node() == event.node()).count();
        if unread >= KEPT {
            // The two oldest go, so that ups and downs still alternate.
            for _ in 0..2 {
                if let Some(index) = events.iter().position(|other| other.node() == event.node()) {
                    events.remove(index);
                }
            }
        }
        events.push_back(event);
        drop(events);
        self.added.notify_waiters();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_events_alternate_and_are_bounded() {
        let queue = EventQueue::new(watch::channel(false).1);
        let node = NodeId::from("a");
        for n in 0..100 {
            queue.push(match n % 2 {
                0 => NodeEvent::Up { node: node.clone(), address: None, transport: "mem".into() },
                _ => NodeEvent::Down { node: node.clone(), reason: Reason::normal() },
            });
        }
        let kept: Vec<bool> = queue.events.lock().iter().map(NodeEvent::is_up).collect();
        assert_eq!(kept, [true, false], "an even number of events was dropped, the last is kept");
    }
}
