//! How far a node has come with joining: plain data.

use std::collections::BTreeSet;

use crate::id::NodeId;

/// Whom joining waits for.
///
/// 1. Only nodes that were named before the first seed had told all its news, or were up by then,
///    are waited for: who comes later is not, so that nodes that come and go all the time keep
///    nobody from joining.
/// 2. Each of them is waited for until it is settled: it has told all its news, does not take
///    part, is down, or cannot be reached.
pub(super) enum Join {
    /// No seed has told all its news yet; these nodes were named so far, and are not settled.
    Alone(BTreeSet<NodeId>),
    /// A seed has, and these are not settled.
    Meeting(BTreeSet<NodeId>),
    Joined,
}

impl Join {
    pub(super) fn new() -> Self {
        Self::Alone(BTreeSet::new())
    }

    pub(super) fn is_alone(&self) -> bool {
        matches!(self, Self::Alone(_))
    }

    /// Another node has told that there is this one.
    pub(super) fn named(&mut self, node: &NodeId) {
        if let Self::Alone(awaited) = self {
            awaited.insert(node.clone());
        }
    }

    /// The first seed has told all its news: the nodes that were named are to come up, and to tell
    /// theirs, as are those that are `up` and have not; whoever `has_told` is settled. True when
    /// nobody is left: the node has joined.
    pub(super) fn seed_has_told(
        &mut self,
        up: impl Iterator<Item = NodeId>,
        has_told: impl Fn(&NodeId) -> bool,
    ) -> bool {
        let Self::Alone(awaited) = self else { return false };
        let mut awaited = std::mem::take(awaited);
        awaited.extend(up);
        awaited.retain(|node| !has_told(node));
        *self = Self::Meeting(awaited);
        self.is_over()
    }

    /// The node need not be waited for any more; true when it was the last: the node has joined.
    pub(super) fn settled(&mut self, node: &NodeId) -> bool {
        if let Self::Alone(awaited) | Self::Meeting(awaited) = self {
            awaited.remove(node);
        }
        self.is_over()
    }

    /// There is nobody to join; true when that is news.
    pub(super) fn nobody_to_join(&mut self) -> bool {
        let alone = self.is_alone();
        if alone {
            *self = Self::Joined;
        }
        alone
    }

    fn is_over(&mut self) -> bool {
        let over = matches!(self, Self::Meeting(awaited) if awaited.is_empty());
        if over {
            *self = Self::Joined;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = "told";

    fn begun(named: &[&str], up: &[&str]) -> (Join, bool) {
        let mut join = Join::new();
        for node in named {
            join.named(&NodeId::from(*node));
        }
        let up = up.iter().map(|node| NodeId::from(*node));
        let joined = join.seed_has_told(up, |node| node.as_str() == TOLD);
        (join, joined)
    }

    #[test]
    fn joined_when_everybody_is_settled() {
        let (mut join, joined) = begun(&["a", "b", TOLD], &["c", TOLD]);
        assert!(!joined);
        for node in ["a", "stranger", "b", "b"] {
            assert!(!join.settled(&NodeId::from(node)), "{node}");
        }
        assert!(join.settled(&NodeId::from("c")));
        assert!(!join.settled(&NodeId::from("c")), "told once");
        assert!(begun(&[], &[TOLD]).1);
        assert!(begun(&[TOLD], &[]).1);
    }

    #[test]
    fn who_comes_later_is_not_waited_for() {
        let (mut join, _) = begun(&["a"], &[]);
        for n in 0..100 {
            join.named(&NodeId::from(format!("later{n}").as_str()));
        }
        assert!(join.settled(&NodeId::from("a")));
    }

    #[test]
    fn who_is_settled_before_the_seed_has_told_is_not_waited_for() {
        let mut join = Join::new();
        join.named(&NodeId::from("a"));
        assert!(!join.settled(&NodeId::from("a")));
        assert!(join.seed_has_told(std::iter::empty(), |_| false));
    }

    #[test]
    fn where_nobody_is_there_is_nothing_to_wait_for() {
        let mut join = Join::new();
        assert!(join.nobody_to_join());
        assert!(!join.nobody_to_join());
        let (mut join, _) = begun(&["a"], &[]);
        assert!(!join.nobody_to_join(), "a seed answered");
        assert!(join.settled(&NodeId::from("a")));
    }
}
