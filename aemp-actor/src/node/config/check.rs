//! Checking them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use aemp_transport::{Address, AddressError, CertificateError};

use super::Config;
use super::nodeid::{expand, host_name};
use super::security::Loaded;
use crate::id::{NodeId, ParseNodeIdError};

/// How long a handshake may take: some dozens of round trips of 300 ms, or a few and the repetition
/// of what was lost.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A setting that is wrong, or a listener that could not be made.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The node ID has illegal characters.
    #[error("nodeid: {0}")]
    NodeId(#[from] ParseNodeIdError),
    /// There are binds or seeds, but neither a secret nor a certificate, or an empty secret.
    #[error(
        "secret: a node with binds or seeds needs the network's secret, which is not empty (set \
         Config::secret), or a certificate (Config::certificates)"
    )]
    NoSecret,
    /// The file with the secret cannot be read.
    #[error("secret_file: cannot read {}: {error}", .path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("{setting}: {error}")]
    Certificates {
        /// The setting.
        setting: &'static str,
        /// What is wrong with them.
        error: CertificateError,
    },
    /// An address cannot be read.
    #[error("{setting}: {error}")]
    Address {
        /// The setting.
        setting: &'static str,
        /// What is wrong with its text.
        error: AddressError,
    },
    /// An address of a node to dial that can only be listened on.
    #[error("{setting}: nobody can dial {address}: write HOST:PORT, as that node's binds have it")]
    NotDialable {
        /// The setting.
        setting: &'static str,
        /// The address.
        address: Address,
    },
    /// An address to announce that others cannot dial.
    #[error("announce: others cannot dial {address}: write HOST:PORT, one host and one port")]
    NotAnnounceable {
        /// The address.
        address: Address,
    },
    /// There are addresses to announce, and no binds.
    #[error("announce: this node listens nowhere: set Config::bind, too")]
    NothingToAnnounce,
    /// No transport of the configuration knows this kind of address.
    #[error("{setting}: no transport for {address}: none is named {scheme:?}{}", remedy(.scheme))]
    NoTransport {
        /// The setting.
        setting: &'static str,
        /// The address.
        address: Address,
        /// The kind of transport it wants.
        scheme: String,
    },
    /// A transport that is preferred is none of the configuration's.
    #[error("prefer: no transport is named {scheme:?}{}", remedy(.scheme))]
    Preferred {
        /// The kind of transport.
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
        "services: this program has no function {name:?}; {}, or remove the service",
        instead(name)
    )]
    NoService {
        /// The function.
        name: String,
    },
    /// Outside a tokio runtime.
    #[error("a node must be made inside a tokio runtime")]
    NoRuntime,
}

/// What to do about a transport that is missing.
fn remedy(scheme: &str) -> &'static str {
    match scheme {
        "quic" => "; set Config::quic (feature quic)",
        _ => "; add one with Config::transport",
    }
}

/// What to do about a function that is missing.
fn instead(name: &str) -> String {
    match name.strip_suffix("::") {
        Some(module) => format!(
            "a name that ends in :: makes the Perl implementation load a module: name one of its \
             functions, as {module}::run"
        ),
        None => format!(
            "mark an init function with #[init({name:?})], give another one to Config::register"
        ),
    }
}

impl Config {
    /// Whether [`Node::configure`](crate::Node::configure) takes these settings; files are read, and
    /// nothing is opened.
    ///
    /// # Errors
    /// What it would say.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check().map(drop)
    }

    /// Checks and resolves the texts.
    pub(crate) fn check(&self) -> Result<Checked, ConfigError> {
        let nodeid = match &self.nodeid {
            Some(text) => expand(text, &host_name(), &*self.environment).parse()?,
            None => NodeId::anonymous(),
        };
        let mut nodes: HashMap<NodeId, Vec<Address>> = HashMap::new();
        for (id, text) in &self.nodes {
            let address = self.address("node", text)?;
            if address.is_any_host() || address.is_any_port() {
                return Err(ConfigError::NotDialable { setting: "node", address });
            }
            nodes.entry(id.parse()?).or_default().push(address);
        }
        let mut preferred = self.preferred.iter().flatten();
        if let Some(scheme) = preferred.find(|name| self.transport_named(name).is_none()) {
            return Err(ConfigError::Preferred { scheme: scheme.clone() });
        }
        let binds = self.addresses("bind", &self.binds)?;
        let announce = self.addresses("announce", &self.announce)?;
        if let Some(address) = announce.iter().find(|address| !is_announceable(address)) {
            return Err(ConfigError::NotAnnounceable { address: address.clone() });
        }
        if binds.is_empty() && !announce.is_empty() {
            return Err(ConfigError::NothingToAnnounce);
        }
        let seeds = self.addresses("seed", &self.seeds)?;
        if let Some(address) = seeds.iter().find(|seed| seed.is_any_port()) {
            return Err(ConfigError::NotDialable { setting: "seed", address: address.clone() });
        }
        let networked = !(binds.is_empty() && seeds.is_empty() && nodes.is_empty());
        let security = self.security.load(networked)?;
        Ok(Checked { nodeid, binds, announce, seeds, nodes, networked, security })
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

    pub(crate) fn handshake_timeout_or_default(&self) -> Duration {
        self.handshake_timeout.unwrap_or_else(|| HANDSHAKE_TIMEOUT.min(self.monitor_timeout))
    }

    pub(crate) fn connect_timeout_or_default(&self) -> Duration {
        self.connect_timeout.unwrap_or(self.monitor_timeout)
    }
}

/// Whether others can dial the address, as far as can be seen: it names one host and one port.
pub(crate) fn is_announceable(address: &Address) -> bool {
    !(address.is_any_host() || address.is_unspecified() || address.is_any_port())
}

/// The texts of a configuration, read.
pub(crate) struct Checked {
    pub(crate) nodeid: NodeId,
    pub(crate) binds: Vec<Address>,
    pub(crate) announce: Vec<Address>,
    pub(crate) seeds: Vec<Address>,
    pub(crate) nodes: HashMap<NodeId, Vec<Address>>,
    /// There is anybody to talk to.
    pub(crate) networked: bool,
    pub(crate) security: Loaded,
}
