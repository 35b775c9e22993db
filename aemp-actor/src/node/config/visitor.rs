//! What programs that look at a network need of the settings that others made.

use crate::node::Config;

impl Config {
    /// Makes these the settings of a node that comes to look, and soon goes: it gets an ID of its own,
    /// listens nowhere, runs no services, and leaves other visitors alone until something is wanted of
    /// them. Without seeds it joins at what would have been its binds.
    #[must_use]
    pub fn visitor(mut self) -> Self {
        if self.seeds.is_empty() && !self.binds_by_default {
            self.seeds = self.binds.iter().filter_map(|bind| dialable(bind)).collect();
        }
        self.nodeid = None;
        self.binds.clear();
        self.announce.clear();
        self.binds_by_default = false;
        self.services.clear();
        self.visitor = true;
        self
    }

    /// The seeds so far, as they were given.
    #[must_use]
    pub fn seeds_so_far(&self) -> &[String] {
        &self.seeds
    }

    /// Whether the node would listen only because nobody has named any binds: so it is with a
    /// [profile](Self::profile).
    #[must_use]
    pub fn listens_by_default(&self) -> bool {
        self.binds_by_default
    }
}

/// Where to dial a listener of this machine; one on a free port cannot be.
fn dialable(bind: &str) -> Option<String> {
    let (host, port) = bind.rsplit_once(':')?;
    let host = host.replace('*', "127.0.0.1");
    (!matches!(port, "*" | "0")).then(|| format!("{host}:{port}"))
}
