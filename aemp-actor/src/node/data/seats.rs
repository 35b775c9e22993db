//! How many data connections each other node may have here.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::id::NodeId;

/// Counts, by node, the data connections that other nodes have asked for: expected and open ones.
#[derive(Clone, Default)]
pub(super) struct Seats {
    taken: Arc<Mutex<HashMap<NodeId, usize>>>,
}

/// One data connection; it counts until this is dropped.
pub(super) struct Seat {
    seats: Seats,
    node: NodeId,
}

impl Seats {
    /// One more for this node, unless it has as many as `limit`.
    pub(super) fn take(&self, node: &NodeId, limit: usize) -> Option<Seat> {
        let mut taken = self.taken.lock();
        let count = taken.get(node).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        taken.insert(node.clone(), count + 1);
        Some(Seat { seats: self.clone(), node: node.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        if let Some(count) = taken.get_mut(&self.node) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_own() {
        let seats = Seats::default();
        let (one, two) = (NodeId::from("one"), NodeId::from("two"));
        let first = seats.take(&one, 1);
        assert!(first.is_some());
        assert!(seats.take(&one, 1).is_none());
        assert!(seats.take(&two, 1).is_some());
        drop(first);
        assert!(seats.taken.lock().is_empty());
        assert!(seats.take(&one, 1).is_some());
        assert!(seats.take(&one, 0).is_none());
    }
}
