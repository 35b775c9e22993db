//! The commands for a single key of a profile: `setKEY`, `delKEY`, `addELEMENT`, `delELEMENT`. They are
//! made from the table of keys.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};

use super::stdin;
use aemp_actor::profile::{KEYS, Key, Kind};

/// A command for a key, as it was typed.
#[derive(Clone)]
pub(crate) struct KeyCommand {
    pub(crate) key: &'static Key,
    pub(crate) change: Change,
    pub(crate) arguments: ArgMatches,
}

/// What a command does with a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Set,
    Remove,
    AddElement,
    RemoveElement,
}

impl KeyCommand {
    /// The command of this name.
    pub(crate) fn find(name: &str, arguments: &ArgMatches) -> Option<Self> {
        let (key, change) = change_of(name)?;
        Some(Self { key, change, arguments: arguments.clone() })
    }
}

/// What a command does, by its name: `set`, `del` or `add`, and a key.
pub(crate) fn change_of(name: &str) -> Option<(&'static Key, Change)> {
    for key in KEYS {
        let names = [Some(key.name), key.former_name()];
        if let Some(verb) = names.iter().flatten().find_map(|key| name.strip_suffix(*key)) {
            match verb {
                "set" => return Some((key, Change::Set)),
                "del" => return Some((key, Change::Remove)),
                _ => {}
            }
        }
        match key.element().and_then(|element| name.strip_suffix(element)) {
            Some("add") => return Some((key, Change::AddElement)),
            Some("del") => return Some((key, Change::RemoveElement)),
            _ => {}
        }
    }
    None
}

/// The commands of all keys.
pub(crate) fn commands() -> impl Iterator<Item = Command> {
    KEYS.iter().flat_map(of_key)
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
            Kind::Table => ("A JSON object with the entries to add", "A name"),
            Kind::Services => ("A name, or JSON: [\"NAME\", ARGUMENT...]", "As it was added"),
            _ => (
                "One element, or several separated by commas",
                "One, or several separated by commas",
            ),
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

fn word(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).required(true).allow_negative_numbers(true).help(help)
}

/// A secret is no argument: it comes from standard input.
fn secret() -> Arg {
    Arg::new(stdin::SECRET)
        .value_name("-")
        .help("Read standard input, which is the default; a terminal does not echo what is typed")
}
