//! Text of others on our terminal.

use std::borrow::Cow;

/// Writes control characters (C0, DEL, C1) but those in `keep` as JSON does, so that a terminal shows
/// them and does not obey them: JSON in which they are escaped that way means what it meant before.
pub fn visible<'a>(text: &'a str, keep: &[char]) -> Cow<'a, str> {
    let hides = |character: char| character.is_control() && !keep.contains(&character);
    if !text.contains(hides) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            _ if !hides(character) => shown.push(character),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ => shown.push_str(&format!("\\u{:04x}", u32::from(character))),
        }
    }
    Cow::Owned(shown)
}

/// The same without exception: what is to be one line is one.
pub fn one_line(text: &str) -> Cow<'_, str> {
    visible(text, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown() {
        let text = "a\x1b[2J\r\nb\tä\u{9b}\x7f\0";
        assert_eq!(one_line(text), "a\\u001b[2J\\r\\nb\\tä\\u009b\\u007f\\u0000");
        assert_eq!(visible(text, &['\n', '\t']), "a\\u001b[2J\\r\nb\tä\\u009b\\u007f\\u0000");
        assert!(matches!(one_line("plain, ⇒ ä"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a": "\u{7f}\u{9b}\x1b\n\"" });
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let shown = visible(&text, &['\n']);
        assert_ne!(shown, text);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
    }
}
