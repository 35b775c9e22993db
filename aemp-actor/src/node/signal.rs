//! The system's wish that the process ends.

use std::io;

/// Completes at SIGTERM or ctrl-c.
#[cfg(unix)]
pub(crate) async fn terminated() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

/// Completes at ctrl-c.
#[cfg(not(unix))]
pub(crate) async fn terminated() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
