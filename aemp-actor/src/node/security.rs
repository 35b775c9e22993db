//! A node's security while it runs.

use aemp_transport::Protection;

use super::config::{Config, ConfigError};
use super::handle::Node;
use crate::id::NodeId;

/// How connections are protected.
impl Node {
    /// Takes the secrets, the certificates and the policy of this configuration for all handshakes
    /// that begin from now on; files are read anew. Connections that are up stay up, also such as
    /// would not be admitted any more. All other settings of the configuration are ignored.
    ///
    /// # Errors
    /// When a setting is wrong or a file cannot be read; everything is then as it was.
    pub fn reload_security(&self, config: &Config) -> Result<(), ConfigError> {
        let core = self.core();
        let loaded = config.security.load(core.is_networked())?;
        if core.is_networked() {
            core.network().set_security(core.config(), loaded);
        }
        Ok(())
    }

    /// Takes secrets and certificates again from where the configuration has them from: its profile,
    /// the environment, files. What cannot be read stays as it was; what has come of it is logged.
    pub fn read_security_again(&self) {
        let again = match self.core().config().read_again() {
            Ok(config) => self.reload_security(&config).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match again {
            Ok(()) => tracing::info!(target: "aemp", "secrets and certificates were read again"),
            Err(error) => tracing::error!(
                target: "aemp",
                "secrets and certificates stay as they were, for they cannot be read again: {error}"
            ),
        }
    }

    /// What keeps others from reading the connection to a node, if it is connected. Displayed for
    /// people, as in `stls (TLS 1.3, no certificate)`.
    pub fn protection(&self, node: impl Into<NodeId>) -> Option<Protection> {
        self.core().known_peer(&node.into())?.protection()
    }
}
