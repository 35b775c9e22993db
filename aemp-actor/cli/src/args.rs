//! The command line: which commands there are, and the options before them.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use clap_complete::Shell;

use super::network::ENDLESS;
use super::{operating, program, stdin};
use aemp_actor::profile::{KEYS, Key, Kind};

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
    let name = program::name();
    Command::new(name.clone())
        .about("Configures AEMP nodes, and looks into a network of them")
        .version(version(&name))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args_override_self(true)
        .subcommand_value_name("COMMAND")
        .override_usage(format!(
            "{name} [OPTIONS] COMMAND [ARGUMENT]... [COMMAND [ARGUMENT]...]..."
        ))
        .args(options())
        .subcommands(network())
        .subcommands(operating::commands())
        .subcommands(profiles())
        .subcommands(KEYS.iter().flat_map(of_key))
        .after_help(after_help(&name))
}

/// What tells a process that a watchdog has started it. Nobody else writes that, and no help or
/// completion shows it.
pub(crate) fn watched() -> Arg {
    Arg::new("watched").long("watched").hide(true).action(ArgAction::SetTrue)
}

/// A program that embeds the command has a version of its own.
fn version(name: &str) -> &'static str {
    match name {
        "aemp" => env!("CARGO_PKG_VERSION"),
        _ => concat!("(aemp-actor ", env!("CARGO_PKG_VERSION"), ")"),
    }
}

pub(crate) fn options() -> [Arg; 5] {
    let [mon, tap, log] = ENDLESS;
    [
        or_variable("AEMP_PROFILE", Arg::new("profile"))
            .short('p')
            .long("profile")
            .value_name("NAME")
            .help("Join the network as this profile says [default: aemp]; run, change and show it"),
        Arg::new("seed")
            .short('s')
            .long("seed")
            .value_name("HOST:PORT")
            .action(ArgAction::Append)
            .help("Join the network here, instead of at the seeds of the profile"),
        or_variable("AEMP_TIMEOUT", Arg::new("timeout"))
            .short('t')
            .long("timeout")
            .value_name("SECONDS")
            .value_parser(seconds)
            .help(format!("Give up after this time [default: 10; {mon}, {tap} and {log}: never]")),
        Arg::new("json")
            .short('j')
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print JSON; run logs JSON"),
        Arg::new("verbose")
            .short('v')
            .long("verbose")
            .action(ArgAction::Count)
            .help("Log to standard error; twice for more"),
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

fn word(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).required(true).allow_negative_numbers(true).help(help)
}

/// A secret is no argument: it comes from standard input.
fn secret() -> Arg {
    Arg::new(stdin::SECRET).value_name("-").help(
        "Standard input, which is also read without it; a terminal does not show what is typed",
    )
}

fn words(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .action(ArgAction::Append)
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .help(help)
}

pub(crate) fn network() -> Vec<Command> {
    let port = || word("PORT", "A port ID: NODE#PORT, or NODE for the node port");
    let node = || word("NODE", "A node ID");
    let arguments = || words("ARGUMENT", "Texts; what begins with [, { or \" is JSON");
    vec![
        Command::new("snd").about("Send a message").args([port(), arguments()]),
        Command::new("cal")
            .alias("rpc")
            .about("Send a request, print the answer")
            .args([port(), arguments()]),
        Command::new("mon").about("Wait until a port is dead, print why").arg(port()),
        Command::new("kil").about("Kill a port").args([
            Arg::new("now")
                .long("now")
                .action(ArgAction::SetTrue)
                .help("At once: what waits is lost, and a handler is dropped where it waits"),
            word("PORT", "A port ID: NODE#PORT"),
            words("REASON", "Why; nothing is a normal end"),
        ]),
        Command::new("spawn").about("Create a port on a node, print its ID").args([
            node(),
            word("FUNCTION", "The name of an init function"),
            arguments(),
        ]),
        Command::new("eval")
            .about("Run Perl code on a Perl node, print what it gives")
            .args([node(), words("CODE", "The code; several arguments are joined").required(true)]),
        Command::new("nodes").about("Show the nodes of the network"),
        Command::new("groups")
            .about("Show the groups and their members")
            .arg(Arg::new("GROUP").help("Only this one")),
        Command::new("trace").about("Show who is connected to whom, from a node on").arg(node()),
        Command::new("shell")
            .about("Do all that from a prompt")
            .arg(Arg::new("NODE").help("Where it is to look; default: the whole network")),
    ]
}

fn profiles() -> Vec<Command> {
    let name = || word("NAME", "A profile");
    vec![
        Command::new("profile")
            .about("Let what follows change this profile, not the global default")
            .arg(name()),
        Command::new("setparent")
            .visible_alias("parent")
            .about("Inherit from another profile")
            .arg(name()),
        Command::new("delparent").about("Inherit from the global default only"),
        Command::new("delprofile").about("Remove a profile").arg(name()),
        Command::new("showprofile").about("Print a profile's own values").arg(name()),
        Command::new("showconfig")
            .about("Print the values that count for a profile [default: --profile, the host name]")
            .arg(
                Arg::new("NAME")
                    .num_args(0..)
                    .allow_negative_numbers(true)
                    .help("A profile; then keys and values that are only defaults"),
            )
            .arg(
                Arg::new("sources")
                    .long("sources")
                    .action(ArgAction::SetTrue)
                    .help("Say in comments where each was set, as on a terminal"),
            ),
        Command::new("gensecret").about("Make up a secret"),
        Command::new("gencert").about("Make up a key and a certificate"),
        Command::new("check").about("Say what is wrong with the configuration"),
        Command::new("completions")
            .about("Print completions for a shell")
            .arg(Arg::new("SHELL").required(true).value_parser(value_parser!(Shell))),
    ]
}

/// The commands for one key. They have aliases as in the Perl implementation: without `set`,
/// without `_`.
fn of_key(key: &'static Key) -> Vec<Command> {
    let value = match key.kind {
        Kind::Pem => Arg::new("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf))
            .required(true)
            .help("A PEM file; - is standard input"),
        _ if key.is_private() => secret(),
        _ => word("VALUE", "The value"),
    };
    let former = |verb: &str| key.former_name().map(|name| format!("{verb}{name}"));
    let (set, del) = (named("set", key.name), named("del", key.name));
    let mut commands = vec![
        set.aliases(former("set")).about(format!("Set {}: {}", key.name, key.about)).arg(value),
        del.aliases(former("del")).about(format!("Inherit {} again", key.name)),
    ];
    if let Some(element) = key.element() {
        let (add, del) = match key.kind {
            Kind::Table => ("A JSON object with what is to be added", "A name"),
            Kind::Services => ("A name, or JSON: [\"NAME\", ARGUMENT...]", "As it was added"),
            _ => ("One element, or several with commas between", "One, or several with commas"),
        };
        let (add, del) = match key.is_private() {
            true => (secret(), secret()),
            false => (word("ELEMENT", add), word("ELEMENT", del)),
        };
        let list = format!("add{}", key.name);
        let command = named("add", element).alias(list).about(format!("Add to {}", key.name));
        commands.push(command.arg(add));
        commands.push(named("del", element).about(format!("Remove from {}", key.name)).arg(del));
    }
    commands
}

fn named(verb: &str, name: &str) -> Command {
    let mut aliases = Vec::new();
    if name.contains('_') {
        aliases.push(format!("{verb}{}", name.replace('_', "")));
    }
    if verb == "set" {
        // There is a command of that name already.
        aliases.extend((name != "nodes").then(|| name.to_owned()));
    }
    Command::new(format!("{verb}{name}")).aliases(aliases).hide(true)
}

fn after_help(name: &str) -> String {
    let width = KEYS.iter().map(|key| key.name.len()).max().unwrap_or(0);
    let mut text = format!(
        "Settings: for each KEY below there are the commands setKEY VALUE and delKEY; for lists,\n\
         VALUE has commas or is JSON, and addELEMENT and delELEMENT change one element (bind,\n\
         seed, service, ...). A VALUE that begins with - stands behind --. They can be chained:\n\n  \
         {name} gensecret profile seed setnodeid seed setbinds 127.0.0.1:4040\n\n",
    );
    for key in KEYS {
        let element = key.element().map(|element| format!(" (ELEMENT: {element})"));
        let element = element.unwrap_or_default();
        text.push_str(&format!("  {:width$}  {}{element}\n", key.name, key.about));
    }
    text.push_str(
        "\nThe file is the one that AEMP_RC names, else PERL_ANYEVENT_MP_RC, else\n\
         $XDG_CONFIG_HOME/aemp/config.json. AEMP_KEY in the environment overrides it.\n\
         Exit codes: 0 done, 1 failed, 2 usage, 3 timeout, 4 no network, 5 configuration.",
    );
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The chapters whose examples are typed in by tests.
    const REPLAYED: [&str; 4] = [
        include_str!("../../../book/src/command.md"),
        include_str!("../../../book/src/configuration.md"),
        include_str!("../../../book/src/operating.md"),
        include_str!("../../../book/src/tour.md"),
    ];

    #[test]
    fn the_definition_holds() {
        super::command().debug_assert();
    }

    /// The words of all commands that the guide shows.
    fn shown() -> BTreeSet<&'static str> {
        let mut words = BTreeSet::new();
        for chapter in REPLAYED {
            let blocks = chapter.split("\n```console").skip(1);
            let blocks = blocks.map(|block| block.split("\n```").next().unwrap_or_default());
            let lines = blocks.flat_map(str::lines);
            let commands = lines.filter_map(|l| l.strip_prefix("$ ").or(l.strip_prefix("> ")));
            let after = commands.filter_map(|command| command.split_once("aemp "));
            words.extend(after.flat_map(|(_, arguments)| arguments.split_whitespace()));
        }
        words
    }

    #[test]
    fn the_guide_has_an_example_of_every_command() {
        let (command, shown) = (super::command(), shown());
        let missing = |command: &&clap::Command| !shown.contains(command.get_name());
        let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
        let missing: Vec<&str> = commands.filter(missing).map(clap::Command::get_name).collect();
        assert!(missing.is_empty(), "no example shows {missing:?}");
        for verb in ["set", "del", "add"] {
            assert!(shown.iter().any(|word| word.starts_with(verb)), "no example of {verb}KEY");
        }
    }

    #[test]
    fn the_guide_names_every_key_and_element() {
        let [_, keys, ..] = REPLAYED;
        let rows: String = keys.lines().filter(|line| line.starts_with("| `")).collect();
        for key in super::KEYS {
            let name = format!("`{}`", key.name);
            assert!(rows.contains(&name), "the table of keys has no {name}");
            if let Some(element) = key.element() {
                let (name, shorter) = (format!("`add{element}"), key.name.strip_suffix('s'));
                let is_regular = shorter == Some(element) && rows.contains("the last letter");
                assert!(is_regular || keys.contains(&name), "the guide has no {name}`");
            }
        }
    }
}
