//! The log, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Writes the log as the environment variable `RUST_LOG` says (for example `RUST_LOG=aemp=debug`),
/// or as `default` says (`off`, `warn`, …) when it is not set.
///
/// # Panics
/// When `default` is no filter.
pub fn logs(default: &str) {
    let wanted = std::env::var("RUST_LOG").ok().and_then(|text| text.parse::<Targets>().ok());
    let filter = wanted.unwrap_or_else(|| default.parse().expect("a filter"));
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    tracing_subscriber::registry().with(log.with_filter(filter)).init();
}
