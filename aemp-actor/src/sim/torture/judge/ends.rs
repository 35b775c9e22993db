//! Guarantees 3 and 11: the end of a node is told of, in time and as what it was.

use super::Judge;
use crate::sim::torture::record::{Moment, NodeNo, PortKind, PortNo, What};

impl Judge<'_> {
    /// Whether somebody on node `on` who watches `target` since `made` has to be told that its node
    /// was shut down, and not that the connection was lost: the shutdown had all the time that it
    /// took, both nodes were connected, and nothing else was wrong.
    pub(super) fn was_announced(
        &self,
        on: NodeNo,
        target: PortNo,
        made: Moment,
        told: Moment,
    ) -> bool {
        let entry = &self.record.ports[target];
        let Some(no) = entry.node.filter(|no| *no != on && entry.kind != PortKind::Node) else {
            return false;
        };
        let node = &self.record.nodes[no];
        let (Some(end), Some(deadline)) = (node.ended, node.farewell) else { return false };
        let (begun, host) = (self.time(end), self.record.host(no));
        let done = self.record.events.iter().find(|event| event.what == What::ShutdownDone(no));
        let orderly = done.is_some_and(|done| done.at < begun + deadline);
        let watched = self.time(made) + self.quiet <= begun && end < told;
        let living = entry.born.is_some_and(|born| born < made)
            && entry.died.as_ref().is_none_or(|(died, _)| *died >= end);
        orderly
            && watched
            && living
            && self.is_up(on, host, end)
            && self.calm_but_for(Some((host, begun)), on, host, begun, self.time(told))
    }

    /// Whether the node saw the other one up at that moment.
    fn is_up(&self, on: NodeNo, host: &str, at: Moment) -> bool {
        let seen = self.record.events[..at].iter().rev().find_map(|event| match &event.what {
            What::Up(no, other) if *no == on && other == host => Some(true),
            What::Down(no, other, _) if *no == on && other == host => Some(false),
            _ => None,
        });
        seen == Some(true)
    }
}
