//! What the help of each command says behind its arguments: the options of all commands that count for it,
//! and two examples.

use clap::{Arg, Command, Subcommand};

use super::file::FileCommand;
use super::key::{self, Change};
use super::network_commands::NetworkCommand;
use aemp_actor::profile::{Key, Kind};

/// Two examples of each command, without the name of the program.
const EXAMPLES: [(&str, [&str; 2]); 35] = [
    ("snd", ["snd alpha#k2wEu4.1 note \"twelve apples\"", "--seed 10.0.0.7:4040 snd alpha info"]),
    ("cal", ["cal alpha#k2wEu4.1 add 2 3", "--json cal alpha info"]),
    ("mon", ["mon alpha#k2wEu4.1", "--timeout 60 mon alpha#k2wEu4.1"]),
    ("kil", ["kil alpha#k2wEu4.1 enough \"it was a pleasure\"", "kil --now alpha#k2wEu4.1"]),
    ("spawn", ["spawn beta Demo::counter 40", "--timeout 60 spawn beta Demo::counter 40"]),
    ("eval", ["eval perl 6*7", "--json eval perl 'AnyEvent::MP::Kernel::up_nodes'"]),
    ("nodes", ["nodes", "nodes --wide --json"]),
    ("groups", ["groups", "groups calculators --watch"]),
    ("trace", ["trace alpha", "trace alpha --json"]),
    ("info", ["info alpha", "info alpha --watch=10 --seed 10.0.0.7:4040"]),
    ("ports", ["ports '*Counter'", "ports alpha --sort waiting --limit 5 --wide"]),
    ("functions", ["functions alpha", "functions alpha --json"]),
    ("supervisors", ["supervisors alpha", "supervisors alpha --watch --seed 10.0.0.7:4040"]),
    ("deaths", ["deaths", "deaths alpha --wide --watch"]),
    ("doctor", ["doctor", "doctor --json --timeout 30"]),
    ("top", ["top --sort cpu", "top --once --wide --seed 10.0.0.7:4040"]),
    ("tap", ["tap alpha#k2wEu4.1 --count 10", "tap alpha#k2wEu4.1 --json --timeout 60"]),
    ("log", ["log", "log debug --json --timeout 60"]),
    ("bench", ["bench alpha", "bench alpha --messages 1000 --size 4096 --json"]),
    ("restart", ["restart alpha", "restart alpha --timeout 120"]),
    ("stop", ["stop alpha", "stop alpha --timeout 60 --seed 10.0.0.7:4040"]),
    ("shell", ["shell", "shell alpha --seed 10.0.0.7:4040"]),
    ("run", ["run worker", "run worker nodeid worker-7 --seed 10.0.0.7:4040"]),
    ("profile", ["profile worker setseeds 10.0.0.7:4040", "profile worker nodes"]),
    ("setparent", ["profile worker setparent base", "profile worker parent base setnodeid w1"]),
    ("delparent", ["profile worker delparent", "profile worker delparent delseeds"]),
    ("delprofile", ["delprofile worker", "delprofile worker delprofile base"]),
    ("showprofile", ["showprofile worker", "profile worker setnodeid w1 showprofile worker"]),
    ("showconfig", ["showconfig worker --sources", "showconfig worker --json"]),
    ("showsecret", ["showsecret | ssh HOST aemp setsecret -", "--profile worker showsecret"]),
    ("gensecret", ["gensecret", "profile worker gensecret"]),
    ("gencert", ["profile worker setnodeid w1 gencert", "gencert"]),
    ("check", ["check", "check --json"]),
    ("new", ["new hello", "new hello --library ../aemp/aemp-actor"]),
    ("completions", ["completions bash", "completions zsh"]),
];

/// Of the command that only prints who it is.
const VERSION: [&str; 2] = ["version", "version --json"];

/// Adds the options and the examples of a command of the command line.
pub(crate) fn extended(command: Command, program: &str) -> Command {
    let mut text = String::new();
    let (options, is_behind) = options(command.get_name());
    if !options.is_empty() {
        // Behind it, what is sent may look like options.
        let sends = command.get_positionals().any(Arg::is_trailing_var_arg_set);
        let place =
            if is_behind && !sends { "before this one or behind it" } else { "before this one" };
        text.push_str(&format!("Options of all commands, {place}:\n{options}\n"));
    }
    text.push_str("Examples:");
    for example in examples(command.get_name()) {
        text.push_str(&format!("\n  {program} {example}"));
    }
    command.after_help(text)
}

/// For the prompt of the shell: without what only makes sense in front of it.
pub(crate) fn at_prompt(command: Command) -> Command {
    let of_line = ["--seed", "--profile", "|"];
    let fits = |example: &String| !of_line.iter().any(|word| example.contains(word));
    let mut text = String::from("Examples:");
    for example in examples(command.get_name()).into_iter().filter(fits) {
        text.push_str(&format!("\n  {example}"));
    }
    if text.contains('\n') { command.after_help(text) } else { command }
}

/// The options of all commands that count for it, and whether they may stand behind it.
fn options(name: &str) -> (&'static str, bool) {
    if NetworkCommand::has_subcommand(name) || name == "shell" {
        let options = "  \
  -s, --seed <HOST:PORT>   Join the network through this node
  -p, --profile <NAME>     Join the network of this profile
  -t, --timeout <SECONDS>  Give up after this time
  -j, --json               Print JSON
";
        (options, true)
    } else if name == "run" {
        let options = "  \
  -s, --seed <HOST:PORT>  Join the network through this node
  -p, --profile <NAME>    Run the node of this profile
  -j, --json              Log JSON
";
        (options, true)
    } else if FileCommand::has_subcommand(name) || key::change_of(name).is_some() {
        let options = "  \
  -p, --profile <NAME>     Edit or show this profile
  -t, --timeout <SECONDS>  Wait so long for another process that edits the file
  -j, --json               Print JSON
";
        (options, false)
    } else {
        ("", false)
    }
}

fn examples(name: &str) -> Vec<String> {
    let examples = EXAMPLES.iter().find(|(other, _)| *other == name).map(|(_, examples)| examples);
    match (examples, key::change_of(name)) {
        (Some(examples), _) => examples.map(str::to_owned).into(),
        (None, Some((key, change))) => {
            let example = format!("{name}{}", argument(key, change));
            vec![example.clone(), format!("profile worker {example}")]
        }
        (None, None) if name == VERSION[0] => VERSION.map(str::to_owned).into(),
        (None, None) => Vec::new(),
    }
}

/// A value that the key may have, behind a space.
fn argument(key: &Key, change: Change) -> &'static str {
    match (change, key.kind, key.name) {
        (Change::Remove, ..) => "",
        (_, Kind::Pem, _) => " node.pem",
        _ if key.is_private() => " -",
        (_, Kind::Flag, _) => " 1",
        (_, Kind::Seconds, _) => " 2.5",
        (_, Kind::Count, _) => " 100000",
        (Change::RemoveElement, Kind::Table, _) => " alpha",
        (_, Kind::Table, "nodes") => " '{\"alpha\":\"10.0.0.7:4040\"}'",
        (_, Kind::Table, _) => " '{\"rules\":[]}'",
        (Change::AddElement | Change::RemoveElement, Kind::Services, _) => {
            " '[\"Demo::counter\",40]'"
        }
        (_, Kind::Services, _) => " '[[\"Demo::counter\",40]]'",
        (_, _, "require") => " encrypted",
        (_, _, "nodeid") => " worker-7",
        (_, _, "framing_format") => " json",
        (_, _, "auth_offer" | "auth_accept") => " hmac_sha3_512",
        (_, _, "transports") => " quic,tcp",
        (_, Kind::Text | Kind::List, _) => " 10.0.0.7:4040",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chain, command_line, words};

    /// Cut at spaces as a shell does.
    fn words_of(example: &str) -> Vec<String> {
        let (mut words, mut quote, mut word) = (Vec::new(), None, String::new());
        let command = example.split(" | ").next().unwrap_or_default();
        for letter in command.chars() {
            match (quote, letter) {
                (None, ' ') => words.push(std::mem::take(&mut word)),
                (None, '\'' | '"') => quote = Some(letter),
                (Some(end), letter) if letter == end => quote = None,
                _ => word.push(letter),
            }
        }
        words.push(word);
        words
    }

    #[test]
    fn every_command_has_two_examples_that_are_understood() {
        let line = command_line::command();
        for command in line.get_subcommands() {
            let name = command.get_name();
            if name.starts_with("__") {
                continue;
            }
            let examples = examples(name);
            assert_eq!(examples.len(), 2, "{name}");
            let has = |word: &String| command.get_name_and_visible_aliases().contains(&&**word);
            for example in examples {
                let words = words::of_line(words_of(&example)).expect("words");
                assert!(words.iter().any(has), "{example}");
                for step in chain::split(&line, words) {
                    let step = std::iter::once("aemp".to_owned()).chain(step);
                    let read = line.clone().try_get_matches_from(step);
                    assert_eq!(read.err().map(|error| error.to_string()), None, "{example}");
                }
            }
            let help = command.clone().render_help().to_string();
            assert!(help.contains("\nExamples:\n  "), "{help}");
        }
    }

    #[test]
    fn examples_of_settings_are_values_that_they_may_have() {
        for key in aemp_actor::profile::KEYS {
            let argument = words_of(argument(key, Change::Set)).pop().expect("a word");
            if key.kind != Kind::Pem && !key.is_private() {
                let value = key.read(&argument).expect("it can be read");
                assert_eq!(key.check(&value), Ok(()), "{}", key.name);
            }
        }
    }
}
