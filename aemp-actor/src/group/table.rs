//! Who is in which group: plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::GroupChange;
use super::members::Members;
use super::pick::{Pick, Picker};
use crate::id::{NodeId, PortId};

/// The longest name of a group, in bytes.
pub(crate) const LONGEST_NAME: usize = 256;

/// The members of all groups, of this node and of the nodes that are up.
///
/// A port is registered by its own node only, so everything of a node can be taken out when it
/// goes down, and nobody else can bring it back.
///
/// 1. `registered` counts what `groups` holds, by node and group; neither holds anything empty.
/// 2. A node has `limit` registrations at the most: what others have this node remember is bounded.
/// 3. A change costs what it changes, and a little more in a group that is watched: the cost does
///    not grow with the number of members, nor with the number of groups.
#[derive(Debug)]
pub(crate) struct GroupTable {
    groups: BTreeMap<Arc<str>, Members>,
    registered: BTreeMap<NodeId, Registered>,
    limit: usize,
    /// How many monitors a group has.
    watched: BTreeMap<String, usize>,
    /// Changes of groups that are watched, and that nobody has taken yet.
    changes: Vec<GroupChange>,
    picker: Picker,
}

/// How many registrations a node has, and in which groups.
#[derive(Debug, Default)]
struct Registered {
    groups: BTreeMap<Arc<str>, usize>,
    total: usize,
}

/// Registrations of one node, by group.
pub(crate) type Registrations = BTreeMap<String, BTreeSet<PortId>>;

/// A port is not registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it is a member already")]
    Twice,
    #[error("more than {limit} registrations in groups (max_registrations)")]
    TooMany { limit: usize },
    #[error("a name of a group with more than {LONGEST_NAME} bytes")]
    LongName,
}

impl GroupTable {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            groups: BTreeMap::new(),
            registered: BTreeMap::new(),
            limit,
            watched: BTreeMap::new(),
            changes: Vec::new(),
            picker: Picker::default(),
        }
    }

    pub(crate) fn members(&self, group: &str) -> Members {
        self.groups.get(group).cloned().unwrap_or_default()
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// Their names, sorted.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        self.groups.keys().cloned().collect()
    }

    /// From now on, [`take_changes`](Self::take_changes) has the changes of the group.
    pub(crate) fn watch(&mut self, group: &str) {
        *self.watched.entry(group.to_owned()).or_default() += 1;
    }

    /// One monitor of the group less.
    pub(crate) fn unwatch(&mut self, group: &str) {
        if let Some(monitors) = self.watched.get_mut(group) {
            *monitors -= 1;
            if *monitors == 0 {
                self.watched.remove(group);
            }
        }
    }

    /// What has changed, in order, in the groups that are watched.
    pub(crate) fn take_changes(&mut self) -> impl Iterator<Item = GroupChange> + use<> {
        std::mem::take(&mut self.changes).into_iter()
    }

    /// Adds a member.
    pub(crate) fn add(&mut self, group: &str, port: PortId) -> Result<(), Refused> {
        if group.len() > LONGEST_NAME {
            return Err(Refused::LongName);
        }
        if self.groups.get(group).is_some_and(|members| members.contains(&port)) {
            return Err(Refused::Twice);
        }
        let registered = self.registered.get(port.node());
        if registered.map_or(0, |registered| registered.total) >= self.limit {
            return Err(Refused::TooMany { limit: self.limit });
        }
        let node = port.node().clone();
        self.change(&node, group, vec![port], Vec::new());
        Ok(())
    }

    /// Takes a member out; false when it was none.
    pub(crate) fn remove(&mut self, group: &str, port: &PortId) -> bool {
        let is_member = self.groups.get(group).is_some_and(|members| members.contains(port));
        if is_member {
            self.change(port.node(), group, Vec::new(), vec![port.clone()]);
        }
        is_member
    }

    /// All registrations of a node, in place of those it had.
    pub(crate) fn set(&mut self, node: &NodeId, wanted: &Registrations) -> Result<(), Refused> {
        if wanted.keys().any(|group| group.len() > LONGEST_NAME) {
            return Err(Refused::LongName);
        }
        if wanted.values().map(BTreeSet::len).sum::<usize>() > self.limit {
            return Err(Refused::TooMany { limit: self.limit });
        }
        let (none, had) = (BTreeSet::new(), self.groups_of(node));
        let had = had.iter().map(|group| &**group);
        let groups: BTreeSet<&str> = had.chain(wanted.keys().map(String::as_str)).collect();
        for group in groups {
            self.set_group(node, group, wanted.get(group).unwrap_or(&none));
        }
        Ok(())
    }

    /// A node is down: all of its ports go.
    pub(crate) fn node_down(&mut self, node: &NodeId) {
        for group in self.groups_of(node) {
            self.set_group(node, &group, &BTreeSet::new());
        }
    }

    /// The registrations of one node.
    pub(crate) fn of_node(&self, node: &NodeId) -> Registrations {
        let ports = |group: &str| self.groups.get(group).map(|ports| ports.of_node(node).cloned());
        let registered = self.groups_of(node).into_iter().filter_map(|group| {
            ports(&group).map(|ports| (group.to_string(), ports.collect::<BTreeSet<_>>()))
        });
        registered.collect()
    }

    /// Chooses a member of the group.
    pub(crate) fn pick(
        &mut self,
        group: &str,
        how: Pick,
        random: impl FnOnce(usize) -> usize,
    ) -> Option<PortId> {
        self.picker.pick(group, self.groups.get(group)?, (how, &[]), random)
    }

    /// Chooses one that is not among those which were `tried`, for a request: it counts until
    /// [`request_ended`](Self::request_ended).
    pub(crate) fn begin_request(
        &mut self,
        group: &str,
        (how, tried): (Pick, &[PortId]),
        random: impl FnOnce(usize) -> usize,
    ) -> Option<PortId> {
        let port = self.picker.pick(group, self.groups.get(group)?, (how, tried), random)?;
        self.picker.request_begun(&port);
        Some(port)
    }

    /// A request to the port was answered, or will not be.
    pub(crate) fn request_ended(&mut self, port: &PortId) {
        self.picker.request_ended(port);
    }

    /// Work given to the port failed.
    pub(crate) fn failed(&mut self, port: PortId) {
        let Self { groups, registered, picker, .. } = self;
        picker.failed(port, |port| {
            let of_node = registered.get(port.node()).map(|registered| registered.groups.keys());
            let is_in = |group: &&Arc<str>| groups.get(*group).is_some_and(|m| m.contains(port));
            of_node.map_or(0, |of_node| of_node.filter(is_in).count())
        });
    }

    fn groups_of(&self, node: &NodeId) -> Vec<Arc<str>> {
        let registered = self.registered.get(node);
        registered.map(|node| node.groups.keys().cloned().collect()).unwrap_or_default()
    }

    fn set_group(&mut self, node: &NodeId, group: &str, wanted: &BTreeSet<PortId>) {
        let had: Vec<PortId> = self
            .groups
            .get(group)
            .map(|members| members.of_node(node).cloned().collect())
            .unwrap_or_default();
        let is_new = |port: &&PortId| had.binary_search(port).is_err();
        let added: Vec<PortId> = wanted.iter().filter(is_new).cloned().collect();
        let removed = had.into_iter().filter(|port| !wanted.contains(port)).collect();
        self.change(node, group, added, removed);
    }

    /// Adds ports of a node to a group that are not in it, and takes out others that are.
    fn change(&mut self, node: &NodeId, group: &str, added: Vec<PortId>, removed: Vec<PortId>) {
        if added.is_empty() && removed.is_empty() {
            return;
        }
        let name = self.groups.get_key_value(group).map(|(name, _)| name.clone());
        let name = name.unwrap_or_else(|| group.into());
        let members = self.groups.entry(name.clone()).or_default();
        for port in &removed {
            members.remove(port);
            self.picker.left(port);
        }
        for port in &added {
            members.insert(port.clone());
            self.picker.joined(port);
        }
        if self.watched.contains_key(group) {
            let (group, ports) = (group.to_owned(), members.clone());
            let (added, removed) = (added.clone(), removed.clone());
            self.changes.push(GroupChange { group, ports, added, removed });
        }
        if members.is_empty() {
            self.groups.remove(group);
            self.picker.forget_group(group);
        }
        self.count(node, name, added.len(), removed.len());
    }

    fn count(&mut self, node: &NodeId, group: Arc<str>, added: usize, removed: usize) {
        let registered = self.registered.entry(node.clone()).or_default();
        registered.total = registered.total + added - removed;
        let of_group = registered.groups.entry(group.clone()).or_default();
        *of_group = *of_group + added - removed;
        if *of_group == 0 {
            registered.groups.remove(&group);
        }
        if registered.total == 0 {
            self.registered.remove(node);
        }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
