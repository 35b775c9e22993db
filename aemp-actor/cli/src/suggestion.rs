//! What was probably meant by a command that there is not.

use aemp_actor::profile::nearest;

/// Words that other programs have for what a command does.
const OTHER_WORDS: [(&str, &str); 17] = [
    ("connect", "shell"),
    ("crashes", "deaths"),
    ("create", "new"),
    ("errors", "deaths"),
    ("exec", "eval"),
    ("init", "new"),
    ("list", "nodes"),
    ("logs", "log"),
    ("ls", "nodes"),
    ("peers", "nodes"),
    ("ping", "bench"),
    ("ps", "ports"),
    ("services", "functions"),
    ("shutdown", "stop"),
    ("start", "run"),
    ("stat", "doctor"),
    ("status", "doctor"),
];

/// The command that was probably meant: the one that does what such a word says elsewhere, or the one that
/// is called almost so.
pub(crate) fn command<'a>(word: &str, commands: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let commands: Vec<&str> = commands.collect();
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
    let same = other.and_then(|(_, name)| commands.iter().copied().find(|command| command == name));
    same.or_else(|| nearest(word, commands))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command_line;

    #[test]
    fn every_word_leads_to_a_command_and_is_none() {
        let line = command_line::command();
        for (word, name) in OTHER_WORDS {
            assert!(line.find_subcommand(name).is_some(), "{name}");
            let is_command = line.find_subcommand(word).is_some_and(|found| !found.is_hide_set());
            assert!(!is_command, "{word}");
        }
    }

    #[test]
    fn commands_that_are_called_otherwise_elsewhere_are_found() {
        let names = ["nodes", "doctor", "stop"];
        for (word, name) in [
            ("ls", Some("nodes")),
            ("nods", Some("nodes")),
            ("status", Some("doctor")),
            ("dance", None),
        ] {
            assert_eq!(command(word, names.into_iter()), name, "{word}");
        }
        assert_eq!(command("start", names.into_iter()), None, "there is no run here");
    }
}
