//! Standard output, and whether anybody takes what is written there.

use std::io::{self, ErrorKind, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::OnceLock;

use tokio::sync::Notify;
#[cfg(unix)]
use tokio::{io::Interest, net::unix::pipe::Sender};

use super::Failure;

/// The first error: what was written since may be lost, too.
static PROBLEM: OnceLock<io::Error> = OnceLock::new();

/// There is one.
static LOST: Notify = Notify::const_new();

/// Writes a line.
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    note(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Writes what a terminal obeys.
pub(crate) fn screen(codes: &str) {
    let mut out = io::stdout().lock();
    note(write!(out, "{codes}").and_then(|()| out.flush()));
}

/// Remembers what became of something that was written.
pub(crate) fn note(written: io::Result<()>) {
    if let Err(problem) = written {
        drop(PROBLEM.set(problem));
        LOST.notify_one();
    }
}

/// Waits until to go on makes no sense: the reader has gone, or nothing more can be written.
///
/// # Cancel safety
/// Nothing is lost.
pub(crate) async fn lost() {
    tokio::select! {
        () = LOST.notified() => {}
        () = reader_gone() => {}
    }
}

/// Of a pipe the system tells, also while nothing is written.
#[cfg(unix)]
async fn reader_gone() {
    // A pipe that is only watched stays as it is: others may write to it, too.
    let pipe = io::stdout().as_fd().try_clone_to_owned().and_then(Sender::from_owned_fd_unchecked);
    // A file, for example, has no events.
    let Ok(pipe) = pipe else { return std::future::pending().await };
    drop(pipe.ready(Interest::ERROR).await);
}

#[cfg(not(unix))]
async fn reader_gone() {
    std::future::pending().await
}

/// That the reader has gone (`| head`) is its own business; other errors are a failure.
pub(crate) fn outcome() -> Result<(), Failure> {
    failure(PROBLEM.get())
}

fn failure(problem: Option<&io::Error>) -> Result<(), Failure> {
    match problem {
        Some(problem) if problem.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("cannot write to standard output: {problem}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_has_gone_is_no_failure() {
        let of = |kind: ErrorKind| failure(Some(&io::Error::from(kind)));
        assert!(failure(None).is_ok() && of(ErrorKind::BrokenPipe).is_ok());
        let full = of(ErrorKind::StorageFull).unwrap_err();
        assert_eq!(full.code(), 1);
        assert!(full.to_string().starts_with("cannot write to standard output: "), "{full}");
    }
}
