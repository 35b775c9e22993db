//! Guarantee 4: every reason has a cause.

use std::time::Duration;

use aemp_actor::{Reason, kind};

use super::Judge;
use crate::record::{Moment, NodeEntry, NodeNo, PortKind, PortNo, Sender};

impl Judge<'_> {
    /// Whether somebody on node `on` who watches `target` since `made` may be told of `reason` at
    /// `told`; if not, why not.
    pub(super) fn explain(
        &self,
        on: NodeNo,
        by: Sender,
        target: PortNo,
        made: Moment,
        told: Moment,
        reason: &Reason,
    ) -> Result<(), String> {
        let entry = &self.record.ports[target];
        let died = entry.died.as_ref();
        let died = died.filter(|(died, _)| self.time(*died) <= self.time(told) + self.blur);
        if died.is_some_and(|(_, truth)| truth == reason) {
            return Ok(());
        }
        let explained = match reason.kind() {
            kind::TRANSPORT_ERROR => {
                let at = self.time(told);
                let lost = !self.calm(on, self.host_of(target), at, at);
                lost && !self.was_announced(on, target, made, told)
            }
            kind::OVERFLOW => self.record.tight_queues || self.record.tight_mailboxes,
            kind::SHUTDOWN => self.node_ended(on, told) || self.was_shut_down(target, told),
            kind::DIE => entry.kind == PortKind::Failing,
            "no_such_node" => entry.kind == PortKind::Illegal,
            kind::NO_SUCH_PORT => return self.explain_absence(on, by, target, made, told),
            _ => false,
        };
        match (explained, died) {
            (true, _) => Ok(()),
            (false, Some((_, truth))) => Err(format!("it died with \"{truth}\"")),
            (false, None) => Err("nothing happened that explains it".into()),
        }
    }

    /// Whether a node was shut down by then where the port was to be.
    fn was_shut_down(&self, port: PortNo, by: Moment) -> bool {
        let host = self.host_of(port);
        let shut_down = |node: &NodeEntry| !node.crashed && node.ended.is_some_and(|end| end <= by);
        self.record.nodes.iter().any(|node| node.host == host && shut_down(node))
    }

    /// Whether the port was told of another one, by whoever has spawned that before.
    fn is_introduced(&self, port: Sender, new: PortNo, before: Moment) -> bool {
        let Some((spawner, spawned)) = self.spawned.get(&new) else { return false };
        self.record.words.iter().any(|word| {
            let told = word.names == Some(new) && Sender::Port(word.to) == port;
            let after = word.by == *spawner && word.sent > *spawned;
            told && after && word.delivered.first().is_some_and(|delivered| *delivered < before)
        })
    }

    /// When a port died.
    fn end(&self, port: PortNo) -> Duration {
        let died = self.record.ports[port].died.as_ref();
        died.map_or(Duration::MAX, |(died, _)| self.time(*died))
    }

    fn explain_absence(
        &self,
        on: NodeNo,
        by: Sender,
        target: PortNo,
        made: Moment,
        told: Moment,
    ) -> Result<(), String> {
        let entry = &self.record.ports[target];
        if entry.kind == PortKind::Node {
            return Err("a node always has its node port".into());
        }
        if self.alive(target, told) && self.time(told) + self.blur < self.end(target) {
            return Err("the port lives".into());
        }
        let spawner =
            self.spawned.get(&target).filter(|(by_whom, sent)| *by_whom == by && *sent < made);
        // Since the spawn was sent: one that was lost has not failed.
        let calm = spawner.is_some_and(|(_, sent)| {
            self.calm(on, self.host_of(target), self.time(*sent), self.time(told))
        });
        if entry.kind == PortKind::Failing && calm {
            return Err("its spawner is to be told that its init function failed".into());
        }
        let introduced = spawner.is_some() || self.is_introduced(by, target, made);
        if introduced && entry.born.is_some_and(|born| born > told) {
            return Err("it was asked for before its port was spawned".into());
        }
        let known = entry.born.is_some_and(|born| born < made);
        let Some((died, truth)) = entry.died.as_ref().filter(|_| known) else { return Ok(()) };
        let (made, died) = (self.time(made), self.time(*died));
        if died > made + self.healing && self.calm(on, self.host_of(target), made, died) {
            return Err(format!("it was watched for long when it died with \"{truth}\""));
        }
        Ok(())
    }
}
