//! What `help` prints.

use clap::{Arg, Command};

/// What the words of a line may be.
const WORDS: &str = "\
$me is this shell's own port, whose messages are printed as they arrive. What begins with
[, { or \" is JSON; what stands in single quotes is one word. mon, tap and log, and commands with
--watch, run in the background: jobs lists them, cancel ends them. --json and --timeout SECONDS may stand before
a command. ctrl-c gives up a line, or the command that is waiting.";

/// All commands, one in a line.
pub(crate) fn all(definition: &Command, node: Option<&str>) -> String {
    let mut text = String::new();
    for command in definition.get_subcommands() {
        let usage = format!("{} {}", command.get_name(), arguments(command));
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        text.push_str(&format!("{usage:34}{about}\n"));
    }
    text.push('\n');
    text.push_str(WORDS);
    if let Some(node) = node {
        text.push_str(&format!("\n#NAME is the port of that name on {node}."));
    }
    text
}

/// One command, with its arguments and options.
pub(crate) fn one(definition: &Command, name: &str) -> Option<String> {
    let command = definition.find_subcommand(name)?;
    // What it is called in its usage.
    let mut command = command.clone().bin_name(command.get_name());
    Some(command.render_help().to_string().trim_end().to_owned())
}

/// `PORT ARGUMENT…`.
fn arguments(command: &Command) -> String {
    command.get_positionals().map(argument).collect::<Vec<_>>().join(" ")
}

fn argument(arg: &Arg) -> String {
    match (name(arg), is_many(arg), arg.is_required_set()) {
        (name, true, _) => format!("{name}…"),
        (name, false, true) => name.to_owned(),
        (name, false, false) => format!("[{name}]"),
    }
}

/// What it is called in usage lines.
pub(crate) fn name(arg: &Arg) -> &str {
    arg.get_value_names().and_then(<[_]>::first).map_or(arg.get_id().as_str(), |name| name.as_str())
}

/// Whether it takes all words that are left.
pub(crate) fn is_many(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::commands::definition;

    #[test]
    fn every_command_has_a_line() {
        let definition = definition();
        let text = all(&definition, Some("alpha"));
        for line in [
            "snd PORT ARGUMENT…                Send a message to a port\n",
            "groups [GROUP]                    List the groups and their members\n",
            "cancel JOB…                       Cancel running commands\n",
            "#NAME is the port of that name on alpha.",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
    }

    #[test]
    fn each_has_a_page() {
        let text = one(&definition(), "send").expect("an alias");
        assert!(
            text.starts_with("Send a message to a port\n") && text.contains("Usage: snd <PORT>"),
            "{text}"
        );
        assert_eq!(one(&definition(), "dance"), None);
    }
}
