//! Changing the text of the file where values have changed: comments and the layout of everything
//! else stay.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use super::relaxed::{self, Document, Span, Step};

/// Each is made in a text that was read anew, so that this bounds the time that they take.
const MAX_EDITS: usize = 1000;

/// The text, changed so that it says `root`. `None` when that is not possible: it is wrong, has a key
/// twice, or has no value at all.
pub(super) fn edited(before: &[u8], root: &Map<String, Json>) -> Option<String> {
    let text = std::str::from_utf8(before).ok()?;
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    for _ in 0..MAX_EDITS {
        let (document, errors) = relaxed::read(text.as_bytes());
        if !errors.is_empty() || !document.twice.is_empty() {
            return None;
        }
        let mut path = Vec::new();
        let Some(difference) = difference(&mut path, &document.root, root) else {
            return Some(text);
        };
        let editor = Editor { text: &text, document: &document };
        // From the end, so that what is before stays where it is.
        let mut edits = editor.edits(&path, &difference)?;
        edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, new) in edits {
            text.replace_range(range, &new);
        }
    }
    None
}

/// What of an object is not as it should be.
enum Difference<'a> {
    /// The value at the path is to be this.
    Replace(&'a Json),
    /// The value at the path is to go.
    Remove,
    /// The object at the path is to have this key, too.
    Add(&'a str, &'a Json),
}

/// The first difference; the path then leads there.
fn difference<'a>(
    path: &mut Vec<Step>,
    old: &Map<String, Json>,
    new: &'a Map<String, Json>,
) -> Option<Difference<'a>> {
    for (key, old) in old {
        path.push(Step::Key(key.clone()));
        let found = match (old, new.get(key)) {
            (_, None) => Some(Difference::Remove),
            (old, Some(new)) if old == new => None,
            (Json::Object(old), Some(Json::Object(new))) => difference(path, old, new),
            (_, Some(new)) => Some(Difference::Replace(new)),
        };
        if found.is_some() {
            return found;
        }
        path.pop();
    }
    let added = new.iter().find(|(key, _)| !old.contains_key(*key));
    added.map(|(key, value)| Difference::Add(key, value))
}

type Edits = Vec<(Range<usize>, String)>;

struct Editor<'a> {
    text: &'a str,
    document: &'a Document,
}

impl Editor<'_> {
    /// What has to be replaced in the text.
    fn edits(&self, path: &[Step], difference: &Difference<'_>) -> Option<Edits> {
        let span = self.document.spans.get(path)?;
        Some(match difference {
            Difference::Replace(value) => {
                vec![(span.value.clone(), indented(value, self.indent(span.begin)))]
            }
            Difference::Remove => self.removal(path, span),
            Difference::Add(key, value) => self.addition(path, span, key, value),
        })
    }

    /// The member, with its comma. Where it has lines of its own, all of these.
    fn removal(&self, path: &[Step], span: &Span) -> Edits {
        let (mut begin, mut end) = (span.begin, span.value.end);
        let mut edits = Edits::new();
        match self.comma(end) {
            Some(comma) => end = comma + 1,
            // The last one: the comma before it has nothing to separate any more.
            None => {
                let before =
                    self.members(&path[..path.len() - 1]).filter(|other| other.end < begin);
                let comma =
                    before.max_by_key(|other| other.end).and_then(|other| self.comma(other.end));
                edits.extend(comma.map(|comma| (comma..comma + 1, String::new())));
            }
        }
        let rest = &self.text[end..];
        let line = rest.split('\n').next().unwrap_or(rest);
        if self.begins_line(begin) && line.trim_start().chars().next().is_none_or(|c| c == '#') {
            begin = self.line_of(begin);
            end = (end + line.len() + 1).min(self.text.len());
        } else {
            end += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        }
        edits.push((begin..end, String::new()));
        edits
    }

    /// A member behind the last one.
    fn addition(&self, path: &[Step], span: &Span, key: &str, value: &Json) -> Edits {
        let close = span.value.end - 1;
        let inside = self.text[..close].trim_end().len();
        let last = self.members(path).max_by_key(|member| member.end);
        let mut edits = Edits::new();
        let base = self.indent(span.value.start);
        let step = if base.contains('\t') { "\t" } else { "  " };
        let (mut indent, mut has_lines) = (format!("{base}{step}"), true);
        if let Some(last) = &last {
            has_lines = self.begins_line(last.start) || self.text[last.end..close].contains('\n');
            if self.begins_line(last.start) {
                indent = self.indent(last.start).to_owned();
            }
            if self.comma(last.end).is_none() {
                edits.push((last.end..last.end, ",".to_owned()));
            }
        }
        let key = Json::from(key);
        if has_lines {
            let member = format!("\n{indent}{key}: {}", indented(value, &indent));
            edits.push((inside..close, format!("{member}\n{base}")));
        } else {
            edits.push((inside..inside, format!(" {key}: {}", indented(value, base))));
        }
        // What is at the same place comes in the order in which it was made.
        if let [(comma, _), (member, _)] = &edits[..]
            && comma.end == member.start
        {
            let member = edits.pop().expect("there are two");
            edits = vec![(member.0, format!(",{}", member.1))];
        }
        edits
    }

    /// The members of an object: from the key to the end of the value.
    fn members(&self, path: &[Step]) -> impl Iterator<Item = Range<usize>> {
        let spans = self.document.spans.iter();
        let members =
            spans.filter(move |(other, _)| other.split_last().is_some_and(|(_, p)| p == path));
        members.map(|(_, span)| span.begin..span.value.end)
    }

    /// The comma behind a value: white space and comments may stand between.
    fn comma(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start().len();
            match self.text.as_bytes().get(at) {
                Some(b',') => return Some(at),
                Some(b'#') => at += self.text[at..].find('\n')?,
                _ => return None,
            }
        }
    }

    fn line_of(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Whether only white space stands before this place in its line.
    fn begins_line(&self, at: usize) -> bool {
        self.text[self.line_of(at)..at].trim().is_empty()
    }

    /// The white space at the beginning of the line of this place.
    fn indent(&self, at: usize) -> &str {
        let line = &self.text[self.line_of(at)..at];
        &line[..line.len() - line.trim_start().len()]
    }
}

/// The value as text; its lines but the first one are indented.
fn indented(value: &Json, indent: &str) -> String {
    let text = serde_json::to_string_pretty(value).expect("JSON is written as JSON");
    text.replace('\n', &format!("\n{indent}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn edit(text: &str, root: Json) -> Option<String> {
        edited(text.as_bytes(), root.as_object().expect("an object"))
    }

    #[test]
    fn comments_and_layout_stay() {
        let text = "# mine\n{\n    \"a\" : 1, # one\n    # two\n    \"b\": [1, 2],\n    \"c\": {\"d\":1e3} # end\n}\n# last\n";
        let edited = |root| edit(text, root).expect("it can be edited");
        assert_eq!(edited(json!({"a":1,"b":[1,2],"c":{"d":1e3}})), text);
        let a = edited(json!({"a":{"x":1},"b":[1,2],"c":{"d":1e3}}));
        assert_eq!(a, text.replace(": 1,", ": {\n      \"x\": 1\n    },"));
        let removed = edited(json!({"b":[1,2],"c":{"d":1e3}}));
        assert_eq!(removed, text.replace("    \"a\" : 1, # one\n", ""));
        let last = edited(json!({"a":1,"b":[1,2]}));
        assert_eq!(last, text.replace("[1, 2],\n    \"c\": {\"d\":1e3} # end", "[1, 2]"));
        let added = edited(json!({"a":1,"b":[1,2],"c":{"d":1e3},"e":"f"}));
        assert_eq!(added, text.replace("} # end\n", "}, # end\n    \"e\": \"f\"\n"));
        let inside = edited(json!({"a":1,"b":[1,2],"c":{"d":1e3,"e":[7]}}));
        assert_eq!(inside, text.replace("1e3}", "1e3, \"e\": [\n      7\n    ]}"));
    }

    #[test]
    fn objects_without_members() {
        assert_eq!(edit("{}", json!({"a": 1})).as_deref(), Some("{\n  \"a\": 1\n}"));
        let text = edit("{ # none\n}\n", json!({"a": 1}));
        assert_eq!(text.as_deref(), Some("{ # none\n  \"a\": 1\n}\n"));
        assert_eq!(edit("{ \"a\": 1 }", json!({})).as_deref(), Some("{ }"));
        assert_eq!(edit("{\"a\":1,}", json!({"b":2})).as_deref(), Some("{\n  \"b\": 2\n}"));
    }

    #[test]
    fn what_cannot_be_edited() {
        for text in ["", "# nothing", "{\"a\": 1, \"a\": 2}", "{\"a\": yes}"] {
            assert_eq!(edit(text, json!({"b": 1})), None, "{text}");
        }
    }

    /// From any text to any value: what is read then is that value, and it is plain JSON again when it
    /// was.
    #[test]
    fn every_change_comes_out_right() {
        let roots = [
            json!({}),
            json!({"a": 1}),
            json!({"a": {"b": 1, "c": {}}, "d": [1, {"e": 2}]}),
            json!({"d": [], "f": "g", "a": {"c": {"h": null}}}),
            json!({"x": {"y": {"z": 1}}, "d": "\\\"#"}),
        ];
        let compact = roots.iter().map(Json::to_string);
        let pretty = roots.iter().map(|root| serde_json::to_string_pretty(root).expect("JSON"));
        for text in compact.chain(pretty) {
            for commented in
                [text.clone(), text.replace(',', " # c\n , # d\n").replace('{', "{# e\n")]
            {
                for root in &roots {
                    let new = edit(&commented, root.clone()).expect(&commented);
                    let (document, errors) = relaxed::read(new.as_bytes());
                    assert!(errors.is_empty() && Json::Object(document.root) == *root, "{new}");
                    if commented == text {
                        let plain: Json = serde_json::from_str(&new).expect(&new);
                        assert_eq!(plain, *root);
                    }
                }
            }
        }
    }
}
