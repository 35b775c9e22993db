//! The commands that need a network: for the command line and the shell's prompt.

use std::time::Duration;

use clap::Subcommand;

use super::arguments::{
    EndArguments, MessageArguments, NodeArgument, PortArgument, WatchArguments, WideArguments,
    columns,
};
use super::operating::SortPorts;
use super::top::Column;
use super::{Failure, NetworkConnection, command_line, doctor, looking, messages, operating, top};
use aemp_actor::log::level_named;

/// A command that needs a network, as it was typed.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum NetworkCommand {
    /// Send a message to a port
    #[command(visible_alias = "send")]
    Snd {
        #[command(flatten)]
        port: PortArgument,
        #[command(flatten)]
        message: MessageArguments,
    },
    /// Send a request and print the answer
    #[command(visible_alias = "call", alias = "rpc")]
    Cal {
        #[command(flatten)]
        port: PortArgument,
        #[command(flatten)]
        request: MessageArguments,
    },
    /// Wait until a port dies and print the reason
    #[command(visible_alias = "monitor")]
    Mon {
        #[command(flatten)]
        port: PortArgument,
    },
    /// Kill a port
    #[command(visible_alias = "kill")]
    Kil {
        /// Kill it at once: waiting messages are lost, and a running handler is aborted
        #[arg(long)]
        now: bool,
        /// A port ID: NODE#PORT
        #[arg(allow_negative_numbers = true)]
        port: String,
        /// The reason; none is a normal end
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        reason: Vec<String>,
    },
    /// Create a port on a node and print its ID
    Spawn {
        #[command(flatten)]
        node: NodeArgument,
        /// The name of an init function
        #[arg(allow_negative_numbers = true)]
        function: String,
        #[command(flatten)]
        arguments: MessageArguments,
    },
    /// Run Perl code on a Perl node and print the result
    Eval {
        #[command(flatten)]
        node: NodeArgument,
        /// The code; several arguments are joined by spaces
        #[arg(required = true, num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        code: Vec<String>,
    },
    /// List the nodes of the network
    Nodes {
        #[command(flatten)]
        wide: WideArguments,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// List the groups and their members
    Groups {
        /// Only this group
        group: Option<String>,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// Show which nodes are connected to which, starting at a node
    Trace {
        #[command(flatten)]
        node: NodeArgument,
    },
    /// Show information about a node
    Info {
        #[command(flatten)]
        node: NodeArgument,
        #[command(flatten)]
        wide: WideArguments,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// List the ports of a node, or of all nodes
    Ports {
        /// A node ID; without one, all nodes
        #[arg(id = "NODE", allow_negative_numbers = true)]
        node: Option<String>,
        /// Only ports whose name or kind matches; * and ? are wildcards. A first argument that has one
        /// is the pattern for all nodes
        #[arg(id = "PATTERN")]
        pattern: Option<String>,
        /// Sort the ports by this
        #[arg(long, value_name = "ORDER", default_value = "name", value_enum)]
        sort: SortPorts,
        /// Show at most this many ports
        #[arg(long, value_name = "N", default_value = "100")]
        #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000))]
        limit: u64,
        #[command(flatten)]
        wide: WideArguments,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// List the functions that can be spawned or called on a node
    Functions {
        #[command(flatten)]
        node: NodeArgument,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// Show how the last ports died that did not end normally, and why
    Deaths {
        /// A node ID; without one, all nodes
        #[arg(id = "NODE", allow_negative_numbers = true)]
        node: Option<String>,
        /// Show at most this many deaths
        #[arg(long, value_name = "N", default_value = "20")]
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        limit: u64,
        #[command(flatten)]
        wide: WideArguments,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// Say what is wrong in the network: names, addresses, clocks, connections, limits
    Doctor,
    /// List the supervisors of a node and their children
    Supervisors {
        #[command(flatten)]
        node: NodeArgument,
        #[command(flatten)]
        watch: WatchArguments,
    },
    /// Show the load of all nodes, live
    Top {
        /// Ask the nodes this often
        #[arg(short = 'd', long, value_name = "SECONDS", default_value = "1")]
        #[arg(value_parser = command_line::seconds)]
        interval: Duration,
        /// Sort the nodes by this column
        #[arg(long, value_name = "COLUMN", default_value = "handled", value_parser = columns())]
        sort: Column,
        /// Print one table and exit; implied by --json
        #[arg(long)]
        once: bool,
        #[command(flatten)]
        wide: WideArguments,
    },
    /// Show the messages that are sent to a port
    Tap {
        /// A port ID: NODE#PORT
        port: String,
        #[command(flatten)]
        end: EndArguments,
    },
    /// Show the logs of all nodes
    Log {
        /// Show lines up to this level: error, warn, info, debug or trace, or a number of the Perl
        /// implementation
        #[arg(default_value = "info", value_parser = level_named)]
        level: u8,
        #[command(flatten)]
        end: EndArguments,
    },
    /// Measure the round-trip time and the throughput to a node
    Bench {
        #[command(flatten)]
        node: NodeArgument,
        /// Send this many messages
        #[arg(long, value_name = "N", default_value = "10000")]
        #[arg(value_parser = clap::value_parser!(u64).range(1..))]
        messages: u64,
        /// The size of each message
        #[arg(long, value_name = "BYTES", default_value = "100")]
        #[arg(value_parser = clap::value_parser!(u64).range(0..=1 << 20))]
        size: u64,
    },
    /// Restart a node through its watchdog and wait until it is back
    Restart {
        #[command(flatten)]
        node: NodeArgument,
    },
    /// Shut a node down for good, its watchdog included, and wait until it has gone
    Stop {
        #[command(flatten)]
        node: NodeArgument,
    },
}

/// What waits for an answer is to say so itself: it is given so much longer than there is time.
const GRACE: Duration = Duration::from_millis(500);

impl NetworkCommand {
    /// Whether it goes on without end, unless it is told otherwise.
    pub(crate) fn is_endless(&self) -> bool {
        matches!(self, Self::Mon { .. } | Self::Tap { .. } | Self::Log { .. })
            || self.watch().is_some()
    }

    /// How often it is carried out, if that is again and again.
    fn watch(&self) -> Option<Duration> {
        match self {
            Self::Nodes { watch, .. }
            | Self::Groups { watch, .. }
            | Self::Info { watch, .. }
            | Self::Ports { watch, .. }
            | Self::Functions { watch, .. }
            | Self::Supervisors { watch, .. }
            | Self::Deaths { watch, .. } => watch.watch,
            Self::Snd { .. }
            | Self::Cal { .. }
            | Self::Mon { .. }
            | Self::Kil { .. }
            | Self::Spawn { .. }
            | Self::Eval { .. }
            | Self::Trace { .. }
            | Self::Doctor
            | Self::Top { .. }
            | Self::Tap { .. }
            | Self::Log { .. }
            | Self::Bench { .. }
            | Self::Restart { .. }
            | Self::Stop { .. } => None,
        }
    }

    /// Whether it goes on by itself, and does nothing but print: it has no time of its own, and ends
    /// with its reader.
    pub(crate) fn only_prints(&self) -> bool {
        self.is_endless() || matches!(self, Self::Top { .. })
    }

    /// Its name, and the port or node that it is about.
    fn parts(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Snd { port, .. } => ("snd", Some(&port.id)),
            Self::Cal { port, .. } => ("cal", Some(&port.id)),
            Self::Mon { port } => ("mon", Some(&port.id)),
            Self::Kil { port, .. } => ("kil", Some(port)),
            Self::Spawn { node, .. } => ("spawn", Some(&node.id)),
            Self::Eval { node, .. } => ("eval", Some(&node.id)),
            Self::Nodes { .. } => ("nodes", None),
            Self::Groups { .. } => ("groups", None),
            Self::Trace { node } => ("trace", Some(&node.id)),
            Self::Info { node, .. } => ("info", Some(&node.id)),
            Self::Ports { node, .. } => ("ports", node.as_deref()),
            Self::Functions { node, .. } => ("functions", Some(&node.id)),
            Self::Deaths { node, .. } => ("deaths", node.as_deref()),
            Self::Supervisors { node, .. } => ("supervisors", Some(&node.id)),
            Self::Doctor => ("doctor", None),
            Self::Top { .. } => ("top", None),
            Self::Tap { port, .. } => ("tap", Some(port)),
            Self::Log { .. } => ("log", None),
            Self::Bench { node, .. } => ("bench", Some(&node.id)),
            Self::Restart { node } => ("restart", Some(&node.id)),
            Self::Stop { node } => ("stop", Some(&node.id)),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.parts().0
    }

    /// The name, and the port or node that the command is about, as people wrote it.
    pub(crate) fn title(&self) -> String {
        match self.parts() {
            (name, Some(target)) => format!("{name} {target}"),
            (name, None) => name.to_owned(),
        }
    }

    /// The port whose death it waits for.
    pub(crate) fn watched(&self) -> Option<&str> {
        match self {
            Self::Mon { port } => Some(&port.id),
            _ => None,
        }
    }

    /// Carries it out, within the time that it has: whatever it does, all of it together.
    ///
    /// # Cancel safety
    /// Dropped, the command is given up; what it sent was sent.
    pub(crate) async fn carry_out(&self, connection: &NetworkConnection) -> Result<(), Failure> {
        match self.watch() {
            Some(period) => self.repeat(connection, period).await,
            None if self.only_prints() => self.run(connection).await,
            None => self.run_once(connection).await,
        }
    }

    /// Carries it out once, within the time that it has.
    pub(crate) async fn run_once(&self, connection: &NetworkConnection) -> Result<(), Failure> {
        let limit = connection.options.timeout();
        let connection = connection.limited(limit);
        match tokio::time::timeout(limit.saturating_add(GRACE), self.run(&connection)).await {
            Ok(done) => done,
            Err(_) => {
                let text = format!("{} did not finish within {limit:?}", self.name());
                Err(Failure::Timeout(text))
            }
        }
    }

    async fn run(&self, connection: &NetworkConnection) -> Result<(), Failure> {
        match self {
            Self::Snd { port, message } => {
                messages::snd(connection, &port.id, &message.values).await
            }
            Self::Cal { port, request } => {
                messages::cal(connection, &port.id, &request.values).await
            }
            Self::Mon { port } => messages::mon(connection, &port.id).await,
            Self::Kil { now, port, reason } => messages::kil(connection, port, reason, *now).await,
            Self::Spawn { node, function, arguments } => {
                messages::spawn(connection, &node.id, function, &arguments.values).await
            }
            Self::Eval { node, code } => {
                messages::eval(connection, &node.id, &code.join(" ")).await
            }
            Self::Nodes { wide, .. } => looking::nodes(connection, wide.wide).await,
            Self::Groups { group, .. } => looking::groups(connection, group.as_ref()),
            Self::Trace { node } => looking::trace(connection, &node.id).await,
            Self::Info { node, wide, .. } => operating::info(connection, &node.id, wide.wide).await,
            Self::Ports { node, pattern, sort, limit, wide, .. } => {
                let (node, pattern) = (node.as_deref(), pattern.as_deref());
                let what = operating::Wanted::new(node, pattern, *sort, *limit);
                operating::ports(connection, &what, wide.wide).await
            }
            Self::Functions { node, .. } => operating::functions(connection, &node.id).await,
            Self::Deaths { node, limit, wide, .. } => {
                operating::deaths(connection, node.as_deref(), *limit, wide.wide).await
            }
            Self::Supervisors { node, .. } => operating::supervisors(connection, &node.id).await,
            Self::Doctor => doctor::run(connection).await,
            Self::Top { interval, sort, once, wide } => {
                top::run(connection, *interval, *sort, *once, wide.wide).await
            }
            Self::Tap { port, end } => operating::tap(connection, port, end.count).await,
            Self::Log { level, end } => operating::log(connection, *level, end.count).await,
            Self::Bench { node, messages, size } => {
                operating::bench(connection, &node.id, *messages, *size).await
            }
            Self::Restart { node } => operating::restart(connection, &node.id).await,
            Self::Stop { node } => operating::stop(connection, &node.id).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command, FromArgMatches};

    use super::*;

    #[test]
    fn commands_know_their_names_and_help_names_the_endless_ones() {
        let definition = NetworkCommand::augment_subcommands(Command::new("aemp"));
        let line = command_line::command();
        let timeout =
            line.get_arguments().find(|arg| arg.get_id() == "timeout").and_then(Arg::get_help);
        let endless = timeout.expect("it has help").to_string();
        for sub in definition.get_subcommands() {
            let required = sub.get_positionals().filter(|arg| arg.is_required_set());
            let words = ["aemp", sub.get_name()].into_iter().chain(required.map(|_| "a#b"));
            let matches = definition.clone().try_get_matches_from(words).expect("valid");
            let command = NetworkCommand::from_arg_matches(&matches).expect("one of them");
            assert_eq!(command.name(), sub.get_name());
            assert_eq!(command.is_endless(), endless.contains(command.name()), "{endless}");
        }
    }
}
