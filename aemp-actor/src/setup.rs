//! Setting nodes up: here a node is handed the functions that every node has. The only place that knows them
//! all.

use std::sync::Arc;

use crate::introspection;
use crate::node::{Builtins, Config, ConfigError, FunctionCall, Node, data, mesh, relay};
use crate::{log, supervisor};

/// The functions that every node has.
const BUILTINS: Builtins = Builtins(&[
    // What is called most comes first.
    relay::BUILTIN,
    mesh::BUILTIN,
    data::EXPECT_BUILTIN,
    data::CONNECT_BUILTIN,
    introspection::INFO,
    introspection::PORTS,
    introspection::FUNCTIONS,
    introspection::DEATHS,
    introspection::GROUPS,
    introspection::TAP,
    introspection::STOP,
    introspection::RESTART,
    introspection::WATCHDOG,
    log::CONNECT_BUILTIN,
    log::CATCH_BUILTIN,
    supervisor::BUILTIN,
]);

impl Node {
    /// A node without a network, for ports in one process. Messages for other nodes are lost at once, and
    /// monitors of ports there fire at once with `transport_error`.
    ///
    /// The node lives no longer than the runtime: when that ends, it is shut down.
    ///
    /// # Panics
    /// Outside a tokio runtime, and in one without time (`enable_time`).
    #[track_caller]
    pub fn local() -> Self {
        Self::set_up_local(BUILTINS)
    }

    /// Sets up a node: checks the settings, listens, and begins to connect to the seeds. It is
    /// ready when this returns; the seeds need not be up.
    ///
    /// # Errors
    /// When a setting is wrong or a listener cannot be made; the text names the setting.
    ///
    /// # Panics
    /// In a runtime without time (`enable_time`).
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it leaves nothing behind.
    pub async fn configure(config: Config) -> Result<Self, ConfigError> {
        Self::set_up(config, BUILTINS).await
    }
}

impl Config {
    /// Registers a function as [`Node::register`](crate::Node::register) does, but before the node
    /// listens and its services are run: a [`service`](Self::service), also one of a profile, can
    /// name it. Of two of the same name the last counts.
    ///
    /// # Panics
    /// When the name does not contain `::`, or is that of a function that every node has.
    #[must_use]
    #[track_caller]
    pub fn register(
        mut self,
        name: impl Into<String>,
        f: impl Fn(FunctionCall) + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        BUILTINS.check_name(&name);
        self.functions.push((name, Arc::new(f)));
        self
    }
}
