//! Texts, numbers and words.

use serde_json::Value;

use super::SyntaxError;
use super::parser::Parser;

impl Parser<'_> {
    pub(super) fn string(&mut self) -> Result<String, SyntaxError> {
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let mut end = begin + 1;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') if bytes.get(end + 1) != Some(&b'\n') => end += 2,
                Some(b'\n') | None => {
                    return Err(self.error_at(begin, "a text is not closed", "add the missing \""));
                }
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        let text = self.text[begin..=end].replace('\t', "\\t");
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| {
            let (problem, hint) = if text.bytes().any(|byte| byte < b' ') {
                ("a text with a control character", "write it as \\u and four hexadecimal digits")
            } else if is_half_a_pair(&text) {
                ("half a character: \\u of a pair without the other", "write the character itself")
            } else {
                ("a text with an unknown \\ sequence", "write \\ as \\\\")
            };
            self.errors.push(self.error_at(begin, problem, hint));
            String::new()
        }))
    }

    pub(super) fn single_quoted(&mut self) -> Result<Value, SyntaxError> {
        self.mistake("a single quote", "put texts in double quotes");
        self.until_quote().map(|_| Value::Null)
    }

    /// What stands between single quotes.
    pub(super) fn until_quote(&mut self) -> Result<String, SyntaxError> {
        let rest = &self.text[self.at + 1..];
        match rest.find(['\'', '\n']) {
            Some(length) if rest.as_bytes()[length] == b'\'' => {
                self.at += length + 2;
                Ok(rest[..length].to_owned())
            }
            _ => Err(self.error("a text is not closed", "put texts in double quotes")),
        }
    }

    pub(super) fn word(&mut self) -> &str {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    pub(super) fn number(&mut self) -> Value {
        let begin = self.at;
        let word = self.word().to_owned();
        match serde_json::from_str::<Value>(&word) {
            Ok(number) => {
                let now = number.to_string();
                if now != word {
                    self.document.numbers.insert(self.path.clone(), (number.clone(), word));
                }
                number
            }
            Err(_) => {
                let (problem, hint) = if is_too_large(&word) {
                    ("this number is too large", "write one of a size that makes sense")
                } else {
                    ("invalid number", "write it as 30 or 0.5, and texts in double quotes")
                };
                let error = self.error_at(begin, format!("{problem}: {word}"), hint);
                self.errors.push(error);
                Value::Null
            }
        }
    }

    /// `true`, `false` or `null`; anything else is a mistake.
    pub(super) fn bare_word(&mut self) -> Value {
        let begin = self.at;
        let word = self.word().to_owned();
        match word.as_str() {
            "true" => return Value::Bool(true),
            "false" => return Value::Bool(false),
            "null" => return Value::Null,
            _ => {}
        }
        let hint = match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => "write true, or 1",
            "false" | "no" | "off" => "write false, or 0",
            "none" | "nil" | "undef" | "undefined" => "write null",
            _ => "put texts in double quotes",
        };
        self.errors.push(self.error_at(begin, format!("a bare word: {word}"), hint));
        Value::Null
    }
}

/// Whether the first escape sequence of a text that makes no sense is half of a character that takes
/// two.
fn is_half_a_pair(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, escape)) = rest.split_once('\\') {
        let Some(hexadecimal) = escape.strip_prefix('u') else {
            if !escape.starts_with(['"', '\\', '/', 'b', 'f', 'n', 'r', 't']) {
                return false;
            }
            rest = &escape[1..];
            continue;
        };
        let Some(unit) = code_unit(hexadecimal) else { return false };
        rest = &hexadecimal[4..];
        match unit {
            0xd800..=0xdbff => {
                match rest.strip_prefix("\\u").map(|second| (code_unit(second), second)) {
                    Some((Some(0xdc00..=0xdfff), second)) => rest = &second[4..],
                    _ => return true,
                }
            }
            0xdc00..=0xdfff => return true,
            _ => {}
        }
    }
    false
}

/// The code unit that four hexadecimal digits stand for.
fn code_unit(text: &str) -> Option<u16> {
    let digits =
        text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

/// Whether this is a number, of a size that none has.
fn is_too_large(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, 'e' | 'E' | '+' | '-' | '.');
    word.chars().all(is_part) && word.parse().is_ok_and(f64::is_infinite)
}
