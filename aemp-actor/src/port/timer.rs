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
        // Made here, so that the delay counts from now and not from when the task first runs.
        let sleep = {
            let _entered = core.runtime().enter();
            tokio::time::sleep(delay)
        };
        let task = core.runtime().spawn(async move {
            sleep.await;
            action();
        });
        Self { task: task.abort_handle() }
    }

    /// Stops the timer if it has not fired.
    pub fn cancel(&self) {
        self.task.abort();
    }
}
