//! What nodes have told of themselves.

use std::collections::HashMap;

use aemp_actor::NodeId;

/// Nodes whose answers are kept: the latest.
const KEPT: usize = 100;

/// The last answer of each node to one kind of question, and whether one is under way.
#[derive(Debug)]
pub(crate) struct Known<T> {
    nodes: HashMap<NodeId, Entry<T>>,
    turn: u64,
}

#[derive(Debug)]
struct Entry<T> {
    answer: Vec<T>,
    asked: bool,
    turn: u64,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { nodes: HashMap::new(), turn: 0 }
    }
}

impl<T: Clone> Known<T> {
    /// Whether a node is to be asked: not while it has not answered yet.
    pub(crate) fn begin(&mut self, node: &NodeId) -> bool {
        self.turn += 1;
        if self.nodes.len() >= KEPT && !self.nodes.contains_key(node) {
            let settled = self.nodes.iter().filter(|(_, entry)| !entry.asked);
            let oldest = settled.min_by_key(|(_, entry)| entry.turn).map(|(node, _)| node.clone());
            match oldest {
                Some(oldest) => self.nodes.remove(&oldest),
                None => return false,
            };
        }
        let entry = self.nodes.entry(node.clone()).or_insert(Entry {
            answer: Vec::new(),
            asked: false,
            turn: 0,
        });
        entry.turn = self.turn;
        !std::mem::replace(&mut entry.asked, true)
    }

    /// It has answered, or will not: then what it told before counts.
    pub(crate) fn end(&mut self, node: &NodeId, answer: Option<Vec<T>>) {
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.asked = false;
            entry.answer = answer.unwrap_or_else(|| std::mem::take(&mut entry.answer));
        }
    }

    /// What it told last.
    pub(crate) fn answer(&self, node: &NodeId) -> Vec<T> {
        self.nodes.get(node).map(|entry| entry.answer.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_question_at_a_time() {
        let (mut known, alpha) = (Known::default(), NodeId::from("alpha"));
        assert!(known.begin(&alpha) && !known.begin(&alpha));
        known.end(&alpha, Some(vec!["a"]));
        assert!(known.begin(&alpha));
        known.end(&alpha, None);
        assert_eq!(known.answer(&alpha), ["a"]);
        known.end(&alpha, Some(vec![]));
        assert!(known.answer(&alpha).is_empty());
        assert!(known.answer(&NodeId::from("beta")).is_empty());
    }

    #[test]
    fn the_latest_are_kept() {
        let mut known = Known::default();
        for n in 0..2 * KEPT {
            let node = NodeId::from(format!("n{n}").as_str());
            assert!(known.begin(&node));
            known.end(&node, Some(vec![n]));
        }
        assert_eq!(known.nodes.len(), KEPT);
        assert_eq!(known.answer(&NodeId::from("n199")), [199]);
        // All of them silent: nobody else is asked.
        let nodes: Vec<NodeId> = known.nodes.keys().cloned().collect();
        nodes.iter().for_each(|node| assert!(known.begin(node)));
        assert!(!known.begin(&NodeId::from("one more")) && known.nodes.len() == KEPT);
    }
}
