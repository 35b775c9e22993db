//! What is printed: for people on a terminal, as JSON for programs.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::sync::Arc;

use aemp_transport::Value;
use serde_json::Value as Json;

use super::{Options, program_name, progress, stdout};
use aemp_actor::log::{one_line, visible};

/// What lays out the texts that are printed.
pub(crate) const LAID_OUT: [char; 2] = ['\n', '\t'];

/// Where results go, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    /// JSON is a value in each line.
    in_lines: bool,
    colours: bool,
}

/// Takes what is printed, without the newline at its end.
pub(crate) type Sink = Arc<dyn Fn(&str) + Send + Sync>;

tokio::task_local! {
    /// Where what a task prints goes, instead of to standard output.
    static SINK: Sink;
}

/// Has what a command prints go elsewhere, as long as it does that in the same task.
pub(crate) async fn redirected<T>(to: Sink, command: impl Future<Output = T>) -> T {
    SINK.scope(to, command).await
}

/// Whether what is written there may have colours: on a terminal, unless `NO_COLOR` is set, or it
/// has none.
pub(crate) fn colours(to: &impl IsTerminal) -> bool {
    to.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Standard error; when nobody reads it any more, what is written is lost, and that is no error.
pub(crate) struct Stderr(std::io::Stderr);

impl Stderr {
    pub(crate) fn new() -> Self {
        progress::wipe();
        Self(std::io::stderr())
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        drop(self.0.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        drop(self.0.flush());
        Ok(())
    }
}

/// How a word looks on a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Style {
    Plain,
    Heading,
    Good,
    Bad,
}

impl Style {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Heading => Some("1"),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
        }
    }
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, in_lines: false, colours: !json && colours(&std::io::stdout()) }
    }

    pub(crate) fn of(options: &Options) -> Self {
        Self { in_lines: options.in_lines, ..Self::new(options.json) }
    }

    /// Before a table that is printed again and again: a terminal shows it in the place of the last one.
    pub(crate) fn next_table(self, is_first: bool) {
        const TOP_LEFT_AND_CLEAR: &str = "\x1b[H\x1b[2J";
        let is_screen = std::io::stdout().is_terminal() && SINK.try_with(|_| ()).is_err();
        match (self.json, is_screen) {
            (true, _) => {}
            (false, true) => stdout::screen(TOP_LEFT_AND_CLEAR),
            (false, false) if is_first => {}
            (false, false) => self.painted(""),
        }
    }

    /// Prints a line, or several. What controls terminals is shown, not obeyed: most of it comes
    /// from others. That it cannot be written is told when the command ends.
    pub(crate) fn line(self, text: &str) {
        self.painted(&visible(text, &LAID_OUT));
    }

    /// Prints a line as it is.
    fn painted(self, text: &str) {
        if SINK.try_with(|sink| sink(text)).is_err() {
            progress::wipe();
            stdout::line(text);
        }
    }

    /// Tells people something beside the results.
    pub(crate) fn note(self, text: &str) {
        drop(writeln!(Stderr::new(), "{}: {}", program_name(), visible(text, &LAID_OUT)));
    }

    /// Prints a value as JSON.
    pub(crate) fn json(self, value: &Json) {
        let text = match self.in_lines {
            true => Ok(value.to_string()),
            false => serde_json::to_string_pretty(value),
        };
        self.line(&text.expect("JSON is written as JSON"));
    }

    /// Prints values as the Perl implementation does: JSON, with commas between.
    pub(crate) fn values(self, values: &[Value]) {
        let values: Vec<Json> = values.iter().map(json_of).collect();
        if self.json {
            return self.line(&Json::Array(values).to_string());
        }
        let texts: Vec<String> = values.iter().map(Json::to_string).collect();
        self.line(&texts.join(","));
    }

    /// Prints rows under headings, aligned. A row is one line, whatever is in it.
    pub(crate) fn table(self, headings: &[&str], rows: &[Vec<(String, Style)>]) {
        let shown = |(text, style): &(String, Style)| (one_line(text).into_owned(), *style);
        let rows: Vec<Vec<(String, Style)>> =
            rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        let widths: Vec<usize> = (0..headings.len())
            .map(|column| {
                let cells = rows.iter().map(|row| row[column].0.chars().count());
                cells.chain([headings[column].len()]).max().unwrap_or(0)
            })
            .collect();
        let print = |cells: &[(String, Style)]| {
            let mut line = String::new();
            for (index, ((text, style), width)) in cells.iter().zip(&widths).enumerate() {
                let last = index + 1 == cells.len();
                let padding = if last { 0 } else { width - text.chars().count() + 2 };
                line.push_str(&self.paint(text, *style));
                line.push_str(&" ".repeat(padding));
            }
            self.painted(line.trim_end());
        };
        print(
            &headings.iter().map(|text| ((*text).to_owned(), Style::Heading)).collect::<Vec<_>>(),
        );
        for row in &rows {
            print(row);
        }
    }

    fn paint(self, text: &str, style: Style) -> String {
        match style.code().filter(|_| self.colours) {
            Some(code) => format!("\x1b[{code}m{text}\x1b[0m"),
            None => text.to_owned(),
        }
    }
}

/// Bytes become characters up to U+00FF, as on the wire; floats that JSON cannot say, texts.
pub(crate) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::from(*number),
        Value::UInt(number) => Json::from(*number),
        Value::Float(number) => serde_json::Number::from_f64(*number)
            .map_or_else(|| Json::from(value.to_string()), Json::Number),
        Value::Str(text) => Json::from(text.as_str()),
        Value::Bytes(bytes) => {
            bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into()
        }
        Value::List(elements) => elements.iter().map(json_of).collect(),
        Value::Map(entries) => {
            entries.iter().map(|(name, value)| (name.clone(), json_of(value))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_json() {
        let value = Value::List(vec![
            Value::Bytes(vec![b'a', 0xff].into()),
            Value::Float(f64::NAN),
            Value::UInt(u64::MAX),
            Value::Null,
        ]);
        assert_eq!(json_of(&value), json!(["a\u{ff}", "NaN", u64::MAX, null]));
    }
}
