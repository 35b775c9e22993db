//! What is said of nodes that go and come back.

use std::collections::BTreeSet;

use crate::id::NodeId;
use crate::node::NodeEvent;

/// Decides what is worth a line: nodes that have gone, those that are back, and that none is left.
/// Of those that are new, and of other people's commands (anonymous nodes), nothing is said.
#[derive(Debug, Default)]
pub(crate) struct News {
    gone: BTreeSet<NodeId>,
}

impl News {
    /// What to say of an event; `left` is how many nodes are connected now.
    pub(crate) fn of(&mut self, event: &NodeEvent, left: usize) -> Option<String> {
        let node = event.node();
        if node.is_anonymous() {
            return None;
        }
        match event {
            NodeEvent::Up { .. } => {
                self.gone.remove(node).then(|| format!("node {node} is up again"))
            }
            NodeEvent::Down { reason, .. } => {
                self.gone.insert(node.clone());
                let alone = match left {
                    0 => "; no node is left, the network is looked for",
                    _ => "",
                };
                Some(format!("node {node} is down: {}{alone}", reason.text()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    fn up(node: &str) -> NodeEvent {
        NodeEvent::Up { node: node.into(), address: None, transport: "tcp".to_owned() }
    }

    fn down(node: &str) -> NodeEvent {
        NodeEvent::Down { node: node.into(), reason: Reason::from(("transport_error", "closed")) }
    }

    #[test]
    fn what_goes_is_told_and_what_comes_back() {
        let mut news = News::default();
        assert_eq!(news.of(&up("alpha"), 1), None);
        assert_eq!(news.of(&down("anon/x"), 0), None);
        assert_eq!(news.of(&down("beta"), 1).as_deref(), Some("node beta is down: closed"));
        assert_eq!(
            news.of(&down("alpha"), 0).as_deref(),
            Some("node alpha is down: closed; no node is left, the network is looked for")
        );
        assert_eq!(news.of(&up("alpha"), 1).as_deref(), Some("node alpha is up again"));
        assert_eq!(news.of(&up("alpha"), 1), None);
    }
}
