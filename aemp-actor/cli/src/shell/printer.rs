//! Printing while a line is edited.

use std::io::Write;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};
use rustyline::ExternalPrinter;

use crate::output::LAID_OUT;
use crate::stdout;
use aemp_actor::log::visible;

/// Prints above the line that is being edited. Cheap to clone, and never waits: a thread prints.
/// Of what comes faster than the terminal takes it some is left out, and counted.
#[derive(Clone)]
pub(crate) struct Printer(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    added: Condvar,
    /// Without one, lines go straight to standard output.
    terminal: bool,
}

impl Printer {
    /// The terminal's printer may block until a line is edited again: it has a thread of its own.
    pub(crate) fn new(terminal: Option<Box<dyn ExternalPrinter + Send>>) -> Self {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            added: Condvar::new(),
            terminal: terminal.is_some(),
        });
        if let Some(terminal) = terminal {
            let shared = shared.clone();
            std::thread::spawn(move || show(&shared, terminal));
        }
        Self(shared)
    }

    /// Prints lines. What controls terminals is shown, not obeyed.
    pub(crate) fn print(&self, text: &str) {
        let text = &*visible(text, &LAID_OUT);
        if self.0.terminal {
            self.0.waiting.lock().push(text);
            self.0.added.notify_one();
        } else {
            stdout::line(text);
        }
    }

    /// Prints what still waits; nothing is edited any more.
    pub(crate) fn finish(&self) {
        let rest = self.0.waiting.lock().take();
        stdout::note(write!(std::io::stdout(), "{}", rest.unwrap_or_default()));
    }
}

fn show(shared: &Shared, mut terminal: Box<dyn ExternalPrinter + Send>) {
    loop {
        let mut waiting = shared.waiting.lock();
        let text = loop {
            match waiting.take() {
                Some(text) => break text,
                None => shared.added.wait(&mut waiting),
            }
        };
        drop(waiting);
        if let Err(rustyline::error::ReadlineError::Io(_)) = terminal.print(text.clone()) {
            // It has gone away; perhaps standard output has not.
            drop(write!(std::io::stdout(), "{text}"));
        }
    }
}

/// Bytes that may wait to be printed.
const ROOM: usize = 1 << 20;

/// Lines that wait to be printed.
#[derive(Debug, Default)]
struct Waiting {
    text: String,
    left_out: u64,
}

impl Waiting {
    fn push(&mut self, line: &str) {
        // One line is always taken, however long.
        if !self.text.is_empty() && self.text.len() + line.len() > ROOM {
            self.left_out += 1;
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// All of them, newlines included.
    fn take(&mut self) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        let mut text = std::mem::take(&mut self.text);
        match std::mem::take(&mut self.left_out) {
            0 => {}
            lines => text.push_str(&format!("({lines} lines were left out)\n")),
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.take(), None);
        waiting.push(&"x".repeat(ROOM));
        waiting.push("one");
        waiting.push("two");
        let text = waiting.take().expect("a line");
        assert!(text.ends_with("x\n(2 lines were left out)\n"));
        waiting.push("three");
        waiting.push("four");
        assert_eq!(waiting.take().as_deref(), Some("three\nfour\n"));
    }
}
