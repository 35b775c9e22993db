//! That the guide shows all there is.

use std::collections::BTreeSet;

use crate::home::Home;
use aemp_actor::profile::KEYS;

/// The chapters whose examples are typed in by tests.
const REPLAYED: [&str; 4] = [
    include_str!("../../../../book/src/command.md"),
    include_str!("../../../../book/src/configuration.md"),
    include_str!("../../../../book/src/operating.md"),
    include_str!("../../../../book/src/tour.md"),
];

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

/// The names in the list of `aemp --help`.
fn commands() -> Vec<String> {
    let help = Home::new().run(&["--help"]).text();
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    list.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn the_guide_has_an_example_of_every_command() {
    let (commands, shown) = (commands(), shown());
    assert!(commands.len() > 30, "{commands:?}");
    let missing = commands.iter().filter(|name| *name != "help" && !shown.contains(&***name));
    let missing: Vec<&String> = missing.collect();
    assert!(missing.is_empty(), "no example shows {missing:?}");
    for verb in ["set", "del", "add"] {
        assert!(shown.iter().any(|word| word.starts_with(verb)), "no example of {verb}KEY");
    }
}

#[test]
fn the_guide_names_every_key_and_element() {
    let [_, keys, ..] = REPLAYED;
    let rows: String = keys.lines().filter(|line| line.starts_with("| `")).collect();
    for key in KEYS {
        let name = format!("`{}`", key.name);
        assert!(rows.contains(&name), "the table of keys has no {name}");
        if let Some(element) = key.element() {
            let (name, shorter) = (format!("`add{element}"), key.name.strip_suffix('s'));
            let is_regular = shorter == Some(element) && rows.contains("the last letter");
            assert!(is_regular || keys.contains(&name), "the guide has no {name}`");
        }
    }
}

/// No example is of a secret that can be guessed.
#[test]
fn no_example_has_a_short_secret() {
    for chapter in REPLAYED {
        assert!(!chapter.contains("geheim"), "a secret is made by gensecret");
    }
}
