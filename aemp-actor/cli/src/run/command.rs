//! The command line of `run`, and which of the two processes this is.

use std::time::Duration;

use clap::Args;

use super::plan::RunPlan;
use super::{child, socket, watchdog};
use crate::command_line::seconds;
use crate::{Failure, Options};
use aemp_actor::Config;
use aemp_actor::log::level_named;

/// What `run` is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArguments {
    /// Log up to this level to standard error: 0 to 9, or a name such as debug [default: AEMP_VERBOSE,
    /// PERL_ANYEVENT_MP_WARNLEVEL, PERL_ANYEVENT_VERBOSE, or 7]
    #[arg(long, value_name = "LEVEL", value_parser = level_named)]
    pub(super) verbosity: Option<u8>,
    /// Kill and restart a node that gives no sign of life for this long
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(super) heartbeat: Duration,
    /// Give the node this long to start; --heartbeat applies afterwards
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub(super) startup: Duration,
    /// Give the node this long to stop
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(super) grace: Duration,
    /// Run the node in this process; something else watches over it
    #[arg(long)]
    pub(super) no_watchdog: bool,
    /// A profile [default: --profile, AEMP_PROFILE, or the host name], if the number of words is odd;
    /// then keys and values, which are defaults; the key profile names the profile, too
    // Shown in brackets, and followed by dots.
    #[arg(id = "ARGUMENT", value_name = "PROFILE] [KEY VALUE", num_args = 0..)]
    pub(super) words: Vec<String>,
}

/// Runs the node, or the watchdog of the process that does. `again` is the line that does the same.
pub(crate) fn run(
    arguments: &RunArguments,
    options: &Options,
    defaults: &Config,
    again: Vec<String>,
) -> Result<(), Failure> {
    let plan = RunPlan::new(arguments, options, defaults)?;
    if options.watched {
        let watchdog = socket::Socket::of_watchdog().map_err(|error| {
            Failure::Usage(format!("--watched is for what a watchdog starts: {error}"))
        })?;
        return child::run(plan, Some(watchdog));
    }
    if arguments.no_watchdog {
        return child::run(plan, None);
    }
    watchdog::run(&plan, again)
}
