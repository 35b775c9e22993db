//! What happened, in words.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// What happened on a network, line by line, if recording was switched on: for a look at a failed
/// run, and to see whether two runs did the same. A clone is another handle on the same journal.
#[derive(Clone, Debug)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    begun: Instant,
    /// `None` while recording is off.
    lines: Mutex<Option<Vec<Line>>>,
}

/// One line of a [`Journal`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// When, since the network was made.
    pub at: Duration,
    /// What happened.
    pub text: String,
}

impl Journal {
    /// An empty journal, whose lines count the time from `begun`. It does not record yet.
    #[must_use]
    pub fn new(begun: Instant) -> Self {
        Self { inner: Arc::new(Inner { begun, lines: Mutex::default() }) }
    }

    /// Begins to record.
    pub fn record(&self) {
        self.inner.lines.lock().get_or_insert_default();
    }

    /// Adds a line, if lines are recorded.
    pub fn note(&self, text: impl FnOnce() -> String) {
        if let Some(lines) = self.inner.lines.lock().as_mut() {
            lines.push(Line { at: self.inner.begun.elapsed(), text: text() });
        }
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.inner.lines.lock().as_ref().map_or(0, Vec::len)
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<Line> {
        self.inner.lines.lock().clone().unwrap_or_default()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.3} {}", self.at.as_secs_f64(), self.text)
    }
}
