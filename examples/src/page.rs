//! How a guided example looks on the terminal: numbered steps, code on the left, what came of it
//! on the right.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Where code begins, and how wide it is; what came of it stands to its right.
const MARGIN: usize = 4;
const CODE: usize = 48;
const WIDTH: usize = 80;

/// Prints the steps of a guided example; in colour if standard output is a terminal.
#[derive(Debug)]
pub struct Page {
    styled: bool,
    step: usize,
    title: String,
}

impl Page {
    /// Begins with a heading and what it is about.
    pub fn new(heading: &str, about: &str) -> Self {
        let styled = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let page = Self { styled, step: 0, title: String::new() };
        print(&format!("\n {}  {about}", page.bold(heading)));
        page
    }

    /// The next step: its title, and a line of explanation.
    pub fn step(&mut self, title: &str, explanation: &str) {
        self.step += 1;
        self.title = title.to_owned();
        print(&format!("\n {} {}", self.bold(&format!("{}.", self.step)), self.bold(title)));
        print(&format!("{:MARGIN$}{}", "", self.paint("2", explanation)));
    }

    /// A line of code, and what came of it.
    pub fn show(&self, code: &str, result: impl Display) {
        let code = self.paint("36", &format!("{code:<CODE$}"));
        print(&format!("{:MARGIN$}{code}  {result}", ""));
    }

    /// What happened because of the line above.
    pub fn event(&self, event: impl Display) {
        let arrow = self.paint("33", "→");
        for (index, line) in wrapped(&event.to_string(), WIDTH - MARGIN - 4).iter().enumerate() {
            let mark = if index == 0 { &arrow } else { " " };
            print(&format!("{:MARGIN$}  {mark} {line}", ""));
        }
    }

    /// The end, when every step happened.
    pub fn done(&self, words: &str) {
        print(&format!("\n {} {words}\n", self.paint("32;1", "✓")));
    }

    /// The end, when the current step did not happen.
    pub fn failed(&self, problem: impl Display) {
        let mark = self.paint("31;1", "✗");
        let what = match self.step {
            0 => "It did not begin".to_owned(),
            step => format!("Step {step} did not happen ({})", self.title.trim_end_matches('.')),
        };
        print(&format!("\n {mark} {what}: {problem}\n"));
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.styled { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Prints a line; a reader that has gone away (`| head`) is no reason to panic.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The text in lines of at most `width` characters, as far as its words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("extraordinary", 7), ["extraordinary"]);
    }
}
