//! Which command does what.

use clap::ArgMatches;

use super::{bench, info, log, ports, restart, tap};
use crate::{Connection, Failure, top};
use aemp_actor::introspection::{Introspect, IntrospectError};
use aemp_actor::log::one_line;

const NAMES: [&str; 8] = ["info", "ports", "functions", "top", "tap", "log", "bench", "restart"];

/// Whether this is one of them.
pub(crate) fn knows(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Carries one out.
pub(crate) async fn carry_out(
    name: &str,
    arguments: &ArgMatches,
    connection: &Connection,
) -> Result<(), Failure> {
    let one = |id: &str| arguments.get_one::<String>(id).cloned().unwrap_or_default();
    let number = |id: &str| arguments.get_one::<u64>(id).copied();
    match name {
        "info" => info::info(connection, &one("NODE")).await,
        "functions" => info::functions(connection, &one("NODE")).await,
        "ports" => {
            let pattern = arguments.get_one::<String>("PATTERN");
            let limit = number("limit").unwrap_or(100);
            ports::ports(connection, &one("NODE"), pattern, &one("sort"), limit).await
        }
        "top" => top::run(connection, super::top_options(arguments)).await,
        "tap" => tap::tap(connection, &one("PORT"), number("count")).await,
        "log" => {
            let level = arguments.get_one("LEVEL").copied().unwrap_or(7);
            log::log(connection, level, number("count")).await
        }
        "bench" => {
            let (messages, size) = (number("messages").unwrap_or(1), number("size").unwrap_or(0));
            bench::bench(connection, &one("NODE"), messages, size).await
        }
        _ => restart::restart(connection, &one("NODE")).await,
    }
}

impl Connection {
    /// Looks into a node, within the time that the command has.
    pub(crate) fn look(&self, node: &str) -> Result<Introspect, Failure> {
        let node = self.node_id(node)?;
        Ok(self.node.introspect(node).timeout(self.left()))
    }
}

impl From<IntrospectError> for Failure {
    fn from(error: IntrospectError) -> Self {
        match &error {
            IntrospectError::Timeout { .. } => Self::Timeout(error.to_string()),
            IntrospectError::Down { reason, .. } => Self::unreachable(reason),
            _ => Self::Failed(one_line(&error.to_string()).into_owned()),
        }
    }
}
