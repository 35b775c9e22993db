//! Questions about many things, answered a page at a time.

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::facts::{GroupInfo, PortInfo};

/// Entries of a page if nobody says otherwise, and at the most.
const USUAL: usize = 100;
const MOST: usize = 10_000;

/// Which ports of a node are wanted. The default: the first hundred, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PortQuery {
    pattern: Option<String>,
    order: PortOrder,
    limit: usize,
    after: Option<String>,
}

/// In which order ports are given.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PortOrder {
    /// By name, so that one page follows another.
    #[default]
    Name,
    /// Those with the most waiting messages first.
    Waiting,
    /// Those with the most waiting bytes first.
    #[serde(rename = "octets")]
    Bytes,
    /// Those that have handled the most messages first.
    Handled,
}

impl Default for PortQuery {
    fn default() -> Self {
        Self { pattern: None, order: PortOrder::Name, limit: USUAL, after: None }
    }
}

impl PortQuery {
    /// The first hundred ports, by name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only ports whose name or kind matches, where `*` stands for any characters and `?` for one.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// In this order. Only in the order of names can a page be followed by another.
    #[must_use]
    pub fn order(mut self, order: PortOrder) -> Self {
        self.order = order;
        self
    }

    /// So many at the most; 10,000 is the bound.
    #[must_use]
    pub fn limit(mut self, ports: usize) -> Self {
        self.limit = ports;
        self
    }

    /// Those whose names come after this one: the [`next`](PortPage::next) of the page before.
    #[must_use]
    pub fn after(mut self, name: impl Into<String>) -> Self {
        self.after = Some(name.into());
        self
    }

    pub(super) fn by(&self) -> PortOrder {
        self.order
    }

    /// How many are given.
    pub(super) fn most(&self) -> usize {
        self.limit.clamp(1, MOST)
    }

    /// Whether a port of that name may come on this page.
    pub(super) fn is_after(&self, name: &str) -> bool {
        self.after.as_ref().is_none_or(|after| name > after.as_str())
    }

    pub(super) fn filter(&self) -> Filter {
        Filter(self.pattern.as_deref().map(WildMatch::new))
    }
}

/// Ports of a node.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PortPage {
    /// How many ports the node has.
    pub total: u64,
    /// The ports asked for, in the order asked for.
    pub ports: Vec<PortInfo>,
    /// How many more the pattern matches that would come behind these.
    #[serde(default)]
    pub more: u64,
    /// Where the next page begins, in the order of names: they come [`after`](PortQuery::after) this.
    #[serde(default)]
    pub next: Option<String>,
}

/// Which groups are wanted. The default: the first hundred, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupQuery {
    pattern: Option<String>,
    limit: usize,
    after: Option<String>,
}

impl Default for GroupQuery {
    fn default() -> Self {
        Self { pattern: None, limit: USUAL, after: None }
    }
}

impl GroupQuery {
    /// The first hundred groups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only groups whose name matches, where `*` stands for any characters and `?` for one.
    #[must_use]
    pub fn pattern(mut self, pattern: impl Into<String>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// So many at the most; 10,000 is the bound.
    #[must_use]
    pub fn limit(mut self, groups: usize) -> Self {
        self.limit = groups;
        self
    }

    /// Those whose names come after this one: the [`next`](GroupPage::next) of the page before.
    #[must_use]
    pub fn after(mut self, name: impl Into<String>) -> Self {
        self.after = Some(name.into());
        self
    }

    pub(super) fn most(&self) -> usize {
        self.limit.clamp(1, MOST)
    }

    /// Whether a group of that name may come on this page.
    pub(super) fn takes(&self, filter: &Filter, name: &str) -> bool {
        self.after.as_ref().is_none_or(|after| name > after.as_str()) && filter.takes(name)
    }

    pub(super) fn filter(&self) -> Filter {
        Filter(self.pattern.as_deref().map(WildMatch::new))
    }
}

/// Groups as a node knows them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupPage {
    /// How many groups the node knows of.
    pub total: u64,
    /// The groups asked for, by name.
    pub groups: Vec<GroupInfo>,
    /// How many more the pattern matches that would come behind these.
    #[serde(default)]
    pub more: u64,
    /// Where the next page begins: they come [`after`](GroupQuery::after) this.
    #[serde(default)]
    pub next: Option<String>,
}

/// A pattern, or none.
pub(super) struct Filter(Option<WildMatch>);

impl Filter {
    pub(super) fn takes(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|pattern| pattern.matches(text))
    }
}
