//! Guarantees 3 and 11: the end of a node is told of, in time and as what it was.

use super::Judge;
use crate::record::{Moment, MonNo, NodeNo, PortKind, PortNo, What};

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

    /// 3: a node that has crashed counts as down after the monitor timeout, and is told of.
    pub(super) fn is_told_in_time(&mut self, no: MonNo) {
        let mon = &self.record.mons[no];
        let (target, host) = (&self.record.ports[mon.target], self.host_of(mon.target));
        let Some(crashed) = target.node.filter(|no| self.record.nodes[*no].crashed) else { return };
        let Some(end) = self.record.nodes[crashed].ended.filter(|end| mon.made < *end) else {
            return;
        };
        let living =
            target.born.is_some_and(|born| born < mon.made) && self.alive(mon.target, end - 1);
        let begun = self.time(end);
        let latest = begun + self.plan.monitor_timeout.mul_f64(1.5) + self.quiet;
        let Some(late) = self.record.events.iter().position(|event| event.at > latest) else {
            return;
        };
        let other = mon.on != crashed && living && self.is_up(mon.on, host, end);
        let calm = || self.calm_but_for(Some((host, begun)), mon.on, host, begun, latest);
        if other && mon.ended() > late && self.listens(mon.by, mon.on, late) && calm() {
            let text = format!("monitor {no} has not fired though its node has crashed long ago");
            self.found(3, late, &mon.parties(), text);
        }
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
