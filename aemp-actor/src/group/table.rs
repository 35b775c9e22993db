//! Who is in which group: plain data.

use std::collections::{BTreeMap, BTreeSet};

use super::change::GroupChange;
use crate::id::{NodeId, PortId};

/// The members of all groups, of this node and of the nodes that are up.
///
/// A port is registered by its own node only, so everything of a node can be taken out when it
/// goes down, and nobody else can bring it back.
#[derive(Debug, Default)]
pub(crate) struct GroupTable {
    groups: BTreeMap<String, BTreeSet<PortId>>,
}

impl GroupTable {
    pub(crate) fn members(&self, group: &str) -> Vec<PortId> {
        self.groups.get(group).map(|ports| ports.iter().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.groups.keys().cloned().collect()
    }

    /// Adds a member; `None` when it was one already.
    pub(crate) fn add(&mut self, group: &str, port: PortId) -> Option<GroupChange> {
        let ports = self.groups.entry(group.to_owned()).or_default();
        ports.insert(port.clone()).then(|| self.change(group, vec![port], Vec::new()))
    }

    /// Takes a member out; `None` when it was none.
    pub(crate) fn remove(&mut self, group: &str, port: &PortId) -> Option<GroupChange> {
        let ports = self.groups.get_mut(group)?;
        if !ports.remove(port) {
            return None;
        }
        if ports.is_empty() {
            self.groups.remove(group);
        }
        Some(self.change(group, Vec::new(), vec![port.clone()]))
    }

    /// All registrations of a node, in place of those it had.
    pub(crate) fn set(
        &mut self,
        node: &NodeId,
        registered: &BTreeMap<String, BTreeSet<PortId>>,
    ) -> Vec<GroupChange> {
        let mut names: BTreeSet<String> = self.groups_of(node);
        names.extend(registered.keys().cloned());
        names
            .iter()
            .filter_map(|group| self.set_group(node, group, registered.get(group)))
            .collect()
    }

    /// A node is down: all of its ports go.
    pub(crate) fn node_down(&mut self, node: &NodeId) -> Vec<GroupChange> {
        self.set(node, &BTreeMap::new())
    }

    /// The registrations of one node.
    pub(crate) fn of_node(&self, node: &NodeId) -> BTreeMap<String, BTreeSet<PortId>> {
        let of_node = |ports: &BTreeSet<PortId>| -> BTreeSet<PortId> {
            ports.iter().filter(|port| port.node() == node).cloned().collect()
        };
        let groups = self.groups.iter().map(|(group, ports)| (group.clone(), of_node(ports)));
        groups.filter(|(_, ports)| !ports.is_empty()).collect()
    }

    fn groups_of(&self, node: &NodeId) -> BTreeSet<String> {
        self.of_node(node).into_keys().collect()
    }

    fn set_group(
        &mut self,
        node: &NodeId,
        group: &str,
        wanted: Option<&BTreeSet<PortId>>,
    ) -> Option<GroupChange> {
        let none = BTreeSet::new();
        let wanted = wanted.unwrap_or(&none);
        let ports = self.groups.entry(group.to_owned()).or_default();
        let had: BTreeSet<PortId> =
            ports.iter().filter(|port| port.node() == node).cloned().collect();
        let added: Vec<PortId> = wanted.difference(&had).cloned().collect();
        let removed: Vec<PortId> = had.difference(wanted).cloned().collect();
        ports.retain(|port| !removed.contains(port));
        ports.extend(added.iter().cloned());
        if ports.is_empty() {
            self.groups.remove(group);
        }
        let changed = !(added.is_empty() && removed.is_empty());
        changed.then(|| self.change(group, added, removed))
    }

    fn change(&self, group: &str, added: Vec<PortId>, removed: Vec<PortId>) -> GroupChange {
        GroupChange { group: group.to_owned(), ports: self.members(group), added, removed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(entries: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<PortId>> {
        let ports = |ids: &[&str]| ids.iter().map(|id| PortId::from(*id)).collect();
        entries.iter().map(|(group, ids)| ((*group).to_owned(), ports(ids))).collect()
    }

    #[test]
    fn a_change_is_told_once() {
        let mut table = GroupTable::default();
        let port = PortId::from("a#1");
        let change = table.add("g", port.clone()).unwrap();
        assert_eq!((change.ports.len(), change.added.len(), change.removed.len()), (1, 1, 0));
        assert_eq!(table.add("g", port.clone()), None);
        let change = table.remove("g", &port).unwrap();
        assert_eq!((change.ports.len(), change.added.len(), change.removed.len()), (0, 0, 1));
        assert_eq!(table.remove("g", &port), None);
        assert!(table.names().is_empty(), "an empty group leaves nothing behind");
    }

    #[test]
    fn a_node_that_goes_takes_its_own_ports_only() {
        let mut table = GroupTable::default();
        table.set(&"a".into(), &registered(&[("g", &["a#1", "a#2"]), ("h", &["a"])]));
        table.set(&"b".into(), &registered(&[("g", &["b#1"])]));
        let changes = table.node_down(&"a".into());
        assert_eq!(changes.len(), 2);
        assert_eq!(table.members("g"), [PortId::from("b#1")]);
        assert!(table.members("h").is_empty());
        assert!(table.node_down(&"a".into()).is_empty());
    }

    #[test]
    fn a_second_set_replaces_the_first() {
        let mut table = GroupTable::default();
        table.set(&"a".into(), &registered(&[("g", &["a#1", "a#2"])]));
        let changes = table.set(&"a".into(), &registered(&[("g", &["a#2", "a#3"])]));
        assert_eq!(changes[0].added, [PortId::from("a#3")]);
        assert_eq!(changes[0].removed, [PortId::from("a#1")]);
        assert_eq!(table.of_node(&"a".into()), registered(&[("g", &["a#2", "a#3"])]));
    }

    #[test]
    fn merged_changes_are_the_net_effect() {
        let mut table = GroupTable::default();
        let one = table.add("g", "a#1".into()).unwrap();
        let two = table.add("g", "a#2".into()).unwrap();
        let three = table.remove("g", &"a#1".into()).unwrap();
        let merged = one.merged(&two).merged(&three);
        assert_eq!((merged.added, merged.removed), (vec!["a#2".into()], vec![]));
        assert_eq!(merged.ports, [PortId::from("a#2")]);
    }
}
