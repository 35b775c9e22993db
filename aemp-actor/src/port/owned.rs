//! The watches that a port has made.

use std::collections::BTreeMap;

use crate::id::PortId;
use crate::monitor::WatchId;
use crate::reason::Reason;

/// Watches that a port has made, and those of them that have fired while the port was not told.
///
/// Every operation takes time logarithmic in how many there are.
#[derive(Default)]
pub(crate) struct OwnedWatches {
    targets: BTreeMap<WatchId, PortId>,
    /// Why they fired, by target: until the port is told of them, it is cut off from there.
    fired: BTreeMap<PortId, BTreeMap<WatchId, Reason>>,
}

impl OwnedWatches {
    pub(crate) fn add(&mut self, id: WatchId, target: PortId) {
        self.targets.insert(id, target);
    }

    /// The watch has fired; false when it is not there (any more).
    pub(crate) fn fire(&mut self, id: WatchId, reason: Reason) -> bool {
        let Some(target) = self.targets.get(&id) else { return false };
        self.fired.entry(target.clone()).or_default().insert(id, reason);
        true
    }

    /// Takes a watch out: the port was told, or has cancelled it. False when it is not there.
    pub(crate) fn remove(&mut self, id: WatchId) -> bool {
        let Some(target) = self.targets.remove(&id) else { return false };
        if let Some(fired) = self.fired.get_mut(&target) {
            fired.remove(&id);
            if fired.is_empty() {
                self.fired.remove(&target);
            }
        }
        true
    }

    /// The reason of a watch on `target` that has fired while the port was not told.
    pub(crate) fn unnotified(&self, target: &PortId) -> Option<&Reason> {
        self.fired.get(target)?.values().next()
    }

    pub(crate) fn contains(&self, id: WatchId) -> bool {
        self.targets.contains_key(&id)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Those that have not fired, with their targets.
    pub(crate) fn into_unfired(self) -> impl Iterator<Item = (WatchId, PortId)> {
        let Self { targets, fired } = self;
        let has_fired = move |id: &WatchId, target: &PortId| {
            fired.get(target).is_some_and(|fired| fired.contains_key(id))
        };
        targets.into_iter().filter(move |(id, target)| !has_fired(id, target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_cut_off_until_it_is_told_of_every_watch() {
        let (one, two) = (PortId::from("n#1"), PortId::from("n#2"));
        let mut owned = OwnedWatches::default();
        for (id, target) in [(1, &one), (2, &one), (3, &two)] {
            owned.add(WatchId(id), target.clone());
        }
        assert!(owned.unnotified(&one).is_none());
        assert!(owned.fire(WatchId(1), Reason::new("first", "")));
        assert!(owned.fire(WatchId(2), Reason::new("second", "")));
        assert!(!owned.fire(WatchId(9), Reason::normal()));
        assert_eq!(owned.unnotified(&one).map(Reason::kind), Some("first"));
        assert!(owned.unnotified(&two).is_none());
        assert!(owned.remove(WatchId(1)) && !owned.remove(WatchId(1)));
        assert_eq!(owned.unnotified(&one).map(Reason::kind), Some("second"));
        let unfired: Vec<_> = owned.into_unfired().collect();
        assert_eq!(unfired, [(WatchId(3), two)]);
    }
}
