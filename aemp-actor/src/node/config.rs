//! How a node is set up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Address, AddressError, AuthMethod, Limits, Secret, Tcp, Transport};

use super::Chance;
use super::chance::System;
use crate::id::{NodeId, ParseNodeIdError};
use crate::port::PortOptions;

/// The settings of a node, for [`Node::configure`](crate::Node::configure).
///
/// Texts are checked by `configure`, which names the setting that is wrong.
#[derive(Clone)]
pub struct Config {
    pub(crate) nodeid: Option<String>,
    pub(crate) binds: Vec<String>,
    pub(crate) seeds: Vec<String>,
    pub(crate) nodes: Vec<(String, String)>,
    pub(crate) secret: Option<Secret>,
    pub(crate) monitor_timeout: Duration,
    pub(crate) connect_interval: Duration,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) accept_cleartext: bool,
    pub(crate) auth_offer: Vec<AuthMethod>,
    pub(crate) transports: Vec<Arc<dyn Transport>>,
    pub(crate) limits: Limits,
    pub(crate) max_queue: usize,
    pub(crate) max_handshakes: usize,
    pub(crate) max_handshakes_per_address: usize,
    pub(crate) max_spawned: usize,
    pub(crate) max_monitors: usize,
    pub(crate) port_options: PortOptions,
    /// What the node leaves to chance: the system's, or a simulation's.
    pub(crate) chance: Arc<dyn Chance>,
}

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
    /// Outside a tokio runtime.
    #[error("a node must be made inside a tokio runtime")]
    NoRuntime,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            nodeid: None,
            binds: Vec::new(),
            seeds: Vec::new(),
            nodes: Vec::new(),
            secret: None,
            monitor_timeout: Duration::from_secs(30),
            connect_interval: Duration::from_secs(2),
            connect_timeout: None,
            accept_cleartext: true,
            auth_offer: vec![AuthMethod::HmacSha3_512, AuthMethod::HmacMd6_64_256],
            transports: vec![Arc::new(Tcp)],
            limits: Limits::default(),
            max_queue: 64 << 20,
            max_handshakes: 256,
            max_handshakes_per_address: 64,
            max_spawned: 100_000,
            max_monitors: 1_000_000,
            port_options: PortOptions::default(),
            chance: Arc::new(System),
        }
    }
}

impl Config {
    /// The defaults: an anonymous node that listens nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// The node's ID; without one it draws `anon/RANDOM`.
    #[must_use]
    pub fn nodeid(mut self, id: impl Into<String>) -> Self {
        self.nodeid = Some(id.into());
        self
    }

    /// Listen on this address, `HOST:PORT`; port 0 or `*` takes a free one, host `*` all of the
    /// machine's addresses. May be given several times.
    #[must_use]
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.binds.push(address.into());
        self
    }

    /// Keep connected to the node at this address, `HOST:PORT`. May be given several times.
    #[must_use]
    pub fn seed(mut self, address: impl Into<String>) -> Self {
        self.seeds.push(address.into());
        self
    }

    /// Several seeds.
    #[must_use]
    pub fn seeds<S: Into<String>>(mut self, addresses: impl IntoIterator<Item = S>) -> Self {
        self.seeds.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Where to dial the node of this ID when something is sent to it.
    #[must_use]
    pub fn node(mut self, id: impl Into<String>, address: impl Into<String>) -> Self {
        self.nodes.push((id.into(), address.into()));
        self
    }

    /// The secret that all nodes of the network share.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// How long a silent node counts as alive, and the bound of a handshake. Default 30 s, at
    /// least 1 s.
    #[must_use]
    pub fn monitor_timeout(mut self, timeout: Duration) -> Self {
        self.monitor_timeout = timeout.max(Duration::from_secs(1));
        self
    }

    /// The longest pause between two attempts to reach a node. Default 2 s.
    #[must_use]
    pub fn connect_interval(mut self, interval: Duration) -> Self {
        self.connect_interval = interval;
        self
    }

    /// How long messages wait for a connection to be made before they count as lost and monitors
    /// fire. Default: the monitor timeout.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Whether a peer may prove that it knows the secret by sending it in clear text, as small
    /// scripts do. Default: yes, as in the reference.
    #[must_use]
    pub fn accept_cleartext(mut self, accept: bool) -> Self {
        self.accept_cleartext = accept;
        self
    }

    /// The authentication methods this node is willing to send, best first.
    #[must_use]
    pub fn auth_offer(mut self, methods: impl IntoIterator<Item = AuthMethod>) -> Self {
        self.auth_offer = methods.into_iter().collect();
        self
    }

    /// Adds a transport beside TCP; one of the same scheme is replaced.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transports.retain(|other| other.scheme() != transport.scheme());
        self.transports.push(Arc::new(transport));
        self
    }

    /// The largest packet, and the deepest nesting, that is accepted.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Octets that may wait to be sent to one other node (default 64 MiB); more closes the
    /// connection, and monitors fire with `overflow`.
    #[must_use]
    pub fn max_queue(mut self, octets: usize) -> Self {
        self.max_queue = octets;
        self
    }

    /// Handshakes that each listener runs at the same time. Default 256; more wait to be
    /// accepted.
    #[must_use]
    pub fn max_handshakes(mut self, handshakes: usize) -> Self {
        self.max_handshakes = handshakes.max(1);
        self
    }

    /// Handshakes with one address that each listener runs at the same time. Default 64; one more
    /// is refused.
    #[must_use]
    pub fn max_handshakes_per_address(mut self, handshakes: usize) -> Self {
        self.max_handshakes_per_address = handshakes.max(1);
        self
    }

    /// Ports spawned by one other node that may live here at the same time. Default 100,000; one
    /// more dies at once with `overflow`.
    #[must_use]
    pub fn max_spawned(mut self, ports: usize) -> Self {
        self.max_spawned = ports;
        self
    }

    /// Ports here that one other node may monitor at the same time. Default 1,000,000; one more
    /// closes the connection.
    #[must_use]
    pub fn max_monitors(mut self, ports: usize) -> Self {
        self.max_monitors = ports;
        self
    }

    /// Bounds of mailboxes that have none of their own.
    #[must_use]
    pub fn port_options(mut self, options: PortOptions) -> Self {
        self.port_options = options;
        self
    }

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

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("nodeid", &self.nodeid)
            .field("binds", &self.binds)
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}
