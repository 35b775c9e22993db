//! What is said of nodes that go and come back.

use std::collections::BTreeSet;

use aemp_actor::{NodeId, Reason};

/// Decides what is worth a line: nodes that have gone, those that are back, and that none is left.
/// Of those that are new, and of other people's commands (anonymous nodes), nothing is said.
#[derive(Debug, Default)]
pub(crate) struct News {
    gone: BTreeSet<NodeId>,
}

impl News {
    /// What to say of a node that is up, or down for this reason; `left` is how many nodes are
    /// connected now.
    pub(crate) fn of(
        &mut self,
        node: &NodeId,
        down: Option<&Reason>,
        left: usize,
    ) -> Option<String> {
        if node.is_anonymous() {
            return None;
        }
        match down {
            None => self.gone.remove(node).then(|| format!("node {node} is up again")),
            Some(reason) => {
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

    fn up(news: &mut News, node: &str) -> Option<String> {
        news.of(&node.into(), None, 1)
    }

    fn down(news: &mut News, node: &str, left: usize) -> Option<String> {
        news.of(&node.into(), Some(&Reason::from(("transport_error", "closed"))), left)
    }

    #[test]
    fn what_goes_is_told_and_what_comes_back() {
        let mut news = News::default();
        assert_eq!(up(&mut news, "alpha"), None);
        assert_eq!(down(&mut news, "anon/x", 0), None);
        assert_eq!(down(&mut news, "beta", 1).as_deref(), Some("node beta is down: closed"));
        assert_eq!(
            down(&mut news, "alpha", 0).as_deref(),
            Some("node alpha is down: closed; no node is left, the network is looked for")
        );
        assert_eq!(up(&mut news, "alpha").as_deref(), Some("node alpha is up again"));
        assert_eq!(up(&mut news, "alpha"), None);
    }
}
