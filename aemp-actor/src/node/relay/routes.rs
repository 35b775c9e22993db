//! Who talks to whom through this node: plain data.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::id::NodeId;

/// The most connections that are remembered; the ends of others are found by their heartbeat.
const MAX_ROUTES: usize = 100_000;

/// One end of a connection, as the other end sees it.
pub(super) type End = (NodeId, SmolStr);

/// The connections that were opened through this node, by the node at each of their ends.
#[derive(Default)]
pub(super) struct Routes {
    ends: BTreeMap<NodeId, BTreeSet<End>>,
    count: usize,
}

impl Routes {
    pub(super) fn opened(&mut self, from: &NodeId, to: &NodeId, connection: &str) {
        if self.count >= MAX_ROUTES {
            return;
        }
        let ends = self.ends.entry(to.clone()).or_default();
        if ends.insert((from.clone(), connection.into())) {
            self.count += 1;
            let ends = self.ends.entry(from.clone()).or_default();
            ends.insert((to.clone(), connection.into()));
        }
    }

    pub(super) fn closed(&mut self, from: &NodeId, to: &NodeId, connection: &str) {
        let end = |node: &NodeId| (node.clone(), SmolStr::from(connection));
        if self.remove(to, &end(from)) {
            self.count -= 1;
            self.remove(from, &end(to));
        }
    }

    /// The node is down: the other ends of its connections.
    pub(super) fn node_down(&mut self, node: &NodeId) -> BTreeSet<End> {
        let others = self.ends.remove(node).unwrap_or_default();
        self.count -= others.len();
        for (other, connection) in &others {
            self.remove(other, &(node.clone(), connection.clone()));
        }
        others
    }

    #[cfg(feature = "sim")]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn remove(&mut self, node: &NodeId, end: &End) -> bool {
        let Some(ends) = self.ends.get_mut(node) else { return false };
        let removed = ends.remove(end);
        if ends.is_empty() {
            self.ends.remove(node);
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_remembered_until_one_is_gone() {
        let (a, b, c) = (NodeId::from("a"), NodeId::from("b"), NodeId::from("c"));
        let mut routes = Routes::default();
        routes.opened(&a, &b, "1");
        routes.opened(&a, &b, "1");
        routes.opened(&b, &a, "2");
        routes.opened(&c, &a, "3");
        assert_eq!(routes.count, 3);
        routes.closed(&b, &a, "1");
        routes.closed(&a, &b, "1");
        let gone = routes.node_down(&a);
        assert_eq!(
            gone.into_iter().collect::<Vec<_>>(),
            [(b.clone(), "2".into()), (c, "3".into())]
        );
        assert!(routes.node_down(&b).is_empty());
        assert!(routes.ends.is_empty());
        assert_eq!(routes.count, 0);
    }

    #[test]
    fn their_number_is_bounded() {
        let (a, b) = (NodeId::from("a"), NodeId::from("b"));
        let mut routes = Routes::default();
        for n in 0..=MAX_ROUTES {
            routes.opened(&a, &b, &n.to_string());
        }
        assert_eq!(routes.count, MAX_ROUTES);
        assert_eq!(routes.node_down(&b).len(), MAX_ROUTES);
        assert!(routes.ends.is_empty());
    }
}
