//! What has become of the seeds of a configuration: plain data.

use std::fmt;

use aemp_transport::Address;

use crate::id::NodeId;

/// A seed of the configuration, and what the latest attempt to reach it has found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SeedInfo {
    /// The address, as the configuration has it.
    pub address: Address,
    /// The nodes there that are connected.
    pub nodes: Vec<NodeId>,
    /// It leads to this node itself and to no other.
    pub is_self: bool,
    /// Why nobody was found there; `None` before the first attempt has ended, and when somebody was
    /// found.
    pub error: Option<SeedError>,
}

/// Why nobody was found at the address of a seed. It is tried again all the same.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct SeedError {
    pub(super) text: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    /// Somebody has to change a configuration.
    Permanent,
    /// It may pass.
    Passing,
    /// Nobody listens there now.
    Refused,
}

impl SeedError {
    /// Whether trying again can help only after somebody has changed a configuration: another secret
    /// or certificate, no method or framing in common.
    pub fn is_permanent(&self) -> bool {
        self.kind == Kind::Permanent
    }

    /// Whether the connection was refused: nobody listens there now.
    pub fn is_refused(&self) -> bool {
        self.kind == Kind::Refused
    }
}

/// Why a node has not joined the network: what is wrong with each of its seeds.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("no seed can be joined: {}", Problems(seeds))]
#[non_exhaustive]
pub struct JoinError {
    /// The seeds, each with its error.
    pub seeds: Vec<SeedInfo>,
}

impl JoinError {
    /// Whether none of the seeds can be joined before somebody has changed a configuration.
    pub fn is_permanent(&self) -> bool {
        self.errors().all(SeedError::is_permanent)
    }

    /// Whether each of the seeds refuses the connection now, or cannot be joined before somebody has
    /// changed a configuration.
    pub fn is_refused(&self) -> bool {
        self.errors().all(|error| error.kind != Kind::Passing)
    }

    fn errors(&self) -> impl Iterator<Item = &SeedError> {
        self.seeds.iter().filter_map(|seed| seed.error.as_ref())
    }
}

/// The errors of seeds, one after the other.
struct Problems<'a>(&'a [SeedInfo]);

impl fmt::Display for Problems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().filter_map(|seed| seed.error.as_ref()).enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// The seeds of a node, in the order of its configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seeds(Vec<SeedInfo>);

impl Seeds {
    pub(super) fn new(addresses: Vec<Address>) -> Self {
        let untried =
            |address| SeedInfo { address, nodes: Vec::new(), is_self: false, error: None };
        Self(addresses.into_iter().map(untried).collect())
    }

    pub(crate) fn all(&self) -> &[SeedInfo] {
        &self.0
    }

    /// What an attempt has found; false when that is no news.
    pub(super) fn tried(&mut self, found: SeedInfo) -> bool {
        let seeds = self.0.iter_mut().filter(|seed| seed.address == found.address);
        let changed = seeds.filter(|seed| **seed != found).map(|seed| *seed = found.clone());
        changed.count() > 0
    }

    /// Those that do not lead to this node itself, if all of them have an error.
    fn errors(&self) -> Option<impl Iterator<Item = &SeedError>> {
        let others = || self.0.iter().filter(|seed| !seed.is_self);
        let failed = others().next().is_some() && others().all(|seed| seed.error.is_some());
        failed.then(|| others().filter_map(|seed| seed.error.as_ref()))
    }

    /// Nobody was found at any of them.
    pub(crate) fn have_failed(&self) -> bool {
        self.errors().is_some()
    }

    /// Nobody will be, before somebody has changed a configuration.
    pub(crate) fn are_hopeless(&self) -> bool {
        self.errors().is_some_and(|mut errors| errors.all(SeedError::is_permanent))
    }

    /// What is wrong with them, as one text; none where nothing is.
    pub(crate) fn problems(&self) -> String {
        Problems(&self.0).to_string()
    }

    pub(crate) fn join_error(&self) -> JoinError {
        JoinError { seeds: self.0.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(address: &str, error: Option<Kind>) -> SeedInfo {
        let address: Address = address.parse().unwrap();
        let error = error.map(|kind| SeedError { text: format!("{kind:?}"), kind });
        SeedInfo { address, nodes: Vec::new(), is_self: false, error }
    }

    fn seeds() -> Seeds {
        Seeds::new(["a:1", "b:1"].map(|address| address.parse().unwrap()).into())
    }

    #[test]
    fn all_have_to_fail() {
        let mut seeds = seeds();
        assert!(!seeds.have_failed() && !Seeds::default().have_failed());
        assert!(seeds.tried(info("a:1", Some(Kind::Permanent))));
        assert!(!seeds.tried(info("a:1", Some(Kind::Permanent))), "no news");
        assert!(!seeds.have_failed() && !seeds.are_hopeless());
        assert!(seeds.tried(info("b:1", Some(Kind::Passing))));
        assert!(seeds.have_failed() && !seeds.are_hopeless());
        assert_eq!(seeds.problems(), "Permanent; Passing");
        assert!(!seeds.join_error().is_permanent());
        assert!(seeds.tried(info("b:1", Some(Kind::Permanent))));
        assert!(seeds.are_hopeless() && seeds.join_error().is_permanent());
        assert!(seeds.tried(info("b:1", None)));
        assert!(!seeds.have_failed());
    }

    #[test]
    fn the_node_itself_is_nobody_to_join() {
        let mut seeds = seeds();
        let own = SeedInfo { is_self: true, ..info("a:1", None) };
        assert!(seeds.tried(own.clone()) && !seeds.have_failed());
        assert!(seeds.tried(info("b:1", Some(Kind::Refused))));
        assert!(seeds.have_failed() && !seeds.are_hopeless());
        assert!(seeds.tried(SeedInfo { is_self: true, ..info("b:1", None) }));
        assert!(!seeds.have_failed(), "there is nobody else");
    }
}
