//! Guarantee 12: groups are exact.

use std::collections::{BTreeMap, BTreeSet};

use aemp_actor::PortId;

use super::Judge;
use crate::record::{GrpMonNo, Moment, NodeNo, PortKind, View, What};

impl Judge<'_> {
    pub(super) fn groups(&mut self) {
        for no in 0..self.record.grp_mons.len() {
            self.adds_up(no);
            self.begins_with_all(no);
        }
        self.walk();
    }

    /// Each change leads from what was told before to what is told now.
    fn adds_up(&mut self, no: GrpMonNo) {
        let mon = &self.record.grp_mons[no];
        let mut members: BTreeSet<PortId> = BTreeSet::new();
        for (moment, change) in &mon.changes {
            let mut faults = Vec::new();
            // On several threads it may have been about to be called.
            if self.blur.is_zero() && mon.cancelled.is_some_and(|cancelled| cancelled < *moment) {
                faults.push("it was cancelled before".to_owned());
            }
            if change.group != mon.group {
                faults.push(format!("it is of group {:?}", change.group));
            }
            for port in &change.removed {
                if !members.remove(port) {
                    faults.push(format!("{port} leaves, and was no member"));
                }
            }
            for port in &change.added {
                if !members.insert(port.clone()) {
                    faults.push(format!("{port} comes, and was a member"));
                }
            }
            if change.added.is_empty() && change.removed.is_empty() {
                faults.push("nobody comes or goes".to_owned());
            }
            if !change.ports.iter().eq(&members) {
                faults.push(format!("the members do not add up to {members:?}"));
            }
            if !faults.is_empty() {
                let text =
                    format!("monitor {no} of {:?}: {change:?}: {}", mon.group, faults.join(", "));
                self.found(12, *moment, &[], text);
                return;
            }
        }
    }

    /// The first call has all members there are, as if they had just come; there is none while
    /// there are none.
    fn begins_with_all(&mut self, no: GrpMonNo) {
        let mon = &self.record.grp_mons[no];
        // A stream may be read later; on several threads others may be quicker.
        if mon.stream || !self.blur.is_zero() || mon.members.is_empty() {
            return;
        }
        let first = mon.changes.first();
        if first.is_none_or(|(_, change)| change.ports != mon.members) {
            let text = format!(
                "monitor {no} of {:?} began with {first:?} where the members were {:?}",
                mon.group, mon.members
            );
            self.found(12, mon.made, &[], text);
        }
    }

    /// At each moment, what is told must not have members of nodes that are down for who is told;
    /// at each rest, it must be what is true.
    fn walk(&mut self) {
        let mut up: BTreeMap<NodeNo, BTreeSet<&str>> = BTreeMap::new();
        // A stream ends when its node, which is told to shut down, has handled what waits; what it had by then
        // may be read later.
        let mut at_the_end = up.clone();
        for (moment, event) in self.record.events.iter().enumerate() {
            match &event.what {
                What::Up(no, other) => {
                    up.entry(*no).or_default().insert(other);
                    if let Some(at_the_end) = at_the_end.get_mut(no) {
                        at_the_end.insert(other);
                    }
                }
                What::Down(no, other, _) => drop(up.entry(*no).or_default().remove(other.as_str())),
                What::Shutdown(no) => {
                    at_the_end.insert(*no, up.get(no).cloned().unwrap_or_default());
                }
                What::GroupChanged(no, change) if self.blur.is_zero() => {
                    let mon = &self.record.grp_mons[*no];
                    let own = self.record.host(mon.on);
                    let ended = at_the_end.get(&mon.on).filter(|_| mon.stream);
                    let up = ended.or_else(|| up.get(&mon.on));
                    let reachable = |port: &&PortId| {
                        let host = port.node().as_str();
                        host == own || up.is_some_and(|up| up.contains(host))
                    };
                    let ports = &mon.changes[*change].1.ports;
                    if let Some(ghost) = ports.iter().find(|port| !reachable(port)) {
                        let text = format!(
                            "{own} is told of member {ghost} of {:?}, whose node is down",
                            mon.group
                        );
                        self.found(12, moment, &[], text);
                    }
                }
                What::Viewed(view) => self.sees_what_is(moment, &self.record.views[*view]),
                _ => {}
            }
        }
    }

    /// At rest a node sees what is registered, here and on the nodes that are up, and has told its
    /// monitors so.
    fn sees_what_is(&mut self, moment: Moment, view: &View) {
        let own = self.record.host(view.on);
        let expected: BTreeSet<&PortId> = self
            .record
            .regs
            .iter()
            .filter(|reg| reg.group == view.group && reg.begun < moment)
            .filter(|reg| reg.ended.is_none_or(|ended| ended > moment))
            .filter(|reg| !self.node_ended(reg.on, moment))
            .filter(|reg| {
                let is_node = self.record.ports[reg.port].kind == PortKind::Node;
                is_node || self.alive(reg.port, moment)
            })
            .filter(|reg| {
                let host = self.record.host(reg.on);
                host == own || view.up.iter().any(|up| up == host)
            })
            .map(|reg| &self.record.ports[reg.port].id)
            .collect();
        if !expected.iter().copied().eq(&view.ports) {
            let seen: BTreeSet<&PortId> = view.ports.iter().collect();
            let ghosts: Vec<_> = seen.difference(&expected).collect();
            let lost: Vec<_> = expected.difference(&seen).collect();
            let text =
                format!("{own} sees {:?} with ghosts {ghosts:?}, without {lost:?}", view.group);
            self.found(12, moment, &[], text);
        }
        self.was_told(moment, view);
    }

    fn was_told(&mut self, moment: Moment, view: &View) {
        let untold = self.record.grp_mons.iter().position(|mon| {
            let told = mon.changes.iter().rev().find(|(told, _)| *told < moment);
            let told = told.map_or_else(Vec::new, |(_, change)| change.ports.to_vec());
            let running = mon.cancelled.is_none() && mon.made < moment;
            mon.on == view.on && mon.group == view.group && running && told != view.ports
        });
        if let Some(no) = untold {
            let text = format!("monitor {no} of {:?} was not told of all changes", view.group);
            self.found(12, moment, &[], text);
        }
    }
}
