//! Which member of a group is to do the next piece of work.

use std::collections::BTreeMap;

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
    /// When a port failed, as a count of failures.
    failures: BTreeMap<PortId, u64>,
    clock: u64,
}

impl Picker {
    /// Chooses one of `members` (sorted). `random` gives a number below its argument.
    pub(crate) fn pick(
        &mut self,
        group: &str,
        members: &[PortId],
        how: Pick,
        random: impl FnOnce(usize) -> usize,
    ) -> Option<PortId> {
        if members.is_empty() {
            self.last.remove(group);
            return None;
        }
        let chosen = match how {
            Pick::Random => members[random(members.len())].clone(),
            Pick::RoundRobin => self.after_last(group, members),
            Pick::LeastRecentlyFailed => {
                let failed = |port: &PortId| self.failures.get(port).copied().unwrap_or(0);
                let best = members.iter().map(failed).min().unwrap_or(0);
                let candidates: Vec<PortId> =
                    members.iter().filter(|port| failed(port) == best).cloned().collect();
                self.after_last(group, &candidates)
            }
        };
        self.last.insert(group.to_owned(), chosen.clone());
        Some(chosen)
    }

    fn after_last(&self, group: &str, members: &[PortId]) -> PortId {
        let last = self.last.get(group);
        let next = members.iter().find(|port| last.is_none_or(|last| *port > last));
        next.unwrap_or(&members[0]).clone()
    }

    /// Work given to the port failed.
    pub(crate) fn failed(&mut self, port: PortId) {
        self.clock += 1;
        self.failures.insert(port, self.clock);
    }

    /// The port is in no group any more.
    pub(crate) fn forget(&mut self, port: &PortId) {
        self.failures.remove(port);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members() -> Vec<PortId> {
        ["a#1", "b#1", "c#1"].map(PortId::from).to_vec()
    }

    #[test]
    fn round_robin_takes_turns_whoever_comes_and_goes() {
        let mut picker = Picker::default();
        let mut next = |members: &[PortId]| {
            picker.pick("g", members, Pick::RoundRobin, |_| 0).unwrap().to_string()
        };
        assert_eq!([next(&members()), next(&members()), next(&members())], ["a#1", "b#1", "c#1"]);
        assert_eq!(next(&members()), "a#1");
        assert_eq!(next(&members()[2..]), "c#1");
        assert_eq!(next(&members()), "a#1");
    }

    #[test]
    fn failures_are_avoided_the_older_the_less() {
        let mut picker = Picker::default();
        picker.failed("a#1".into());
        picker.failed("b#1".into());
        let next = |picker: &mut Picker| {
            picker.pick("g", &members(), Pick::LeastRecentlyFailed, |_| 0).unwrap().to_string()
        };
        assert_eq!([next(&mut picker), next(&mut picker)], ["c#1", "c#1"]);
        picker.failed("c#1".into());
        assert_eq!(next(&mut picker), "a#1");
        assert_eq!(picker.pick("g", &[], Pick::Random, |_| 0), None);
    }
}
