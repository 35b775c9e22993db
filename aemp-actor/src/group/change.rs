//! What happened to a group.

use crate::id::PortId;

/// A change of a group's members.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupChange {
    /// The group.
    pub group: String,
    /// The members now, sorted.
    pub ports: Vec<PortId>,
    /// Those that are new.
    pub added: Vec<PortId>,
    /// Those that are gone.
    pub removed: Vec<PortId>,
}

impl GroupChange {
    pub(crate) fn first(group: &str, ports: Vec<PortId>) -> Self {
        Self { group: group.to_owned(), added: ports.clone(), ports, removed: Vec::new() }
    }

    /// This change with a later one of the same group put into one: who came and went between
    /// is in neither list.
    pub(crate) fn merged(mut self, later: &Self) -> Self {
        for gone in &later.removed {
            match self.added.iter().position(|port| port == gone) {
                Some(index) => drop(self.added.remove(index)),
                None => self.removed.push(gone.clone()),
            }
        }
        for new in &later.added {
            match self.removed.iter().position(|port| port == new) {
                Some(index) => drop(self.removed.remove(index)),
                None => self.added.push(new.clone()),
            }
        }
        self.ports.clone_from(&later.ports);
        self
    }

    /// Whether nobody came or went.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}
