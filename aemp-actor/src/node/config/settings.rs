//! The settings and their defaults.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{AuthMethod, Framing, Limits, Secret, Tcp, Transport};

use crate::config::Service;
use crate::node::chance::System;
use crate::node::{Access, Chance};
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
    pub(crate) framings: Vec<Framing>,
    /// `None` accepts what is accepted by default.
    pub(crate) auth_accept: Option<Vec<AuthMethod>>,
    pub(crate) transports: Vec<Arc<dyn Transport>>,
    pub(crate) limits: Limits,
    pub(crate) max_queue: usize,
    pub(crate) max_handshakes: usize,
    pub(crate) max_handshakes_per_address: usize,
    pub(crate) max_spawned: usize,
    pub(crate) max_monitors: usize,
    pub(crate) access: Access,
    pub(crate) taps: bool,
    pub(crate) port_options: PortOptions,
    pub(crate) services: Vec<Service>,
    /// What the node leaves to chance: the system's, or a simulation's.
    pub(crate) chance: Arc<dyn Chance>,
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
            framings: Framing::ALL.to_vec(),
            auth_offer: AuthMethod::OFFERED.to_vec(),
            auth_accept: None,
            transports: vec![Arc::new(Tcp)],
            limits: Limits::default(),
            max_queue: 64 << 20,
            max_handshakes: 256,
            max_handshakes_per_address: 64,
            max_spawned: 100_000,
            max_monitors: 1_000_000,
            access: Access::default(),
            taps: true,
            port_options: PortOptions::default(),
            services: Vec::new(),
            chance: Arc::new(System),
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
