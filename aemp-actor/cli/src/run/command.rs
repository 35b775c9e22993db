//! The command line of `run`, and which of the two processes this is.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::plan::Plan;
use super::{child, socket, watchdog};
use crate::{Failure, Options};
use aemp_actor::Config;
use aemp_actor::log::level_named;

/// The command.
pub(crate) fn command() -> Command {
    Command::new("run")
        .about("Run a node as a profile says, with its services, under a watchdog")
        .arg(
            Arg::new("verbosity")
                .long("verbosity")
                .value_name("LEVEL")
                .value_parser(level_named)
                .help(
                    "Log up to this level to standard error, 0 to 9 or debug and so on [default: AEMP_VERBOSE, \
                     PERL_ANYEVENT_MP_WARNLEVEL, PERL_ANYEVENT_VERBOSE, or 7]",
                ),
        )
        .arg(
            Arg::new("heartbeat")
                .long("heartbeat")
                .value_name("SECONDS")
                .value_parser(crate::args::seconds)
                .default_value("60")
                .help("A node that gives no sign of life for so long is killed and started again"),
        )
        .arg(
            Arg::new("startup")
                .long("startup")
                .value_name("SECONDS")
                .value_parser(crate::args::seconds)
                .default_value("300")
                .help("How long the node may take until it is up; --heartbeat counts from then on"),
        )
        .arg(
            Arg::new("grace")
                .long("grace")
                .value_name("SECONDS")
                .value_parser(crate::args::seconds)
                .default_value("10")
                .help("How long the node may take to end when it is told to"),
        )
        .arg(
            Arg::new("no-watchdog")
                .long("no-watchdog")
                .action(ArgAction::SetTrue)
                .help("Run the node in this process; something else watches over it"),
        )
        .arg(
            Arg::new("ARGUMENT")
                // It is shown in brackets, with dots behind them.
                .value_name("PROFILE] [KEY VALUE")
                .num_args(0..)
                .help(
                    "A profile [default: --profile, AEMP_PROFILE, or the host name], if the number \
                     of words is odd; then keys and values that are defaults; the key profile names \
                     the profile, too",
                ),
        )
}

/// Runs the node, or the watchdog of the process that does. `again` is the line that does the same.
pub(crate) fn run(
    arguments: &ArgMatches,
    options: &Options,
    defaults: &Config,
    again: Vec<String>,
) -> Result<(), Failure> {
    let plan = Plan::new(arguments, options, defaults)?;
    if options.watched {
        let watchdog = socket::Socket::of_watchdog().map_err(|error| {
            Failure::Usage(format!("--watched is for what a watchdog starts: {error}"))
        })?;
        return child::run(plan, Some(watchdog));
    }
    if arguments.get_flag("no-watchdog") {
        return child::run(plan, None);
    }
    watchdog::run(&plan, again)
}
