//! A line becomes words.

use serde_json::Value as Json;

/// A word of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ShellWord {
    pub(crate) text: String,
    /// It stood in single quotes: it means what it says.
    pub(crate) quoted: bool,
}

/// Cuts a line into commands at newlines (a pasted text has some), and those into words at other
/// white space. What begins with `[`, `{` or `"` is JSON up to its end, and stays as it is; what
/// stands in single quotes is one word. Both may contain newlines.
pub(crate) fn commands(line: &str) -> Result<Vec<Vec<ShellWord>>, String> {
    let mut commands = vec![Vec::new()];
    let mut rest = line;
    loop {
        let gap = rest.len() - rest.trim_start().len();
        if rest[..gap].contains('\n') {
            commands.push(Vec::new());
        }
        rest = &rest[gap..];
        let Some(first) = rest.chars().next() else { break };
        let (word, length) = match first {
            '[' | '{' | '"' => {
                let length = json_length(rest)?;
                (ShellWord { text: rest[..length].to_owned(), quoted: false }, length)
            }
            '\'' => {
                let end = rest[1..].find('\'').ok_or_else(|| {
                    format!("the single quote before {} is not closed", beginning(&rest[1..]))
                })?;
                (ShellWord { text: rest[1..=end].to_owned(), quoted: true }, end + 2)
            }
            _ => {
                let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (ShellWord { text: rest[..length].to_owned(), quoted: false }, length)
            }
        };
        commands.last_mut().expect("there is always one").push(word);
        rest = &rest[length..];
    }
    commands.retain(|words| !words.is_empty());
    Ok(commands)
}

fn json_length(text: &str) -> Result<usize, String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        Some(Err(error)) if error.is_eof() && text.starts_with('"') => {
            Err(format!("the double quote before {} is not closed", beginning(&text[1..])))
        }
        Some(Err(error)) if error.is_eof() => {
            Err(format!("the JSON that begins with {} has no end", beginning(text)))
        }
        Some(Err(error)) => Err(format!(
            "invalid JSON: {}: {error}; a text that begins with [, {{ or \" is written in double \
             quotes",
            beginning(text)
        )),
        None => Err(format!("invalid JSON: {}", beginning(text))),
    }
}

/// Enough of a text to find it again.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<Vec<String>> {
        let commands = commands(line).expect("a valid line");
        commands
            .into_iter()
            .map(|words| words.into_iter().map(|word| word.text).collect())
            .collect()
    }

    #[test]
    fn json_and_quotes_are_one_word() {
        assert_eq!(
            texts(r#" snd a#b  [1, "x y"] "two words" 'three " words' 7 "#),
            [["snd", "a#b", "[1, \"x y\"]", "\"two words\"", "three \" words", "7"]]
        );
        assert_eq!(commands("  "), Ok(Vec::new()));
        let quoted: Vec<bool> =
            commands("x 'x' 'ä'").unwrap()[0].iter().map(|word| word.quoted).collect();
        assert_eq!(quoted, [false, true, true]);
    }

    #[test]
    fn a_pasted_text_is_several_commands() {
        assert_eq!(
            texts("nodes\n\n cal a#b {\n\"n\": 1\n} 'x\ny'\ngroups\n"),
            [vec!["nodes"], vec!["cal", "a#b", "{\n\"n\": 1\n}", "x\ny"], vec!["groups"]]
        );
    }

    #[test]
    fn what_is_not_closed_is_named() {
        let problem = |line: &str| commands(line).unwrap_err();
        assert_eq!(problem("snd x 'one two"), "the single quote before one two is not closed");
        assert_eq!(problem("snd x \"one"), "the double quote before one is not closed");
        assert_eq!(problem("snd x [1,2"), "the JSON that begins with [1,2 has no end");
        assert!(problem("snd x {a}").starts_with("invalid JSON: {a}: "));
        assert!(problem(&format!("[{}", "1,".repeat(1000))).len() < 200);
    }
}
