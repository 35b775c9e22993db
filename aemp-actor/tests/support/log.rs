//! Captures what is logged, so that tests can wait for a text.

use std::io::Write;
use std::sync::{Mutex, Once};

use tokio::sync::Notify;
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::util::SubscriberInitExt;

static START: Once = Once::new();
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ADDED: Notify = Notify::const_new();

/// Begins to capture. All tests of a binary share the log: what is waited for has to name something
/// that is the test's own.
pub(crate) fn start() {
    START.call_once(|| subscriber(Level::DEBUG).init());
}

/// Captures up to this level what this thread logs, until the result is dropped.
#[must_use]
pub(crate) fn start_here(level: Level) -> DefaultGuard {
    subscriber(level).set_default()
}

fn subscriber(level: Level) -> impl SubscriberInitExt {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .without_time()
        .with_writer(Capture)
        .finish()
        .with(aemp_actor::log::layer())
}

/// Waits until a line has all of `parts`, and gives it. It begins with the level.
pub(crate) async fn expect(parts: &[&str]) -> String {
    super::soon(&format!("a log line with {parts:?}"), async {
        loop {
            let added = ADDED.notified();
            if let Some(line) = find(parts) {
                return line;
            }
            added.await;
        }
    })
    .await
}

/// A line with all of `parts`, if there is one already.
pub(crate) fn find(parts: &[&str]) -> Option<String> {
    let lines = LINES.lock().unwrap();
    lines.iter().find(|line| parts.iter().all(|part| line.contains(part))).cloned()
}

/// Everything so far.
pub(crate) fn all() -> Vec<String> {
    LINES.lock().unwrap().clone()
}

struct Capture;

impl<'a> MakeWriter<'a> for Capture {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::new())
    }
}

/// One event.
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        LINES.lock().unwrap().push(String::from_utf8_lossy(&self.0).trim().to_owned());
        ADDED.notify_waiters();
    }
}
