//! Before a node is shut down: its ports handle what waits.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::core::Core;

/// Held by ports that have something to do; dropped when they have looked at what waited.
pub(crate) type Busy = mpsc::Sender<Infallible>;

/// What is kept of the time for a shutdown, at most, for what goes out last.
const KEPT: Duration = Duration::from_secs(1);

/// How much of the time for a shutdown ports may take to handle what waits.
pub(super) fn limit(deadline: Duration) -> Duration {
    deadline - KEPT.min(deadline / 4)
}

/// Waits until no port of the node has anything waiting, nor a handler that has begun, all at once. The port
/// that waits for this is not waited for.
pub(super) async fn drain(core: &Arc<Core>) {
    loop {
        let (busy, mut handled) = mpsc::channel(1);
        let mut found = false;
        for ports in core.registry().parts() {
            for port in ports {
                found |= port.drain(&busy);
            }
            if found {
                tokio::task::yield_now().await;
            }
        }
        drop(busy);
        if !found {
            return;
        }
        // Nothing is sent: this ends when all have dropped theirs.
        handled.recv().await;
    }
}

/// Shuts a node down when it is dropped.
pub(super) struct CloseLater<'a>(pub(super) &'a Arc<Core>);

impl Drop for CloseLater<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
