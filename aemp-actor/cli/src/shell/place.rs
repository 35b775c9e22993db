//! What may stand at a place of a line: decided from the definition of the commands.

use clap::{Arg, ArgAction, Command};

use super::help::{is_many, name};

/// What may stand somewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Expected {
    Command,
    Node,
    Port,
    /// An argument that is sent: a port, or anything. When it is the first of a message to a node,
    /// the name of a function of that node.
    Argument(Option<String>),
    Group,
    /// An init function of this node.
    Init(String),
    Job,
    /// One of these words.
    OneOf(Vec<String>),
}

/// Where a line leads.
pub(crate) struct Walk<'a> {
    definition: &'a Command,
    command: Option<&'a Command>,
    /// Words before the arguments of a command that name none.
    pub(crate) unknown: Option<&'a str>,
    arguments: Vec<&'a str>,
    /// The option whose value comes next.
    value_of: Option<&'a Arg>,
}

impl<'a> Walk<'a> {
    /// Goes along words that are complete.
    pub(crate) fn along(definition: &'a Command, words: &[&'a str]) -> Self {
        let mut walk = Self {
            definition,
            command: None,
            unknown: None,
            arguments: Vec::new(),
            value_of: None,
        };
        words.iter().for_each(|word| walk.step(word));
        walk
    }

    fn step(&mut self, word: &'a str) {
        if self.value_of.take().is_some() {
            return;
        }
        if self.may_be_option(word)
            && let Some(option) = self.option(word)
        {
            let takes = !matches!(option.get_action(), ArgAction::SetTrue | ArgAction::Count);
            let takes = takes && !option.is_require_equals_set();
            self.value_of = (takes && !word.contains('=')).then_some(option);
        } else if self.command.is_some() {
            self.arguments.push(word);
        } else {
            self.command = self.definition.find_subcommand(word);
            self.unknown = self.unknown.or(self.command.is_none().then_some(word));
        }
    }

    /// Where arguments are sent, everything is one.
    fn may_be_option(&self, word: &str) -> bool {
        word.starts_with('-') && !self.argument().is_some_and(Arg::is_trailing_var_arg_set)
    }

    fn options(&self) -> impl Iterator<Item = &'a Arg> {
        let at = self.command.unwrap_or(self.definition);
        at.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set())
    }

    fn option(&self, word: &str) -> Option<&'a Arg> {
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        self.options().find(|arg| match name.strip_prefix("--") {
            Some(long) => arg.get_long() == Some(long),
            None => arg.get_short().is_some_and(|short| {
                name.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4]))
            }),
        })
    }

    /// The argument that comes next.
    fn argument(&self) -> Option<&'a Arg> {
        let mut all = self.command?.get_positionals();
        let last = self.command?.get_positionals().last().filter(|last| is_many(last));
        all.nth(self.arguments.len()).or(last)
    }

    /// What may stand here, as far as `word` is typed already.
    pub(crate) fn place(&self, word: &str) -> Option<Expected> {
        if let Some(option) = self.value_of {
            return Some(one_of(option));
        }
        if self.may_be_option(word) {
            let names = self.options().filter_map(Arg::get_long);
            let help = self.command.map(|_| "help");
            return Some(Expected::OneOf(
                names.chain(help).map(|name| format!("--{name}")).collect(),
            ));
        }
        if self.command.is_none() {
            return self.unknown.is_none().then_some(Expected::Command);
        }
        let first = self.arguments.first().copied().unwrap_or_default();
        let argument = self.argument()?;
        Some(match name(argument) {
            "COMMAND" => Expected::Command,
            "NODE" => Expected::Node,
            "PORT" => Expected::Port,
            "GROUP" => Expected::Group,
            "FUNCTION" => Expected::Init(first.to_owned()),
            "JOB" => Expected::Job,
            "ARGUMENT" | "REASON" => {
                let asked = self.arguments.len() == 1 && !first.contains('#');
                Expected::Argument(asked.then(|| first.to_owned()))
            }
            _ => one_of(argument),
        })
    }
}

fn one_of(arg: &Arg) -> Expected {
    let values = arg.get_possible_values();
    Expected::OneOf(values.iter().map(|value| value.get_name().to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::commands::definition;

    fn place(line: &str) -> Option<Expected> {
        let definition = definition();
        let (before, word) = line.rsplit_once(' ').unwrap_or(("", line));
        Walk::along(&definition, &before.split_whitespace().collect::<Vec<_>>()).place(word)
    }

    fn words(line: &str) -> Vec<String> {
        match place(line) {
            Some(Expected::OneOf(words)) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_argument_has_its_place() {
        let init = |node: &str| Some(Expected::Init(node.to_owned()));
        for (line, expected) in [
            ("", Some(Expected::Command)),
            ("--timeout 3 s", Some(Expected::Command)),
            ("help s", Some(Expected::Command)),
            ("spawn ", Some(Expected::Node)),
            ("spawn alpha ", init("alpha")),
            ("--json spawn alpha De", init("alpha")),
            ("spawn alpha Demo::x ", Some(Expected::Argument(None))),
            ("cal ", Some(Expected::Port)),
            ("cal alpha ", Some(Expected::Argument(Some("alpha".to_owned())))),
            ("cal alpha#x ", Some(Expected::Argument(None))),
            ("send alpha info $", Some(Expected::Argument(None))),
            ("kil a#b ", Some(Expected::Argument(None))),
            ("groups ", Some(Expected::Group)),
            ("groups one ", None),
            ("tap --count 5 ", Some(Expected::Port)),
            ("cancel 1 ", Some(Expected::Job)),
            ("stop ", Some(Expected::Node)),
            ("nodes --watch ", None),
            ("nonsense ", None),
            ("nodes ", None),
        ] {
            assert_eq!(place(line), expected, "{line:?}");
        }
    }

    #[test]
    fn options_and_their_values() {
        assert_eq!(words("-"), ["--timeout", "--json"]);
        assert_eq!(words("ports alpha --"), ["--sort", "--limit", "--wide", "--watch", "--help"]);
        assert_eq!(words("ports --sort "), ["name", "waiting", "bytes", "handled"]);
        assert_eq!(words("ports alpha x --limit "), Vec::<String>::new());
        assert_eq!(place("snd a#b -"), Some(Expected::Argument(None)));
    }
}
