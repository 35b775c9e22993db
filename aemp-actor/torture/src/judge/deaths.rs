//! Guarantees 4 and 6 again: why ports died.

use std::collections::BTreeMap;

use aemp_actor::{Reason, kind};

use super::Judge;
use crate::log::kill_of;
use crate::record::{Form, Moment, PortNo, Sender};

impl Judge<'_> {
    pub(super) fn deaths(&mut self) {
        let rest = self.record.settled.last().copied();
        for port in 0..self.record.ports.len() {
            let entry = &self.record.ports[port];
            if let Some((died, reason)) = &entry.died {
                let owned = entry.node.is_some_and(|node| self.record.nodes[node].crashed);
                if entry.dropped.is_none() && !owned {
                    self.found(6, *died, &[port], format!("the value of p{port} was not dropped"));
                }
                if let Err(doubt) = self.explain_death(port, *died, reason) {
                    let text = format!("p{port} died of \"{reason}\": {doubt}");
                    self.found(4, *died, &[port], text);
                }
            }
            if let (Some(dropped), None) = (entry.dropped, &entry.died)
                && rest.is_some_and(|rest| dropped < rest)
            {
                let text = format!("p{port} was dropped, and nobody was told that it died");
                self.found(3, dropped, &[port], text);
            }
            if let Some(rest) = rest.filter(|rest| self.alive(port, *rest)) {
                self.found(6, rest, &[port], format!("p{port} was killed and still lives"));
            }
        }
    }

    fn explain_death(&self, port: PortNo, died: Moment, reason: &Reason) -> Result<(), String> {
        let entry = &self.record.ports[port];
        let own_kill = kill_of(reason).and_then(|word| self.record.words.get(word));
        let explained = match reason.kind() {
            kind::NORMAL => entry.resigned,
            kind::DIE => reason.text().contains("on purpose"),
            kind::OVERFLOW => self.was_full(port, died),
            kind::SHUTDOWN => entry.node.is_some_and(|node| self.node_ended(node, died)),
            "killed" => own_kill.is_some_and(|word| word.to == port && word.sent < died),
            _ => false,
        };
        if explained || self.is_linked_to(port, died, reason) {
            return Ok(());
        }
        Err("nobody killed it, and it was linked to nobody who died so".into())
    }

    /// 10: whether as much as its bound may ever have waited in its mailbox: what others had said to
    /// it, what it was to be told of, and what it had put there itself.
    fn was_full(&self, port: PortNo, died: Moment) -> bool {
        let Some(bound) = self.plan.max_messages else { return false };
        let mut changes: BTreeMap<Moment, isize> = BTreeMap::new();
        for word in self.record.words.iter().filter(|word| word.to == port && word.sent < died) {
            *changes.entry(word.sent).or_default() += 1;
            if let Some(delivered) = word.delivered.first() {
                *changes.entry(*delivered).or_default() -= 1;
            }
        }
        let waiting = changes.into_values().scan(0, |waiting, change| {
            *waiting += change;
            Some(*waiting)
        });
        let most = usize::try_from(waiting.max().unwrap_or(0)).unwrap_or(0);
        let told = self.record.mons.iter().filter(|mon| {
            let may_fire = mon.by == Sender::Port(port) && mon.made < died && mon.ended() >= died;
            // The connection to another node may have been lost.
            let remote = self.host_of(mon.target) != self.host_of(port);
            may_fire && (remote || !self.alive(mon.target, died))
        });
        most + told.count() + self.record.ports[port].posted >= bound
    }

    /// Whether it had a link to a port that died, or seemed to die, with that reason.
    fn is_linked_to(&self, port: PortNo, died: Moment, reason: &Reason) -> bool {
        let links = self.record.mons.iter().filter(|mon| {
            let held = mon.cancelled.is_none_or(|cancelled| cancelled > died);
            mon.by == Sender::Port(port) && mon.form == Form::Link && mon.made < died && held
        });
        links.into_iter().any(|link| {
            self.explain(link.on, link.by, link.target, link.made, died, reason).is_ok()
        })
    }
}
