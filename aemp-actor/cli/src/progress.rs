//! What a terminal shows during a long wait: one line on standard error, after a second of silence.
//! It is removed before anything else is printed.
//!
//! There is one terminal for each process, so what stands there is kept for the process.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Options;

/// How long a terminal stays silent.
const SILENCE: Duration = Duration::from_secs(1);

/// How often the line is renewed.
const PERIOD: Duration = Duration::from_millis(200);

static TERMINAL: Mutex<Terminal> =
    Mutex::new(Terminal { shown: String::new(), silent_since: None });

/// What is on the terminal.
struct Terminal {
    /// The line that stands there; empty: none.
    shown: String,
    /// Since the beginning of the wait, or what was printed last; `None` outside a wait.
    silent_since: Option<Instant>,
}

/// Waits for this. `limit` is when that ends at the latest, if it does. Nothing is shown where
/// standard error is no terminal, and with `--json`: that is for programs.
///
/// # Cancel safety
/// The line may be left on the terminal.
pub(crate) async fn during<T>(
    what: &str,
    limit: Option<Duration>,
    options: &Options,
    wait: impl Future<Output = T>,
) -> T {
    if options.json || !is_for_people() {
        return wait.await;
    }
    let begun = Instant::now();
    TERMINAL.lock().silent_since = Some(begun);
    let mut wait = std::pin::pin!(wait);
    let mut ticks = tokio::time::interval(PERIOD);
    let outcome = loop {
        tokio::select! {
            biased;
            outcome = &mut wait => break outcome,
            now = ticks.tick() => TERMINAL.lock().show(now, &line(what, now - begun, limit)),
        }
    };
    end();
    outcome
}

/// Removes the line: something is about to be printed.
pub(crate) fn wipe() {
    TERMINAL.lock().wipe();
}

/// Removes the line for the rest of the wait: the terminal is somebody else's from now on.
pub(crate) fn end() {
    let mut terminal = TERMINAL.lock();
    terminal.wipe();
    terminal.silent_since = None;
}

/// Whether standard error is a terminal that can remove a line.
fn is_for_people() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

impl Terminal {
    fn show(&mut self, now: Instant, line: &str) {
        if self.silent_since.is_some_and(|since| now.duration_since(since) >= SILENCE) {
            // One column stays free: in the last one the cursor may be in the next row.
            let width = crossterm::terminal::size().map_or(80, |(width, _)| width);
            let line = cut(line, usize::from(width).saturating_sub(1));
            if line != self.shown {
                self.write(&format!("\r{line}\x1b[K"));
                self.shown = line;
            }
        }
    }

    fn wipe(&mut self) {
        if !std::mem::take(&mut self.shown).is_empty() {
            self.write("\r\x1b[K");
        }
        if let Some(since) = &mut self.silent_since {
            *since = Instant::now();
        }
    }

    /// A terminal that is gone is told nothing.
    fn write(&self, text: &str) {
        let mut terminal = std::io::stderr();
        drop(terminal.write_all(text.as_bytes()));
        drop(terminal.flush());
    }
}

/// `cal alpha#x: waiting, 3 of 10 s`.
fn line(what: &str, waited: Duration, limit: Option<Duration>) -> String {
    let limit = limit.map_or(String::new(), |limit| format!(" of {}", limit.as_secs_f64().ceil()));
    format!("{what}: waiting, {}{limit} s", waited.as_secs())
}

/// As much as surely has room: what is not ASCII may be two columns wide, and what is no character
/// to be shown is left out.
fn cut(line: &str, width: usize) -> String {
    let mut left = width;
    let visible = line.chars().filter(|character| !character.is_control());
    visible
        .take_while(|character| {
            let columns = if character.is_ascii() { 1 } else { 2 };
            let fits = columns <= left;
            left = left.saturating_sub(columns);
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_long() {
        let text = |limit| line("cal alpha#x", Duration::from_millis(3900), limit);
        assert_eq!(text(None), "cal alpha#x: waiting, 3 s");
        assert_eq!(text(Some(Duration::from_secs(10))), "cal alpha#x: waiting, 3 of 10 s");
    }

    #[test]
    fn it_never_needs_a_second_row() {
        assert_eq!(cut("cal alpha", 5), "cal a");
        assert_eq!(cut("a\x1b[2Jb", 9), "a[2Jb");
        assert_eq!(cut("日本語", 5), "日本");
        assert_eq!(cut("abc", 0), "");
    }
}
