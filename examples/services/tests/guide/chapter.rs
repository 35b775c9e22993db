//! What a chapter of the guide shows: commands, and what they print.

use snapbox::IntoData;

/// A command and what it prints.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// It stands in a block of a second terminal, and goes on while the first is used.
    pub(crate) beside: bool,
    pub(crate) command: String,
    pub(crate) status: i32,
    pub(crate) shown: Vec<String>,
}

/// The commands of all blocks ```` ```console ````, and ```` ```console,beside ````.
pub(crate) fn steps(chapter: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for line in chapter.lines() {
        match (block, line) {
            (None, "```console") => block = Some(false),
            (None, "```console,beside") => block = Some(true),
            (Some(_), "```") => block = None,
            (Some(beside), line) => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    let command = command.to_owned();
                    steps.push(Step { beside, command, status: 0, shown: Vec::new() });
                }
                (None, Some(step)) => step.add(line),
                (None, None) => panic!("a block begins with {line:?}, not with a command"),
            },
            (None, _) => {}
        }
    }
    for step in &mut steps {
        while step.shown.last().is_some_and(String::is_empty) {
            step.shown.pop();
        }
    }
    steps
}

impl Step {
    fn add(&mut self, line: &str) {
        if let Some(more) = line.strip_prefix("> ") {
            self.command.push('\n');
            self.command.push_str(more);
        } else if let Some(status) = line.strip_prefix("? ") {
            self.status = status.parse().expect("an exit code");
        } else {
            self.shown.push(line.to_owned());
        }
    }

    /// The port ID that a command is shown to make, and that is another one each time.
    pub(crate) fn new_port(&self) -> Option<&str> {
        let shown = self.shown.first()?;
        let made = self.command.starts_with("aemp spawn ") && shown.contains('#');
        (made && self.shown.len() == 1).then_some(shown)
    }

    /// Whether this is what was printed, but for what varies.
    ///
    /// # Errors
    /// With the differences.
    pub(crate) fn compare(&self, printed: &[String]) -> Result<(), String> {
        let top = self.command.starts_with("aemp top ");
        let shown = self.shown.iter().enumerate();
        let shown: Vec<String> = shown
            .map(|(number, line)| match line.split_once(' ') {
                Some((node, _)) if top && number > 0 => format!("{node} [..]"),
                _ => varying(line),
            })
            .collect();
        let printed: Vec<String> = printed.iter().map(|line| squeezed(line)).collect();
        let (shown, printed) = (text(&shown), text(&printed));
        let assert = snapbox::Assert::new();
        assert.try_eq(None, printed.into_data(), shown.into_data()).map_err(|e| e.to_string())
    }
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Columns are as wide as what stands in them.
fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What `aemp info` says that is another number each time.
const COUNTS: [&str; 6] =
    ["ports ", "messages handled ", "messages dropped ", "process ", "\"pid\": ", "\"resident\": "];

/// Times, sizes, rates, addresses, and the IDs of ports and nodes that nobody has named are
/// different each time, and so is what is counted of nodes; all else is exact.
fn varying(line: &str) -> String {
    if let Some(count) = COUNTS.iter().find(|count| line.trim_start().starts_with(*count)) {
        return format!("{count}[..]");
    }
    if let [node, state @ "up", _, queue @ "0", _, _, protection @ ..] =
        &*line.split_whitespace().collect::<Vec<_>>()
        && protection.first() == Some(&"tcp")
    {
        // The traffic is bytes, which have a unit only when they are many.
        let node = token(node);
        return format!("{node} {state} [..] {queue} [..] [..] {}", protection.join(" "));
    }
    let mut tokens: Vec<String> = line.split_whitespace().map(token).collect();
    if let Some(rate) = tokens.iter().position(|token| token == "messages/s,") {
        tokens[rate - 1] = "[..]".to_owned();
    }
    // `3h 7m 12s` is one figure.
    tokens.dedup_by(|one, before| one == before && one == "[..]");
    tokens.join(" ")
}

fn token(token: &str) -> String {
    let word = token.trim_matches(['(', ')', ',', ';', '"']);
    if is_figure(word) || is_moment(word) {
        return token.replace(word, "[..]");
    }
    for unnamed in ["anon/", "#", "127.0.0.1:"] {
        if let Some((before, after)) = token.split_once(unnamed)
            && !after.is_empty()
        {
            let end = after.trim_start_matches(|c: char| !['(', ')', ',', ';', '"'].contains(&c));
            return format!("{before}{unnamed}[..]{end}");
        }
    }
    token.to_owned()
}

/// `1.5`, `0.21ms`, `9.1M`, `12s`, `3:07`, `18:24:13`; not `7`.
fn is_figure(word: &str) -> bool {
    const UNITS: [&str; 13] = ["ns", "us", "ms", "s", "m", "h", "d", "K", "M", "G", "T", "%", "/s"];
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at(end);
    let clock = |rest: &str| rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit());
    let with_unit = UNITS.contains(&unit)
        || unit.strip_prefix(':').is_some_and(|rest| rest.split(':').all(clock));
    number.parse::<f64>().is_ok() && (with_unit || unit.is_empty() && number.contains('.'))
}

/// `2026-11-22T18:24:13.000Z`.
fn is_moment(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[13] == b':'
}

#[test]
fn a_chapter_is_read() {
    let chapter =
        "x\n```console\n$ a b\n> c\n? 3\none\n\ntwo\n\n$ d\n```\n```console,beside\n$ e\n```\n";
    let steps = steps(chapter);
    assert_eq!((steps[0].command.as_str(), steps[0].status), ("a b\nc", 3));
    assert_eq!(steps[0].shown, ["one", "", "two"]);
    assert_eq!((steps[1].command.as_str(), steps[1].beside), ("d", false));
    assert_eq!((steps[2].command.as_str(), steps[2].beside), ("e", true));
}

#[test]
fn only_what_varies_may_be_another() {
    let shown =
        "a  0.21ms (9.1M)  beta#k.1, anon/x 127.0.0.1:80 3m 7 up 2026-11-22T18:24:13.000Z x";
    let step = |line: &str| Step {
        beside: false,
        command: String::new(),
        status: 0,
        shown: vec![line.to_owned()],
    };
    let is = |printed: &str| step(shown).compare(&[printed.to_owned()]).is_ok();
    assert!(is(
        "a 3.00s (812)   beta#9, anon/y 127.0.0.1:9000 1h 2m 7 up 2027-01-01T00:00:00.000Z x"
    ));
    assert!(!is(
        "a 3.00s (812)   gamma#9, anon/y 127.0.0.1:9000 1h 7 up 2027-01-01T00:00:00.000Z x"
    ));
    assert!(!is(
        "a 3.00s (812)   beta#9, anon/y 127.0.0.1:9000 1h 8 up 2027-01-01T00:00:00.000Z x"
    ));
    assert!(step("7").compare(&["8".to_owned()]).is_err());
}
