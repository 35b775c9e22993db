//! Which member of a group is to do the next piece of work.

use std::collections::BTreeMap;

use super::by_key;
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
    /// The one with the fewest requests of this node, made with [`Group::request`](crate::Group::request) or
    /// [`Node::grp_cal`](crate::Node::grp_cal), that have no answer yet; one after the other among those that
    /// have equally few. What other nodes ask of it, and what is only sent to it, does not count.
    LeastLoaded,
    /// The one that has the key: see [`key`](Self::key).
    Key(u64),
}

impl Pick {
    /// The member that has this key, chosen by consistent hashing: every node that knows the same members chooses
    /// the same one. When a member leaves, its keys move to the others, and no other key does; one that joins
    /// takes its share from the others.
    ///
    /// A key is text, bytes, or a number as bytes: `Pick::key(user.to_be_bytes())`. Members are told apart by
    /// their IDs: a port that is started again is another member. The time to choose grows with the
    /// number of members.
    pub fn key(key: impl AsRef<[u8]>) -> Self {
        Self::Key(by_key::hash(key.as_ref()))
    }
}

/// What has to be remembered to choose: plain data, for the groups of one node.
#[derive(Debug, Default)]
pub(crate) struct Picker {
    /// The member chosen last, by group.
    last: BTreeMap<String, PortId>,
    /// Ports that failed and are in groups.
    failures: BTreeMap<PortId, Failure>,
    /// How many requests of this node the ports have that have not answered, whether they are in groups or not.
    loads: BTreeMap<PortId, usize>,
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
    /// Chooses one of `members` that is not one of `except`, if there are any. `random` gives a number below its
    /// argument.
    pub(crate) fn pick(
        &mut self,
        group: &str,
        members: &Members,
        (how, except): (Pick, &[PortId]),
        random: impl FnOnce(usize) -> usize,
    ) -> Option<PortId> {
        let may = |port: &&PortId| except.is_empty() || !except.contains(*port);
        let chosen = match how {
            Pick::Random if members.is_empty() => None,
            Pick::Random => {
                let from = members.nth(random(members.len()));
                from.filter(may).or_else(|| members.after(from?).chain(members.iter()).find(may))
            }
            Pick::RoundRobin => self.in_turn(group, members).find(may),
            Pick::LeastRecentlyFailed => {
                let is_fine = |port: &&PortId| self.failed_at(port) == 0;
                let fine = self.in_turn(group, members).filter(may).find(is_fine);
                let last = || members.iter().filter(may).min_by_key(|port| self.failed_at(port));
                fine.or_else(last)
            }
            // The first of several that are equal.
            Pick::LeastLoaded => {
                self.in_turn(group, members).filter(may).min_by_key(|port| self.load(port))
            }
            // It is nobody's turn.
            Pick::Key(key) => return by_key::pick(key, members.iter().filter(may)).cloned(),
        };
        let chosen = chosen?.clone();
        self.last.insert(group.to_owned(), chosen.clone());
        Some(chosen)
    }

    fn load(&self, port: &PortId) -> usize {
        self.loads.get(port).copied().unwrap_or_default()
    }

    /// A request is sent to the port.
    pub(crate) fn request_begun(&mut self, port: &PortId) {
        *self.loads.entry(port.clone()).or_default() += 1;
    }

    /// It was answered, or will not be.
    pub(crate) fn request_ended(&mut self, port: &PortId) {
        if let Some(load) = self.loads.get_mut(port) {
            *load -= 1;
            if *load == 0 {
                self.loads.remove(port);
            }
        }
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
            picker.pick("g", members, (Pick::RoundRobin, &[]), |_| 0).unwrap().to_string()
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
            picker
                .pick("g", &members(), (Pick::LeastRecentlyFailed, &[]), |_| 0)
                .unwrap()
                .to_string()
        };
        assert_eq!([next(&mut picker), next(&mut picker)], ["c#1", "c#1"]);
        picker.failed("c#1".into(), |_| 1);
        assert_eq!(next(&mut picker), "a#1");
        assert_eq!(picker.pick("g", &Members::default(), (Pick::Random, &[]), |_| 0), None);
    }

    #[test]
    fn who_has_the_fewest_requests_is_next() {
        let mut picker = Picker::default();
        let next = |picker: &mut Picker| {
            let port = picker.pick("g", &members(), (Pick::LeastLoaded, &[]), |_| 0).unwrap();
            picker.request_begun(&port);
            port.to_string()
        };
        assert_eq!(
            [next(&mut picker), next(&mut picker), next(&mut picker)],
            ["a#1", "b#1", "c#1"]
        );
        picker.request_ended(&"b#1".into());
        assert_eq!([next(&mut picker), next(&mut picker)], ["b#1", "c#1"]);
        for port in ["a#1", "b#1", "c#1", "c#1"] {
            picker.request_ended(&port.into());
        }
        assert!(picker.loads.is_empty(), "nothing is kept of those that have ended");
    }

    #[test]
    fn who_was_tried_is_not_chosen_again() {
        let (mut picker, tried) = (Picker::default(), ["a#1", "c#1"].map(PortId::from));
        picker.failed("b#1".into(), |_| 1);
        let hows = [
            Pick::RoundRobin,
            Pick::Random,
            Pick::LeastRecentlyFailed,
            Pick::LeastLoaded,
            Pick::key("joe"),
        ];
        for how in hows {
            for first in 0..3 {
                let chosen = picker.pick("g", &members(), (how, &tried), |_| first);
                assert_eq!(chosen, Some("b#1".into()), "{how:?}");
                assert!(picker.pick("g", &members(), (how, &[]), |_| first).is_some());
            }
            assert_eq!(picker.pick("g", &members(), (how, &members().to_vec()), |_| 0), None);
        }
    }
}
