//! Which member of a group is to do the next piece of work.

use std::collections::BTreeMap;

use super::members::Members;
use crate::id::PortId;

/// How one member of a group is chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Pick {
    /// One after the other.
    RoundRobin,
    /// Any, each as likely as the others.
    Random,
    /// The one whose last failure, as told by
    /// [`Node::grp_failed`](crate::Node::grp_failed), is the longest ago; one after the other
    /// among those that never failed.
    LeastRecentlyFailed,
}

/// What has to be remembered to choose: plain data, for the groups of one node.
#[derive(Debug, Default)]
pub(crate) struct Picker {
    /// The member chosen last, by group.
    last: BTreeMap<String, PortId>,
    /// Ports that failed and are in groups.
    failures: BTreeMap<PortId, Failure>,
    clock: u64,
}

/// The last failure of a port.
#[derive(Debug)]
struct Failure {
    /// When, as a count of failures.
    at: u64,
    /// How many groups the port is in.
    groups: usize,
}

impl Picker {
    /// Chooses one of `members`, if there are any. `random` gives a number below its argument.
    pub(crate) fn pick(
        &mut self,
        group: &str,
        members: &Members,
        how: Pick,
        random: impl FnOnce(usize) -> usize,
    ) -> Option<PortId> {
        let chosen = match how {
            Pick::Random if members.is_empty() => None,
            Pick::Random => members.nth(random(members.len())),
            Pick::RoundRobin => self.in_turn(group, members).next(),
            Pick::LeastRecentlyFailed => {
                let fine = self.in_turn(group, members).find(|port| self.failed_at(port) == 0);
                fine.or_else(|| members.iter().min_by_key(|port| self.failed_at(port)))
            }
        };
        let chosen = chosen?.clone();
        self.last.insert(group.to_owned(), chosen.clone());
        Some(chosen)
    }

    /// All members, from the one after the last that was chosen on.
    fn in_turn<'a>(
        &'a self,
        group: &str,
        members: &'a Members,
    ) -> impl Iterator<Item = &'a PortId> + use<'a> {
        let last = self.last.get(group);
        last.map(|last| members.after(last)).into_iter().flatten().chain(members.iter())
    }

    fn failed_at(&self, port: &PortId) -> u64 {
        self.failures.get(port).map_or(0, |failure| failure.at)
    }

    /// Work given to the port failed. `groups` counts those that it is in; one that is in none is not
    /// remembered.
    pub(crate) fn failed(&mut self, port: PortId, groups: impl FnOnce(&PortId) -> usize) {
        self.clock += 1;
        if let Some(failure) = self.failures.get_mut(&port) {
            failure.at = self.clock;
            return;
        }
        let groups = groups(&port);
        if groups > 0 {
            self.failures.insert(port, Failure { at: self.clock, groups });
        }
    }

    /// The port is in one group more.
    pub(crate) fn joined(&mut self, port: &PortId) {
        if let Some(failure) = self.failures.get_mut(port) {
            failure.groups += 1;
        }
    }

    /// The port is in one group less; after the last one its failure is forgotten.
    pub(crate) fn left(&mut self, port: &PortId) {
        if let Some(failure) = self.failures.get_mut(port) {
            failure.groups -= 1;
            if failure.groups == 0 {
                self.failures.remove(port);
            }
        }
    }

    /// The group has no members any more.
    pub(crate) fn forget_group(&mut self, group: &str) {
        self.last.remove(group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> Members {
        ["a#1", "b#1", "c#1"].map(PortId::from).into_iter().collect()
    }

    #[test]
    fn round_robin_takes_turns_whoever_comes_and_goes() {
        let mut picker = Picker::default();
        let mut next = |members: &Members| {
            picker.pick("g", members, Pick::RoundRobin, |_| 0).unwrap().to_string()
        };
        assert_eq!([next(&members()), next(&members()), next(&members())], ["a#1", "b#1", "c#1"]);
        assert_eq!(next(&members()), "a#1");
        assert_eq!(next(&members().iter().skip(2).cloned().collect()), "c#1");
        assert_eq!(next(&members()), "a#1");
    }

    #[test]
    fn failures_are_avoided_the_older_the_less() {
        let mut picker = Picker::default();
        picker.failed("a#1".into(), |_| 1);
        picker.failed("b#1".into(), |_| 1);
        let next = |picker: &mut Picker| {
            picker.pick("g", &members(), Pick::LeastRecentlyFailed, |_| 0).unwrap().to_string()
        };
        assert_eq!([next(&mut picker), next(&mut picker)], ["c#1", "c#1"]);
        picker.failed("c#1".into(), |_| 1);
        assert_eq!(next(&mut picker), "a#1");
        assert_eq!(picker.pick("g", &Members::default(), Pick::Random, |_| 0), None);
    }
}
