//! What can be typed at the prompt: the commands of the command line that need a network, and the
//! shell's own.

use clap::builder::Resettable;
use clap::{Command, Subcommand};

use super::place::Walk;
use crate::network_commands::NetworkCommand;
use crate::{Failure, command_line, help, suggestion};

/// A command of the shell, as it was typed.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ShellCommand {
    #[command(flatten)]
    Network(NetworkCommand),
    /// Show the ID of the shell's own port
    Me,
    /// List the running commands: mon, tap, log, and those with --watch
    Jobs,
    /// Cancel running commands
    Cancel {
        /// Their numbers, or all
        #[arg(id = "JOB", required = true, num_args = 1..)]
        jobs: Vec<String>,
    },
    /// Show the commands, or the help of one of them
    Help {
        /// Only this command
        #[arg(id = "COMMAND")]
        command: Option<String>,
    },
    /// Exit the shell; so does ctrl-d
    #[command(alias = "exit")]
    Quit,
}

/// All commands, with the options that may stand before each.
pub(crate) fn definition() -> Command {
    let options = command_line::options().into_iter();
    let options = options.filter(|option| matches!(option.get_id().as_str(), "json" | "timeout"));
    let definition = Command::new("aemp")
        .no_binary_name(true)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .subcommand_required(true)
        // The environment counts for the shell as a whole.
        .args(options.map(|option| option.env(Resettable::Reset)));
    ShellCommand::augment_subcommands(definition).mut_subcommands(help::at_prompt).mut_subcommand(
        "top",
        |top| {
            top.about("Show the load of all nodes, once")
                .mut_arg("once", |once| once.default_value("true").hide(true))
        },
    )
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
    let meant = match suggestion::command(name, names) {
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
