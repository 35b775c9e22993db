//! Several commands on one line.

use std::collections::HashMap;

use clap::Command;

use super::args::{WITH_VALUE, WITHOUT_VALUE};
use super::operating;

/// Cuts a command line (without the program's name) into its commands, each with the options that
/// stand before it or before an earlier one.
///
/// Commands that change the configuration take as many words as they have arguments; all others
/// take what is left.
pub(crate) fn split(command: &Command, words: Vec<String>) -> Vec<Vec<String>> {
    let takes = arities(command);
    let mut options: Vec<String> = Vec::new();
    let mut steps = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if is_option(&word) {
            let value = WITH_VALUE.contains(&word.as_str()).then(|| words.next()).flatten();
            options.push(word);
            options.extend(value);
            continue;
        }
        let mut step = options.clone();
        let count = takes.get(&word).copied();
        step.push(word);
        match count {
            Some(_) if words.peek().is_some_and(|word| word == "--help" || word == "-h") => {
                step.extend(words.next());
            }
            Some(count) => {
                for _ in 0..count {
                    step.extend(words.next());
                }
            }
            None => step.extend(words.by_ref()),
        }
        steps.push(step);
    }
    if steps.is_empty() {
        // Options alone: clap says what is missing.
        steps.push(options);
    }
    steps
}

fn is_option(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    WITH_VALUE.contains(&name) || WITHOUT_VALUE.contains(&name)
}

/// How many words a command takes, if that is a fixed number.
fn arities(command: &Command) -> HashMap<String, usize> {
    let mut takes = HashMap::new();
    for sub in command.get_subcommands() {
        let args: Vec<_> = sub.get_positionals().collect();
        let fixed = args
            .iter()
            .all(|arg| arg.is_required_set() && arg.get_num_args().is_none_or(|n| n == 1.into()));
        let last = matches!(
            sub.get_name(),
            "mon" | "trace" | "shell" | "nodes" | "groups" | "completions"
        ) || operating::knows(sub.get_name());
        if fixed && !last {
            for name in std::iter::once(sub.get_name()).chain(sub.get_all_aliases()) {
                takes.insert(name.to_owned(), args.len());
            }
        }
    }
    takes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args;

    fn steps(line: &str) -> Vec<String> {
        let words = line.split(' ').map(str::to_owned).collect();
        split(&args::command(), words).iter().map(|step| step.join(" ")).collect()
    }

    #[test]
    fn set_commands_chain_and_others_take_the_rest() {
        assert_eq!(
            steps("gensecret profile seed nodeid seed binds 127.0.0.1:4040 addseed x delseeds"),
            [
                "gensecret",
                "profile seed",
                "nodeid seed",
                "binds 127.0.0.1:4040",
                "addseed x",
                "delseeds"
            ],
        );
        assert_eq!(steps("profile a cal b setnodeid c"), ["profile a", "cal b setnodeid c"]);
        assert_eq!(
            steps("-p x --json setnodeid --json nodes"),
            ["-p x --json setnodeid --json", "-p x --json nodes"]
        );
        assert_eq!(steps("--timeout=5 check nodes"), ["--timeout=5 check", "--timeout=5 nodes"]);
        assert_eq!(steps("gensecret --help"), ["gensecret --help"]);
        assert_eq!(steps("--json"), ["--json"]);
        assert_eq!(steps("showconfig a nodeid b"), ["showconfig a nodeid b"]);
        assert_eq!(
            steps("setmonitortimeout 5 framing_format json"),
            ["setmonitortimeout 5", "framing_format json"]
        );
    }
}
