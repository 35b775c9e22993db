//! Checking them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Address, AddressError, Secret, Transport};

use super::Config;
use crate::id::{NodeId, ParseNodeIdError};

/// A setting that is wrong, or a listener that could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The node ID has illegal characters.
    #[error("nodeid: {0}")]
    NodeId(#[from] ParseNodeIdError),
    /// There are binds or seeds, but no secret (or an empty one).
    #[error("secret: a node with binds or seeds needs the network's secret; set Config::secret")]
    NoSecret,
    /// An address cannot be read.
    #[error("{setting}: {error}")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What is wrong with its text.
        error: AddressError,
    },
    /// No transport of the configuration knows this kind of address.
    #[error("{setting}: no transport for {address}: none is named {scheme:?}")]
    NoTransport {
        /// The setting.
        setting: &'static str,
        /// The address.
        address: Address,
        /// The kind of transport it wants.
        scheme: String,
    },
    /// A listener cannot be made.
    #[error("bind: cannot listen on {address}: {error}")]
    Bind {
        /// The address.
        address: Address,
        /// What the system said.
        error: std::io::Error,
    },
    /// A service names a function that is not in this program.
    #[error(
        "services: this program has no init function {name:?}; mark it with #[init({name:?})], or \
         remove the service"
    )]
    NoService {
        /// The function.
        name: String,
    },
    /// Outside a tokio runtime.
    #[error("a node must be made inside a tokio runtime")]
    NoRuntime,
}

impl Config {
    /// Checks and resolves the texts.
    pub(crate) fn check(&self) -> Result<Checked, ConfigError> {
        let nodeid = match &self.nodeid {
            Some(text) => text.parse()?,
            None => NodeId::anonymous(),
        };
        let mut nodes: HashMap<NodeId, Vec<Address>> = HashMap::new();
        for (id, text) in &self.nodes {
            nodes.entry(id.parse()?).or_default().push(self.address("node", text)?);
        }
        let binds = self.addresses("bind", &self.binds)?;
        let seeds = self.addresses("seed", &self.seeds)?;
        let networked = !(binds.is_empty() && seeds.is_empty() && nodes.is_empty());
        let secret = self.secret.clone().unwrap_or_else(|| Secret::from(""));
        if networked && secret.is_empty() {
            return Err(ConfigError::NoSecret);
        }
        Ok(Checked { nodeid, binds, seeds, nodes, secret })
    }

    fn addresses(
        &self,
        setting: &'static str,
        texts: &[String],
    ) -> Result<Vec<Address>, ConfigError> {
        texts.iter().map(|text| self.address(setting, text)).collect()
    }

    fn address(&self, setting: &'static str, text: &str) -> Result<Address, ConfigError> {
        let address: Address =
            text.parse().map_err(|error| ConfigError::Address { setting, error })?;
        match self.transport_for(&address) {
            Some(_) => Ok(address),
            None => {
                let scheme = address.scheme().name().to_owned();
                Err(ConfigError::NoTransport { setting, address, scheme })
            }
        }
    }

    pub(crate) fn transport_for(&self, address: &Address) -> Option<&Arc<dyn Transport>> {
        self.transports.iter().find(|transport| transport.scheme() == address.scheme().name())
    }

    pub(crate) fn connect_timeout_or_default(&self) -> Duration {
        self.connect_timeout.unwrap_or(self.monitor_timeout)
    }
}

/// The texts of a configuration, read.
pub(crate) struct Checked {
    pub(crate) nodeid: NodeId,
    pub(crate) binds: Vec<Address>,
    pub(crate) seeds: Vec<Address>,
    pub(crate) nodes: HashMap<NodeId, Vec<Address>>,
    pub(crate) secret: Secret,
}
