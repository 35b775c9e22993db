//! What can be typed at the prompt: the commands of the command line that need a network, and the
//! shell's own.

use clap::builder::Resettable;
use clap::{Arg, Command};

use super::place::Walk;
use crate::network::ENDLESS;
use crate::{Failure, args, operating};
use aemp_actor::profile::nearest;

/// All commands, with the options that may stand before each.
pub(crate) fn definition() -> Command {
    let shared = args::network().into_iter().chain(operating::commands());
    let shared = shared.filter(|command| !matches!(command.get_name(), "shell" | "run"));
    let options = args::options().into_iter();
    let options = options.filter(|option| matches!(option.get_id().as_str(), "json" | "timeout"));
    Command::new("aemp")
        .no_binary_name(true)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .subcommand_required(true)
        // The environment counts for the shell as a whole.
        .args(options.map(|option| option.env(Resettable::Reset)))
        .subcommands(shared.map(adapted))
        .subcommands(own())
}

fn adapted(command: Command) -> Command {
    match command.get_name() {
        "snd" => command.alias("send"),
        "top" => command
            .about("Show the load of all nodes, once")
            .mut_arg("once", |once| once.default_value("true").hide(true)),
        _ => command,
    }
}

fn own() -> Vec<Command> {
    vec![
        Command::new("me").about("Show the ID of the shell's own port"),
        Command::new("jobs").about(format!("Show the commands that go on: {}", ENDLESS.join(", "))),
        Command::new("stop")
            .about("End commands that go on")
            .arg(Arg::new("JOB").required(true).num_args(1..).help("Their numbers, or all")),
        Command::new("help")
            .about("Show the commands, or what one of them takes")
            .arg(Arg::new("COMMAND").help("Only this one")),
        Command::new("quit").alias("exit").about("End the shell; so does ctrl-d"),
    ]
}

/// Fails when the line has no command that there is.
pub(crate) fn check(definition: &Command, words: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match Walk::along(definition, &words).unknown {
        Some(name) => Err(unknown(definition, name)),
        None => Ok(()),
    }
}

/// There is no such command; which was probably meant.
pub(crate) fn unknown(definition: &Command, name: &str) -> Failure {
    let names = definition.get_subcommands().flat_map(Command::get_name_and_visible_aliases);
    let meant = match nearest(name, names) {
        Some(meant) => format!("did you mean {meant}? See help"),
        None => "see help".to_owned(),
    };
    Failure::Usage(format!("there is no command {name}: {meant}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds() {
        definition().debug_assert();
    }

    #[test]
    fn top_never_takes_the_terminal() {
        let matches = definition().try_get_matches_from(["--timeout", "3", "top"]).expect("valid");
        let (name, arguments) = matches.subcommand().expect("a command");
        assert!(name == "top" && arguments.get_flag("once"));
    }

    #[test]
    fn commands_that_do_not_exist_are_guessed() {
        let text = |line: &[&str]| {
            let line: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
            check(&definition(), &line).map_err(|failure| failure.to_string())
        };
        assert_eq!(text(&["--json", "send", "x"]), Ok(()));
        assert_eq!(text(&["dance"]), Err("there is no command dance: see help".to_owned()));
        assert_eq!(
            text(&["spwan", "alpha"]),
            Err("there is no command spwan: did you mean spawn? See help".to_owned())
        );
    }
}
