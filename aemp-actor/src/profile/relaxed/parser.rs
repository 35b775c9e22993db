//! From bytes to a document.

use serde_json::{Map, Value};

use super::{Document, Place, Span, Step, SyntaxError};

/// Objects and lists in one another, at most.
const MAX_DEPTH: usize = 100;

/// Reads a text that is one object; an empty text is an empty object. Gives all mistakes, in their
/// order; what is wrong counts as `null`. Behind one that leaves open what was meant nothing is
/// read, and the document is empty.
pub(crate) fn read(bytes: &[u8]) -> (Document, Vec<SyntaxError>) {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return (Document::default(), vec![not_utf8(bytes, error.valid_up_to())]),
    };
    let mut parser = Parser::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    match parser.whole() {
        Ok(root) => parser.document.root = root,
        Err(error) => parser.errors.push(error),
    }
    (parser.document, parser.errors)
}

/// The same, with the first mistake.
#[cfg(test)]
pub(crate) fn parse(text: &str) -> Result<Document, SyntaxError> {
    let (document, errors) = read(text.as_bytes());
    errors.into_iter().next().map_or(Ok(document), Err)
}

fn not_utf8(bytes: &[u8], at: usize) -> SyntaxError {
    let before = &bytes[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    SyntaxError {
        place: Place { line, column: at - begin + 1 },
        problem: "invalid UTF-8".to_owned(),
        hint: "save the file as UTF-8 text",
    }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) path: Vec<Step>,
    pub(super) document: Document,
    pub(super) errors: Vec<SyntaxError>,
    /// Where the objects and lists begin that are not closed yet.
    opened: Vec<usize>,
    /// Where the lines end.
    newlines: Vec<usize>,
}

/// Where to read.
impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            at: 0,
            path: Vec::new(),
            document: Document::default(),
            errors: Vec::new(),
            opened: Vec::new(),
            newlines: newlines.map(|(at, _)| at).collect(),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.skip_to("\n"),
                b'/' => {
                    self.mistake("a slash", "begin comments with #");
                    let block = self.text[self.at..].starts_with("/*");
                    self.skip_to(if block { "*/" } else { "\n" });
                }
                _ => break,
            }
        }
    }

    fn skip_to(&mut self, end: &str) {
        let rest = &self.text[self.at..];
        self.at += rest.find(end).map_or(rest.len(), |at| at + end.len());
    }

    fn place_of(&self, at: usize) -> Place {
        let line = self.newlines.partition_point(|newline| *newline < at);
        let begin = line.checked_sub(1).map_or(0, |before| self.newlines[before] + 1);
        Place { line: line + 1, column: at - begin + 1 }
    }
}

/// Mistakes.
impl Parser<'_> {
    pub(super) fn error(&self, problem: impl Into<String>, hint: &'static str) -> SyntaxError {
        self.error_at(self.at, problem, hint)
    }

    pub(super) fn error_at(
        &self,
        at: usize,
        problem: impl Into<String>,
        hint: &'static str,
    ) -> SyntaxError {
        SyntaxError { place: self.place_of(at), problem: problem.into(), hint }
    }

    /// One behind which reading goes on.
    pub(super) fn mistake(&mut self, problem: impl Into<String>, hint: &'static str) {
        let error = self.error(problem, hint);
        self.errors.push(error);
    }

    /// What is wrong with the byte where something else should stand.
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
            Some(b'}') => {
                self.error(otherwise, "the list before it is not closed, or remove the }")
            }
            Some(b']') => {
                self.error(otherwise, "the object before it is not closed, or remove the ]")
            }
            Some(b',') => self.error(otherwise, "remove the comma, or put a value before it"),
            Some(_) => self.error(otherwise, "separate elements by commas, keys and values by a :"),
        }
    }
}

/// What stands in a text.
impl Parser<'_> {
    fn whole(&mut self) -> Result<Map<String, Value>, SyntaxError> {
        self.skip();
        if self.peek().is_none() {
            return Ok(Map::new());
        }
        if self.peek() != Some(b'{') {
            return Err(self.error("a configuration is an object", "begin the file with {"));
        }
        let begin = self.at;
        let root = self.value()?;
        self.document.spans.insert(Vec::new(), Span { begin, value: begin..self.at });
        self.skip();
        if self.peek().is_some() {
            self.mistake("something follows the end", "remove what is behind the last }");
        }
        Ok(root.as_object().cloned().unwrap_or_default())
    }

    fn value(&mut self) -> Result<Value, SyntaxError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => {
                let before = self.errors.len();
                let text = self.string()?;
                // A text that is wrong is none, not an empty one.
                Ok(if self.errors.len() == before { Value::String(text) } else { Value::Null })
            }
            Some(b'\'') => self.single_quoted(),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => Ok(self.number()),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => Ok(self.bare_word()),
            _ => Err(self.unexpected("a value is missing")),
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
            let begin = self.at;
            let key = match self.peek() {
                Some(b'"') => self.string()?,
                Some(b'\'') => {
                    self.mistake("a single quote", "put keys in double quotes");
                    self.until_quote()?
                }
                Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                    self.mistake("a key without quotes", "put keys in double quotes");
                    self.word().to_owned()
                }
                Some(b',') => {
                    let error = self.unexpected("a key is missing");
                    self.errors.push(error);
                    self.at += 1;
                    continue;
                }
                _ => return Err(self.unexpected("a key is missing")),
            };
            self.skip();
            if self.peek() != Some(b':') {
                return Err(self.error(
                    format!("there is no : after the key {key:?}"),
                    "write \"key\" : value",
                ));
            }
            self.at += 1;
            self.skip();
            let value = self.part(Step::Key(key.clone()), begin)?;
            if map.insert(key.clone(), value).is_some() {
                self.document.twice.push((key, self.place_of(begin)));
            }
            self.separator(b'}')?;
        }
        Ok(Value::Object(map))
    }

    fn list(&mut self) -> Result<Value, SyntaxError> {
        let mut elements = Vec::new();
        while !self.closes(b']') {
            if self.peek() == Some(b',') {
                let error = self.unexpected("a value is missing");
                self.errors.push(error);
                self.at += 1;
                continue;
            }
            let element = self.part(Step::Index(elements.len()), self.at)?;
            elements.push(element);
            self.separator(b']')?;
        }
        Ok(Value::Array(elements))
    }

    /// Reads the value of a key or an element, and remembers where it stands.
    fn part(&mut self, step: Step, begin: usize) -> Result<Value, SyntaxError> {
        if self.peek() == Some(b',') {
            // The comma is the separator.
            let error = self.unexpected("a value is missing");
            self.errors.push(error);
            return Ok(Value::Null);
        }
        self.path.push(step);
        self.document.places.insert(self.path.clone(), self.place_of(begin));
        // One of a key that stands twice.
        self.document.numbers.remove(&self.path);
        let value_begin = self.at;
        let value = self.value();
        let span = Span { begin, value: value_begin..self.at };
        self.document.spans.insert(self.path.clone(), span);
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
            Some(byte) if byte == end => {}
            // The next key or element can be read without it.
            Some(b'"' | b'{' | b'[') => {
                let error = self.unexpected("a comma is missing");
                self.errors.push(error);
            }
            _ => return Err(self.unexpected("a comma is missing")),
        }
        Ok(())
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
            ("{\"a\": secret}", "a bare word: secret: put texts in double quotes"),
            ("{\"a\": 'x'}", "a single quote: put texts in double quotes"),
            ("{ // x", "a slash: begin comments with #"),
            ("{\"a\": 1 \"b\": 2}", "line 1, column 9: a comma is missing"),
            ("{\"a\": ,}", "a value is missing: remove the comma"),
            ("{\"a\": \"b\n\"}", "a text is not closed: add the missing \""),
            ("{\"a\": \"\\x\"}", "unknown \\ sequence"),
            ("{\"a\": \"\\ud800\"}", "half a character"),
            ("{\"a\": \"\\\\ \\ud83d\\u0041\"}", "half a character"),
            ("{\"a\": \"\\ud83d\\ude00\\udc00\"}", "half a character"),
            ("{\"a\": \"\\u00zz\\ud800\"}", "unknown \\ sequence"),
            ("{\"a\": 1e999}", "this number is too large: 1e999"),
            ("{\"a\": -inf}", "invalid number: -inf"),
            ("{\"a\": 0x1}", "invalid number: 0x1"),
            ("{} {}", "something follows the end"),
        ] {
            let error = parse(text).expect_err(text);
            let shown = format!("{}: {}: {}", error.place, error.problem, error.hint);
            assert!(shown.contains(expected), "{text}: {shown}");
        }
        assert!(parse(&"[".repeat(200).replacen('[', "{\"a\":", 1)).is_err());
    }

    #[test]
    fn mistakes_are_told_together() {
        let text = "{\n  secret: 'x',\n  \"a\": yes\n  \"b\": 0x1, // c\n  \"d\": [1,,2 3],\n \
            \"e\": ,\n \"f\": \"\\x\",\n \"g\": -,,\n  \"h\": 1e999\n} x";
        let (document, errors) = read(text.as_bytes());
        let told: Vec<_> =
            errors.iter().map(|error| (error.place.line, error.problem.as_str())).collect();
        assert!(document.root.is_empty(), "it is left open what 2 3 is");
        let expected = [
            (2, "a key without quotes"),
            (2, "a single quote"),
            (3, "a bare word: yes"),
            (4, "a comma is missing"),
            (4, "invalid number: 0x1"),
            (4, "a slash"),
            (5, "a value is missing"),
            (5, "a comma is missing"),
        ];
        assert_eq!(told, expected);
        let (document, errors) = read(text.replace("2 3", "2").as_bytes());
        assert_eq!(errors.len(), 13, "{errors:?}");
        let expected = json!({
            "secret": null, "a": null, "b": null, "d": [1, 2], "e": null, "f": null, "g": null,
            "h": null,
        });
        assert_eq!(Value::Object(document.root), expected);
    }

    #[test]
    fn bytes_that_are_no_text() {
        let (_, errors) = read(b"{\r\n \"a\": \"\xff\"}");
        assert_eq!((errors[0].place, errors.len()), (Place { line: 2, column: 8 }, 1));
        let (document, errors) = read("\u{feff}{\r\n# c\r\n\"a\":\r\n1\r\n}\r\n".as_bytes());
        assert_eq!((errors.len(), Value::Object(document.root)), (0, json!({"a": 1})));
    }

    /// No text brings the parser down: cut anywhere, or with any byte in place of another.
    #[test]
    fn no_text_is_too_much() {
        let text = "{\"a\": [1.5, {\"b\": \"\\u00e4ä\"}, 'x', yes], // c\n \"d\": -0 }".as_bytes();
        for at in 0..text.len() {
            read(&text[..at]);
            for byte in 0..=255 {
                let mut text = text.to_vec();
                text[at] = byte;
                read(&text);
            }
        }
        for open in ["[", "{\"a\":", "[{\"a\":"] {
            let (_, errors) = read(format!("{{\"a\": {}", open.repeat(100_000)).as_bytes());
            assert!(errors[0].problem.contains("too many"), "{errors:?}");
        }
    }
}
