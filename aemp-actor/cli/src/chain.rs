//! Several commands on one line.

use std::collections::HashMap;

use clap::Command;

use super::{command_line, stdin};

/// Cuts a command line (without the program's name) into its commands, each with the options that
/// stand before it or before an earlier one.
///
/// Commands that change the configuration take as many words as they have arguments; all others
/// take what is left. Options may also stand behind the last command, and among the words of one
/// whose arguments are no texts to send. What an option is, and whether the next word is its value,
/// is decided as clap does it: values may be glued (`-pNAME`, `--profile=NAME`), short options may
/// share a word (`-vvj`), and behind `--` nothing is an option.
pub(crate) fn split(command: &Command, words: Vec<String>) -> Vec<Vec<String>> {
    let takes = arities(command);
    let known = Options::of(command);
    let mut options: Vec<String> = Vec::new();
    let mut steps: Vec<Vec<String>> = Vec::new();
    // How many of the options the last step has.
    let mut used = 0;
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        match known.kind(&word) {
            WordKind::Option => options.push(word),
            WordKind::OptionOf => {
                options.push(word);
                match words.next() {
                    Some(value) => options.push(value),
                    // Not in front of a command: that would be its value.
                    None => {
                        steps.push(options.clone());
                        used = options.len();
                    }
                }
            }
            WordKind::Unknown => {
                let rest = std::iter::once(word).chain(words.by_ref());
                steps.push(options.iter().cloned().chain(rest).collect());
                used = options.len();
            }
            WordKind::Plain => {
                let mut step = options.clone();
                used = options.len();
                match (takes.get(&word).copied(), command.find_subcommand(&word)) {
                    (Some(count), _) => {
                        step.push(word);
                        take(&mut step, count, &mut words);
                    }
                    (None, Some(sub)) if takes_no_texts(sub) => {
                        let (hoisted, rest) = hoist(&known, &Options::of(sub), words.by_ref());
                        step.extend(hoisted);
                        step.push(word);
                        step.extend(rest);
                    }
                    _ => {
                        let is_help = word == "help";
                        let asks = |word: &String| matches!(word.as_str(), "--help" | "-h");
                        step.push(word);
                        // To ask for help with help is to ask for help.
                        step.extend(words.by_ref().filter(|word| !(is_help && asks(word))));
                    }
                }
                steps.push(step);
            }
        }
    }
    match steps.last_mut() {
        Some(last) => drop(last.splice(used..used, options.drain(used..))),
        // Options alone: clap says what is missing.
        None => steps.push(options),
    }
    steps
}

/// The words of a command that takes `count`.
fn take(
    step: &mut Vec<String>,
    count: usize,
    words: &mut std::iter::Peekable<impl Iterator<Item = String>>,
) {
    match words.peek().map(String::as_str) {
        Some("--help" | "-h") => return step.extend(words.next()),
        Some("--") => step.extend(words.next()),
        _ => {}
    }
    step.extend(words.by_ref().take(count));
}

/// Whether options can be told from a command's arguments.
fn takes_no_texts(sub: &Command) -> bool {
    !sub.get_positionals()
        .any(|arg| arg.is_allow_hyphen_values_set() || arg.is_trailing_var_arg_set())
}

/// Parts the words of a command into the options of all commands, and its own words.
fn hoist(
    known: &Options,
    own: &Options,
    mut words: impl Iterator<Item = String>,
) -> (Vec<String>, Vec<String>) {
    let (mut hoisted, mut rest) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        match (own.kind(&word), known.kind(&word)) {
            _ if word == "--" => {
                rest.push(word);
                rest.extend(words.by_ref());
            }
            (WordKind::OptionOf, _) => {
                rest.push(word);
                rest.extend(words.next());
            }
            (WordKind::Unknown, WordKind::Option) => hoisted.push(word),
            (WordKind::Unknown, WordKind::OptionOf) => match words.next() {
                Some(value) => hoisted.extend([word, value]),
                None => rest.push(word),
            },
            _ => rest.push(word),
        }
    }
    (hoisted, rest)
}

/// What a word is.
enum WordKind {
    /// A complete option, or several.
    Option,
    /// An option whose value is the next word.
    OptionOf,
    /// An option that is not known, or `--`.
    Unknown,
    Plain,
}

/// The options of a command, and whether they take a value.
struct Options {
    long: HashMap<String, bool>,
    short: HashMap<char, bool>,
}

impl Options {
    fn of(command: &Command) -> Self {
        let (mut long, mut short) = (HashMap::new(), HashMap::new());
        for arg in command.get_arguments() {
            // One whose value is behind a `=` does not take the next word.
            let takes_value = arg.get_action().takes_values() && !arg.is_require_equals_set();
            let names = arg.get_long_and_visible_aliases().unwrap_or_default();
            long.extend(names.into_iter().map(|name| (name.to_owned(), takes_value)));
            let names = arg.get_short_and_visible_aliases().unwrap_or_default();
            short.extend(names.into_iter().map(|name| (name, takes_value)));
        }
        Self { long, short }
    }

    fn kind(&self, word: &str) -> WordKind {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(n, v)| (n, Some(v)));
            return match self.long.get(name) {
                None => WordKind::Unknown,
                Some(true) if value.is_none() => WordKind::OptionOf,
                Some(_) => WordKind::Option,
            };
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            return WordKind::Plain;
        };
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            match self.short.get(&letter) {
                None => return WordKind::Unknown,
                Some(false) => {}
                Some(true) if rest.as_str().is_empty() => return WordKind::OptionOf,
                Some(true) => break,
            }
        }
        WordKind::Option
    }
}

/// How many words a command takes, if that is a fixed number.
fn arities(command: &Command) -> HashMap<String, usize> {
    let mut takes = HashMap::new();
    for sub in command.get_subcommands() {
        let args: Vec<_> = sub.get_positionals().collect();
        let fixed = args.iter().all(|arg| {
            (arg.is_required_set() || arg.get_id() == stdin::SECRET)
                && arg.get_num_args().is_none_or(|n| n == 1.into())
        });
        if fixed && command_line::is_chained(sub.get_name()) {
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

    fn steps(line: &str) -> Vec<String> {
        let words = line.split(' ').map(str::to_owned).collect();
        split(&command_line::command(), words).iter().map(|step| step.join(" ")).collect()
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
        assert_eq!(steps("setsecret -- -a nodeid b"), ["setsecret -- -a", "nodeid b"]);
        assert_eq!(steps("--timeout=5 check nodes"), ["--timeout=5 check", "--timeout=5 nodes"]);
        assert_eq!(steps("gensecret --help"), ["gensecret --help"]);
        assert_eq!(steps("--json"), ["--json"]);
        assert_eq!(steps("showconfig a nodeid b"), ["showconfig a nodeid b"]);
        assert_eq!(
            steps("setmonitortimeout 5 framing_format json"),
            ["setmonitortimeout 5", "framing_format json"]
        );
    }
    #[test]
    fn options_are_recognised_as_clap_does() {
        for (line, expected) in [
            ("-pworker nodes", &["-pworker nodes"][..]),
            ("-p=worker -t5 nodes", &["-p=worker -t5 nodes"]),
            ("-vvvj nodeid a", &["-vvvj nodeid a"]),
            ("-jp worker check nodes", &["-jp worker check", "-jp worker nodes"]),
            ("-jvpworker check nodes", &["-jvpworker check", "-jvpworker nodes"]),
            ("-p -x nodes", &["-p -x nodes"]),
            ("-x nodes check", &["-x nodes check"]),
            ("-jx nodes check", &["-jx nodes check"]),
            ("--jso nodes", &["--jso nodes"]),
            ("--json --help nodes", &["--json --help nodes"]),
            ("-- nodes", &["-- nodes"]),
            ("- nodes", &["- nodes"]),
            ("-p", &["-p"]),
        ] {
            assert_eq!(steps(line), expected, "{line}");
        }
    }

    #[test]
    fn options_may_stand_behind() {
        for (line, expected) in [
            ("nodes --json", &["--json nodes"][..]),
            ("-v nodes -j -t 5", &["-v -j -t 5 nodes"]),
            ("ports a --sort name --json -p b", &["--json -p b ports a --sort name"]),
            ("ports a -- --json", &["ports a -- --json"]),
            ("check --json", &["--json check"]),
            ("nodeid a -v showprofile b -j", &["nodeid a", "-v -j showprofile b"]),
            ("nodeid a -j -p", &["nodeid a", "-j -p"]),
            ("showconfig a -j --sources", &["-j showconfig a --sources"]),
            ("cal a --json", &["cal a --json"]),
            ("nodes --sort x", &["nodes --sort x"]),
            ("help --help", &["help"]),
            ("help top -h", &["help top"]),
        ] {
            assert_eq!(steps(line), expected, "{line}");
        }
    }
}
