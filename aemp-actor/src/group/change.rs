//! What happened to a group.

use super::members::Members;
use crate::id::PortId;

/// A change of a group's members.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupChange {
    /// The group.
    pub group: String,
    /// The members now, sorted.
    pub ports: Members,
    /// Those that are new.
    pub added: Vec<PortId>,
    /// Those that are gone.
    pub removed: Vec<PortId>,
}

impl GroupChange {
    pub(crate) fn first(group: &str, ports: Members) -> Self {
        Self { group: group.to_owned(), added: ports.to_vec(), ports, removed: Vec::new() }
    }

    /// Whether nobody came or went.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}
