//! The settings and their defaults.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Framing, Limits, Reach, Tcp, Transport};

use super::limits::NodeLimits;
use super::security::Security;
use super::service::Service;
use super::transports::Later;
use crate::node::environment::System;
use crate::node::functions::Callback;
use crate::node::{Access, Environment};
use crate::port::PortOptions;

/// The settings of a node, for [`Node::configure`](crate::Node::configure).
///
/// Texts are checked by `configure`, which names the setting that is wrong.
///
/// ```no_run
/// use std::time::Duration;
/// use aemp_actor::{Config, Node};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = std::fs::read_to_string("/run/secrets/aemp")?;
/// let config = Config::new()
///     .nodeid("worker-7")
///     .bind("*:4040") // all addresses of this machine
///     .seed("alpha.example.org:4040") // tells of all other nodes
///     .secret(secret.trim()) // the same on all nodes; encrypts, too
///     .monitor_timeout(Duration::from_secs(10));
/// let node = Node::configure(config).await?;
///
/// // Or from the profile `worker` of the configuration file, with these as defaults:
/// let node = Node::configure(Config::new().nodeid("worker-7").profile("worker")?).await?;
/// # drop(node);
/// # Ok(())
/// # }
/// ```
///
/// # Methods
///
/// Ten do for most programs: [`nodeid`](Self::nodeid), [`bind`](Self::bind), [`seed`](Self::seed), [`seeds`](Self::seeds), [`secret`](Self::secret), [`profile`](Self::profile), [`monitor_timeout`](Self::monitor_timeout), `quic`, [`port_options`](Self::port_options), [`access`](Self::access). All, by what they are for:
///
/// | | |
/// |---|---|
/// | who and where | [`nodeid`](Self::nodeid), [`bind`](Self::bind), [`announce`](Self::announce), [`seed`](Self::seed), [`seeds`](Self::seeds), [`node`](Self::node), [`relay`](Self::relay), [`visitor`](Self::visitor) |
/// | from outside of the program | [`profile`](Self::profile), [`default_profile`](Self::default_profile), [`profile_of`](Self::profile_of), [`with_profile`](Self::with_profile), [`validate`](Self::validate) |
/// | who may connect | [`secret`](Self::secret), [`secrets`](Self::secrets), [`certificates`](Self::certificates), [`certificate_file`](Self::certificate_file), [`certificate_files`](Self::certificate_files), [`require`](Self::require), [`plain_peers`](Self::plain_peers), [`anonymous_peers`](Self::anonymous_peers), [`check_node_id`](Self::check_node_id), [`accept_cleartext`](Self::accept_cleartext), [`stls`](Self::stls), [`auth_accept`](Self::auth_accept), [`auth_offer`](Self::auth_offer), [`access`](Self::access), [`taps`](Self::taps) |
/// | times | [`monitor_timeout`](Self::monitor_timeout), [`connect_timeout`](Self::connect_timeout), [`connect_interval`](Self::connect_interval), [`handshake_timeout`](Self::handshake_timeout) |
/// | transports | [`transport`](Self::transport), [`prefer`](Self::prefer), [`framings`](Self::framings), `quic` (feature `quic`) |
/// | limits | [`limits`](Self::limits), [`port_options`](Self::port_options), [`max_queue`](Self::max_queue), [`max_handshakes`](Self::max_handshakes), [`max_handshakes_per_address`](Self::max_handshakes_per_address), [`max_spawned`](Self::max_spawned), [`max_monitors`](Self::max_monitors), [`max_registrations`](Self::max_registrations), [`max_data_connections`](Self::max_data_connections) |
/// | what it runs | [`service`](Self::service), [`register`](Self::register) |
#[derive(Clone)]
pub struct Config {
    pub(crate) nodeid: Option<String>,
    pub(crate) binds: Vec<String>,
    /// Nobody has named any: a profile's node listens all the same.
    pub(crate) binds_by_default: bool,
    /// What others are told in place of the binds, unless it is empty.
    pub(crate) announce: Vec<String>,
    pub(crate) seeds: Vec<String>,
    pub(crate) nodes: Vec<(String, String)>,
    pub(crate) security: Security,
    pub(crate) monitor_timeout: Duration,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) connect_interval: Duration,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) framings: Vec<Framing>,
    pub(crate) transports: Vec<Arc<dyn Transport>>,
    /// Transports that are made when the node is set up.
    pub(crate) later: Vec<Later>,
    /// The names of the transports to try first; `None` is the default.
    pub(crate) preferred: Option<Vec<String>>,
    /// Of packets.
    pub(crate) limits: Limits,
    pub(crate) node_limits: NodeLimits,
    pub(crate) relay: bool,
    /// The node comes to look, and soon goes: it connects to other private nodes without a node ID
    /// of their own, which are visitors, too, most likely, only when something is wanted of them.
    /// Else so many visitors at the same time would make connections by the square of their number.
    pub(crate) visitor: bool,
    /// How far relayed streams go: in a simulation no further than this process.
    pub(crate) relay_reach: Reach,
    pub(crate) access: Access,
    pub(crate) taps: bool,
    pub(crate) port_options: PortOptions,
    pub(crate) services: Vec<Service>,
    /// What is registered before the services are run.
    pub(crate) functions: Vec<(String, Callback)>,
    /// What the node takes from outside: the system's, or a simulation's.
    pub(crate) environment: Arc<dyn Environment>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            nodeid: None,
            binds: Vec::new(),
            announce: Vec::new(),
            binds_by_default: false,
            seeds: Vec::new(),
            nodes: Vec::new(),
            security: Security::default(),
            monitor_timeout: Duration::from_secs(30),
            handshake_timeout: None,
            connect_interval: Duration::from_secs(2),
            connect_timeout: None,
            framings: Framing::ALL.to_vec(),
            transports: vec![Arc::new(Tcp)],
            later: Vec::new(),
            preferred: None,
            limits: Limits::default(),
            node_limits: NodeLimits::default(),
            relay: true,
            visitor: false,
            relay_reach: Reach::Network,
            access: Access::default(),
            taps: true,
            port_options: PortOptions::default(),
            services: Vec::new(),
            functions: Vec::new(),
            environment: Arc::new(System),
        }
    }
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
