//! The command line: which commands there are, and the options before them.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand};
use clap_complete::Shell;

use super::file::{FileCommand, ProfileCommand};
use super::help;
use super::key::{self, KeyCommand};
use super::network_commands::NetworkCommand;
use super::new::NewArguments;
use super::program_name;
use super::run::RunArguments;
use aemp_actor::profile::KEYS;

/// What counts for all commands of a line.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) profile: Option<String>,
    pub(crate) seeds: Vec<String>,
    /// `None`: not said.
    pub(crate) timeout: Option<Duration>,
    /// How long each question of a command may take that is to go on without end.
    pub(crate) each: Option<Duration>,
    pub(crate) json: bool,
    /// JSON is to be a value in each line.
    pub(crate) in_lines: bool,
    pub(crate) verbose: u8,
    /// This process was started by a watchdog.
    pub(crate) watched: bool,
}

/// How long commands wait for the network unless they are told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

impl Options {
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let seeds = matches.get_many::<String>("seed").unwrap_or_default();
        Self {
            profile: matches.get_one::<String>("profile").cloned(),
            seeds: seeds.cloned().collect(),
            timeout: matches.get_one::<Duration>("timeout").copied(),
            each: None,
            json: matches.get_flag("json"),
            in_lines: false,
            verbose: matches.get_count("verbose"),
            watched: matches.try_get_one("watched").ok().flatten().copied().unwrap_or(false),
        }
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.or(self.each).unwrap_or(TIMEOUT)
    }
}

/// The whole command line.
pub(crate) fn command() -> Command {
    let name = program_name();
    LineCommand::augment_subcommands(Command::new(name.clone()))
        .about("Configure AEMP nodes and inspect a running network")
        .version(version(&name))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args_override_self(true)
        .subcommand_value_name("COMMAND")
        .override_usage(format!(
            "{name} [OPTIONS] COMMAND [ARGUMENT]... [COMMAND [ARGUMENT]...]..."
        ))
        .args(options())
        .subcommands(key::commands())
        .mut_subcommands(|command| help::extended(command, &name))
        .after_help(after_help(&name))
}

/// A command of the command line, as it was typed.
#[derive(Clone)]
pub(crate) enum Typed {
    Line(LineCommand),
    Key(KeyCommand),
}

/// A command of the command line, other than those for a single key.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum LineCommand {
    #[command(flatten)]
    Network(NetworkCommand),
    /// Start an interactive shell
    Shell {
        /// Show this node only; default: the whole network
        #[arg(id = "NODE")]
        node: Option<String>,
    },
    /// Run a node as a profile says, with its services, under a watchdog
    Run(RunArguments),
    #[command(flatten)]
    File(FileCommand),
    /// Make a project in a new folder: a program with a port, that runs
    New(NewArguments),
    /// Print completions for a shell
    Completions {
        #[arg(id = "SHELL")]
        shell: Shell,
    },
    /// Print the version, and where the configuration is
    Version,
    /// Print what the last of these words may become; for completions
    #[command(name = "__complete", hide = true)]
    Complete {
        #[arg(id = "WORD", num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

impl Typed {
    /// The command of a line that was understood.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let key =
            matches.subcommand().and_then(|(name, arguments)| KeyCommand::find(name, arguments));
        match key {
            Some(key) => Ok(Self::Key(key)),
            None => LineCommand::from_arg_matches(matches).map(Self::Line),
        }
    }

    pub(crate) fn profile_command(&self) -> Option<&ProfileCommand> {
        match self {
            Self::Line(LineCommand::File(FileCommand::Profile(command))) => Some(command),
            _ => None,
        }
    }
}

/// Whether another command may follow this one on a line: those that edit or print the configuration.
pub(crate) fn is_chained(name: &str) -> bool {
    FileCommand::has_subcommand(name) || key::change_of(name).is_some()
}

/// What tells a process that a watchdog has started it. Nobody else writes that, and no help or
/// completion shows it.
pub(crate) fn watched() -> Arg {
    Arg::new("watched").long("watched").hide(true).action(ArgAction::SetTrue)
}

/// A program that embeds the command has a version of its own.
pub(crate) fn version(name: &str) -> &'static str {
    match name {
        "aemp" => env!("CARGO_PKG_VERSION"),
        _ => concat!("(aemp-actor ", env!("CARGO_PKG_VERSION"), ")"),
    }
}

pub(crate) fn options() -> [Arg; 5] {
    [
        or_variable("AEMP_PROFILE", Arg::new("profile"))
            .short('p')
            .long("profile")
            .value_name("NAME")
            .help("Use this profile [default: aemp]: join its network, or run, edit and show it"),
        Arg::new("seed")
            .short('s')
            .long("seed")
            .value_name("HOST:PORT")
            .action(ArgAction::Append)
            .help("Join the network through this node instead of the seeds of the profile"),
        or_variable("AEMP_TIMEOUT", Arg::new("timeout"))
            .short('t')
            .long("timeout")
            .value_name("SECONDS")
            .value_parser(seconds)
            .help("Give up after this time [default: 10; mon, tap and log: never]"),
        Arg::new("json")
            .short('j')
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print JSON; run logs JSON"),
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .action(ArgAction::Count)
            .help("Log to standard error; repeat for more detail"),
    ]
}

/// What is not on the command line is taken from a variable; one that is empty is not set.
fn or_variable(name: &'static str, arg: Arg) -> Arg {
    if std::env::var_os(name).is_some_and(|value| value.is_empty()) {
        return arg;
    }
    arg.env(name).hide_env_values(true)
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|text| Duration::try_from_secs_f64(text).ok());
    seconds.filter(|time| !time.is_zero()).ok_or_else(|| "a number of seconds above 0".to_owned())
}

fn after_help(name: &str) -> String {
    let width = KEYS.iter().map(|key| key.name.len()).max().unwrap_or(0);
    let mut text = format!(
        "Settings: each KEY below has the commands setKEY VALUE and delKEY. The VALUE of a list is\n\
         separated by commas, or JSON; addELEMENT and delELEMENT add and remove one element (bind,\n\
         seed, service, ...). Put -- before a VALUE that begins with -. Commands can be chained:\n\n  \
         {name} gensecret profile seed setnodeid seed setbinds 127.0.0.1:4040\n\n",
    );
    for key in KEYS {
        let element = key.element().map(|element| format!(" (ELEMENT: {element})"));
        let element = element.unwrap_or_default();
        text.push_str(&format!("  {:width$}  {}{element}\n", key.name, key.about));
    }
    text.push_str(
        "\nThe configuration file is $AEMP_RC, else $PERL_ANYEVENT_MP_RC, else\n\
         $XDG_CONFIG_HOME/aemp/config.json. The environment variable AEMP_KEY overrides a KEY.\n\
         Exit codes: 0 success, 1 failure, 2 usage, 3 timeout, 4 no network, 5 configuration.",
    );
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_holds() {
        super::command().debug_assert();
    }
}
