//! The system's wish that the process ends.

use std::future::Future;
use std::io;

/// Completes at SIGTERM or ctrl-c.
pub(crate) async fn terminated() -> io::Result<()> {
    termination()?.await;
    Ok(())
}

/// The same; from this call on, not only from the first poll, the process is not ended by them.
#[cfg(unix)]
pub(crate) fn termination() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Completes at ctrl-c.
#[cfg(not(unix))]
pub(crate) fn termination() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
