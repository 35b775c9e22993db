//! Something done later.

use std::sync::Arc;
use std::time::Duration;

use crate::node::Core;

/// A timer that runs. Dropping it changes nothing; [`cancel`](Self::cancel) stops it.
#[derive(Clone, Debug)]
pub struct Timer {
    task: tokio::task::AbortHandle,
}

impl Timer {
    pub(crate) fn start(
        core: &Arc<Core>,
        delay: Duration,
        action: impl FnOnce() + Send + 'static,
    ) -> Self {
        let task = core.runtime().spawn(async move {
            tokio::time::sleep(delay).await;
            action();
        });
        Self { task: task.abort_handle() }
    }

    /// Stops the timer if it has not fired.
    pub fn cancel(&self) {
        self.task.abort();
    }
}
