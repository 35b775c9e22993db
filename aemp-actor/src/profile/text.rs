//! The text of the file: JSON with two spaces for each step, and with numbers as they were written.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::relaxed::{Document, Step};

/// Writes a document. A number that still stands where it was read is written as it was read: `1e3`,
/// and whole numbers of any length, which memory has only nearly.
pub(crate) fn text_of(document: &Document) -> String {
    let mut writer = Writer { text: String::new(), path: Vec::new(), numbers: &document.numbers };
    writer.object(&document.root);
    writer.text.push('\n');
    writer.text
}

struct Writer<'a> {
    text: String,
    path: Vec<Step>,
    numbers: &'a HashMap<Vec<Step>, (Json, String)>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Json) {
        match value {
            Json::Object(map) => self.object(map),
            Json::Array(elements) => {
                let steps = elements.iter().enumerate();
                self.parts('[', steps.map(|(index, part)| (Step::Index(index), part)), ']');
            }
            Json::Number(_) => match self.numbers.get(&self.path) {
                Some((read, text)) if read == value => self.text.push_str(text),
                _ => self.text.push_str(&value.to_string()),
            },
            other => self.text.push_str(&other.to_string()),
        }
    }

    fn object(&mut self, map: &Map<String, Json>) {
        self.parts('{', map.iter().map(|(key, part)| (Step::Key(key.clone()), part)), '}');
    }

    fn parts<'a>(&mut self, open: char, parts: impl Iterator<Item = (Step, &'a Json)>, end: char) {
        self.text.push(open);
        let mut empty = true;
        for (step, part) in parts {
            if !std::mem::take(&mut empty) {
                self.text.push(',');
            }
            let key = match &step {
                Step::Key(key) => Some(Json::from(key.as_str()).to_string()),
                Step::Index(_) => None,
            };
            self.path.push(step);
            self.line();
            if let Some(key) = key {
                self.text.push_str(&key);
                self.text.push_str(": ");
            }
            self.value(part);
            self.path.pop();
        }
        if !empty {
            self.line();
        }
        self.text.push(end);
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(self.path.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::relaxed::parse;

    #[test]
    fn numbers_stay_as_they_were() {
        let text = concat!(
            "{\n  \"a\": 1.0,\n  \"b\": [\n    1e3,\n    12345678901234567890123,\n    1.50\n  ],\n",
            "  \"c\": {},\n  \"d\": [],\n  \"e\\n\": \"ä\\u0001\",\n  \"f\": -0,\n  \"g\": null\n}\n",
        );
        let mut document = parse(text).expect("valid");
        assert_eq!(text_of(&document), text);
        document.root.insert("f".to_owned(), Json::from(7));
        assert!(text_of(&document).contains("\"f\": 7,"));
    }

    #[test]
    fn it_is_what_serde_json_writes() {
        let document = parse(r#"{"a":{"b":[1,{"c":[]},"x"]},"d":true}"#).expect("valid");
        let expected = serde_json::to_string_pretty(&document.root).expect("written") + "\n";
        assert_eq!(text_of(&document), expected);
    }
}
