//! Nodes that this one is not connected to: heard of, or sought. Plain data, bounded.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::NodeId;

/// Nodes that one other node has told of and that are being connected to.
const MAX_HEARD: usize = 10_000;

/// Nodes that are sought: of those that were met, and of those that were not.
const MAX_SOUGHT: usize = 10_000;

/// Nodes that were heard of, and are being connected to.
#[derive(Default)]
pub(super) struct Heard {
    /// By whom they were told of first.
    nodes: BTreeMap<NodeId, NodeId>,
    by_teller: BTreeMap<NodeId, usize>,
}

impl Heard {
    /// A node was heard of; false when its teller has told of too many already.
    pub(super) fn add(&mut self, node: &NodeId, by: &NodeId) -> bool {
        if self.nodes.contains_key(node) {
            return true;
        }
        let count = self.by_teller.entry(by.clone()).or_default();
        if *count >= MAX_HEARD {
            return false;
        }
        *count += 1;
        self.nodes.insert(node.clone(), by.clone());
        true
    }

    /// The node is connected, or cannot be; whether it was heard of.
    pub(super) fn remove(&mut self, node: &NodeId) -> bool {
        let Some(by) = self.nodes.remove(node) else { return false };
        if let Some(count) = self.by_teller.get_mut(&by) {
            *count -= 1;
            if *count == 0 {
                self.by_teller.remove(&by);
            }
        }
        true
    }
}

/// Nodes that were up, or heard of, and cannot be reached: the master is asked for them. Those that
/// were only heard of take no place from those that were up.
#[derive(Default)]
pub(super) struct Sought {
    met: BTreeSet<NodeId>,
    heard: BTreeSet<NodeId>,
}

impl Sought {
    /// True if the node is sought from now on, and was not before.
    pub(super) fn add(&mut self, node: &NodeId, met: bool) -> bool {
        if self.met.contains(node) || self.heard.contains(node) {
            return false;
        }
        let nodes = if met { &mut self.met } else { &mut self.heard };
        nodes.len() < MAX_SOUGHT && nodes.insert(node.clone())
    }

    pub(super) fn remove(&mut self, node: &NodeId) {
        self.met.remove(node);
        self.heard.remove(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(n: usize) -> NodeId {
        NodeId::from(n.to_string())
    }

    #[test]
    fn what_one_node_tells_is_bounded_and_keeps_nothing_of_others_out() {
        let (mut heard, evil, good) =
            (Heard::default(), NodeId::from("evil"), NodeId::from("good"));
        let taken = (0..30_000).filter(|n| heard.add(&node(*n), &evil)).count();
        assert_eq!(taken, MAX_HEARD);
        assert!(heard.add(&NodeId::from("true"), &good));
        assert!(heard.add(&node(0), &evil), "known already");
        assert!(heard.remove(&NodeId::from("true")) && !heard.remove(&NodeId::from("true")));
        assert!(heard.remove(&node(0)));
        assert!(heard.add(&node(99_999), &evil), "there is room again");
        let all: Vec<NodeId> = heard.nodes.keys().cloned().collect();
        assert!(all.iter().all(|node| heard.remove(node)));
        assert!(heard.by_teller.is_empty());
    }

    #[test]
    fn who_was_only_heard_of_takes_no_place_from_who_was_met() {
        let mut sought = Sought::default();
        assert_eq!((0..30_000).filter(|n| sought.add(&node(*n), false)).count(), MAX_SOUGHT);
        assert!(sought.add(&NodeId::from("lost"), true));
        assert!(!sought.add(&NodeId::from("lost"), true), "already");
        sought.remove(&node(0));
        assert!(sought.add(&node(99_999), false));
    }
}
