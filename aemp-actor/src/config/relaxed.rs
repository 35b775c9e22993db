//! The reference's relaxed JSON: comments from `#` to the end of the line, a comma after the last
//! element, and tabs in texts. Knows where everything stands.

use std::collections::HashMap;
use std::fmt;

use serde_json::{Map, Value};

/// A line and a column, both from 1; the column counts octets.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// One step from a value to a part of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A text that was read: its value, and where its keys and elements stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    pub(crate) root: Map<String, Value>,
    pub(crate) places: HashMap<Vec<Step>, Place>,
    /// Keys that stand twice in one object: the later one counts.
    pub(crate) twice: Vec<(String, Place)>,
}

/// Why a text cannot be read, and what to do about it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SyntaxError {
    pub(crate) place: Place,
    pub(crate) problem: String,
    pub(crate) hint: &'static str,
}

/// Objects and lists in one another, at most.
const MAX_DEPTH: usize = 100;

/// Reads a text that is one object; an empty text is an empty object.
pub(crate) fn parse(text: &str) -> Result<Document, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser =
        Parser { text, at: 0, path: Vec::new(), document: Document::default(), opened: Vec::new() };
    parser.skip();
    if parser.peek().is_none() {
        return Ok(parser.document);
    }
    if parser.peek() != Some(b'{') {
        return Err(parser.error("a configuration is an object", "begin the file with {"));
    }
    let root = parser.value()?;
    parser.skip();
    if parser.peek().is_some() {
        return Err(parser.error("something follows the end", "remove what is behind the last }"));
    }
    if let Value::Object(map) = root {
        parser.document.root = map;
    }
    Ok(parser.document)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Step>,
    document: Document,
    /// Where the objects and lists begin that are not closed yet.
    opened: Vec<usize>,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        while let Some(octet) = self.peek() {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    fn place_of(&self, at: usize) -> Place {
        let before = &self.text[..at];
        let line = before.bytes().filter(|octet| *octet == b'\n').count() + 1;
        let column = at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
        Place { line, column }
    }

    fn error(&self, problem: impl Into<String>, hint: &'static str) -> SyntaxError {
        self.error_at(self.at, problem, hint)
    }

    fn error_at(&self, at: usize, problem: impl Into<String>, hint: &'static str) -> SyntaxError {
        SyntaxError { place: self.place_of(at), problem: problem.into(), hint }
    }

    fn value(&mut self) -> Result<Value, SyntaxError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.scalar("this is no number", "write it as 30 or 0.5"),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                self.scalar("a bare word", "put texts in double quotes")
            }
            _ => Err(self.unexpected("a value is missing")),
        }
    }

    /// What is wrong with the octet where something else should stand.
    fn unexpected(&self, otherwise: &str) -> SyntaxError {
        match self.peek() {
            None => {
                let opened = self.opened.last().copied().unwrap_or(0);
                let (kind, hint) = match self.text.as_bytes().get(opened) {
                    Some(b'[') => ("list", "add the missing ]"),
                    _ => ("object", "add the missing }"),
                };
                let problem =
                    format!("the {kind} that begins at {} is not closed", self.place_of(opened));
                self.error(problem, hint)
            }
            Some(b'\'') => self.error("a single quote", "put texts in double quotes"),
            Some(b'/') => self.error("a slash", "begin comments with #"),
            Some(b',') => self.error(otherwise, "remove the comma, or put a value before it"),
            Some(_) => self.error(otherwise, "separate elements by commas, keys and values by a :"),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, SyntaxError>,
    ) -> Result<Value, SyntaxError> {
        if self.opened.len() >= MAX_DEPTH {
            return Err(self.error("too many lists and objects in one another", "nest less"));
        }
        self.opened.push(self.at);
        self.at += 1;
        let value = read(self)?;
        self.opened.pop();
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, SyntaxError> {
        let mut map = Map::new();
        while !self.closes(b'}') {
            let place = self.place_of(self.at);
            if self.peek() != Some(b'"') {
                return Err(match self.peek() {
                    Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                        self.error("a key without quotes", "put keys in double quotes")
                    }
                    _ => self.unexpected("a key is missing"),
                });
            }
            let key = self.string()?;
            self.skip();
            if self.peek() != Some(b':') {
                return Err(self.error(
                    format!("there is no : after the key {key:?}"),
                    "write \"key\" : value",
                ));
            }
            self.at += 1;
            self.skip();
            let value = self.part(Step::Key(key.clone()), place)?;
            if map.insert(key.clone(), value).is_some() {
                self.document.twice.push((key, place));
            }
            self.separator(b'}')?;
        }
        Ok(Value::Object(map))
    }

    fn list(&mut self) -> Result<Value, SyntaxError> {
        let mut elements = Vec::new();
        while !self.closes(b']') {
            let place = self.place_of(self.at);
            let element = self.part(Step::Index(elements.len()), place)?;
            elements.push(element);
            self.separator(b']')?;
        }
        Ok(Value::Array(elements))
    }

    /// Reads the value of a key or an element, and remembers where it stands.
    fn part(&mut self, step: Step, place: Place) -> Result<Value, SyntaxError> {
        self.path.push(step);
        self.document.places.insert(self.path.clone(), place);
        let value = self.value();
        self.path.pop();
        value
    }

    /// Whether the object or list ends here; its end is then read.
    fn closes(&mut self, end: u8) -> bool {
        self.skip();
        let closes = self.peek() == Some(end);
        self.at += usize::from(closes);
        closes
    }

    /// A comma, unless the end follows.
    fn separator(&mut self, end: u8) -> Result<(), SyntaxError> {
        self.skip();
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(octet) if octet == end => {}
            _ => return Err(self.unexpected("a comma is missing")),
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let begin = self.at;
        let octets = self.text.as_bytes();
        let mut end = begin + 1;
        loop {
            match octets.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(b'\n') | None => {
                    return Err(self.error_at(begin, "a text is not closed", "add the missing \""));
                }
                Some(_) => end += 1,
            }
        }
        self.at = end + 1;
        let text = self.text[begin..=end].replace('\t', "\\t");
        serde_json::from_str(&text).map_err(|_| {
            self.error_at(begin, "a text with an unknown \\ sequence", "write \\ as \\\\")
        })
    }

    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, problem: &str, hint: &'static str) -> Result<Value, SyntaxError> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let word = &rest[..length];
        let value = serde_json::from_str(word)
            .map_err(|_| self.error(format!("{problem}: {word}"), hint))?;
        self.at += length;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        Value::Object(parse(text).expect(text).root)
    }

    #[test]
    fn reads_what_the_reference_reads() {
        let text = "# mine\n{ \"binds\": [\"*:4040\", # all\n  ],\n\t\"a\tb\": 1.5, }\n# end";
        assert_eq!(value(text), json!({ "binds": ["*:4040"], "a\tb": 1.5 }));
        assert_eq!(value(" \n"), json!({}));
        assert_eq!(value(r##"{"a":"# no comment \" \\"}"##), json!({"a": "# no comment \" \\"}));
        assert_eq!(value(r#"{"a":[true,false,null,-1,{}]}"#), json!({"a":[true,false,null,-1,{}]}));
    }

    #[test]
    fn knows_where_things_stand() {
        let document = parse("{\n  \"a\": [\n    1, 2\n  ],\n  \"a\": 3 }").expect("valid");
        let key = Step::Key("a".to_owned());
        let place = |line, column| Place { line, column };
        assert_eq!(document.places[&vec![key, Step::Index(1)]], place(3, 8));
        assert_eq!(document.twice, [("a".to_owned(), place(5, 3))]);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        for (text, expected) in [
            ("[]", "line 1, column 1: a configuration is an object: begin the file with {"),
            (
                "{\n\"a\" 1}",
                "line 2, column 5: there is no : after the key \"a\": write \"key\" : value",
            ),
            ("{\"a\": {", "the object that begins at line 1, column 7 is not closed"),
            ("{\"a\": [1", "the list that begins at line 1, column 7 is not closed"),
            ("{a: 1}", "a key without quotes: put keys in double quotes"),
            ("{\"a\": yes}", "a bare word: yes: put texts in double quotes"),
            ("{\"a\": 'x'}", "a single quote: put texts in double quotes"),
            ("{ // x", "a slash: begin comments with #"),
            ("{\"a\": 1 \"b\": 2}", "line 1, column 9: a comma is missing"),
            ("{\"a\": ,}", "a value is missing: remove the comma"),
            ("{\"a\": \"b\n\"}", "a text is not closed: add the missing \""),
            ("{\"a\": \"\\x\"}", "unknown \\ sequence"),
            ("{\"a\": 0x1}", "this is no number: 0x1"),
            ("{} {}", "something follows the end"),
        ] {
            let error = parse(text).expect_err(text);
            let shown = format!("{}: {}: {}", error.place, error.problem, error.hint);
            assert!(shown.contains(expected), "{text}: {shown}");
        }
        assert!(parse(&"[".repeat(200).replacen('[', "{\"a\":", 1)).is_err());
    }
}
