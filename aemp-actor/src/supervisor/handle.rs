//! What the handle on a supervisor can do beside its requests.

use std::future::Future;

use tokio::sync::oneshot;

use super::child::ChildSpec;
use super::error::SupervisorError;
use super::port::{SupervisorPort, SupervisorRef};
use crate::port::{Call, CallError, PortRef};
use crate::reason::Reason;

impl SupervisorRef {
    /// Adds a child, the last in the order, and starts it. The answer comes when it has been added;
    /// [`ChildRef::wait`](super::ChildRef::wait) waits until it has started.
    ///
    /// Only for a supervisor of this node: code does not travel.
    pub fn start_child(&self, child: impl Into<ChildSpec>) -> Call<Result<(), SupervisorError>> {
        self.start_spec(child.into())
    }

    /// Waits until the supervisor has ended, and gives the reason: after a
    /// [shutdown](Self::shutdown), and when it has given up, all its children have ended before.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub fn ended(&self) -> impl Future<Output = Reason> + Send + use<> {
        let (died, death) = oneshot::channel();
        let watch = self.mon(move |reason: Reason| drop(died.send(reason))).guard();
        async move {
            let _watch = watch;
            death.await.unwrap_or_default()
        }
    }

    /// Waits until all children that are to run have started.
    ///
    /// # Errors
    /// When the supervisor dies before, or is no port of this node.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn ready(&self) -> Result<(), CallError> {
        let target = self.id();
        let Some(cell) = self.as_handle().cell() else {
            return Err(CallError::NotLocal { target });
        };
        let (ready, is_ready) = oneshot::channel();
        let (died, death) = oneshot::channel();
        let _watch = self.mon(move |reason: Reason| drop(died.send(reason))).guard();
        // Nobody may wait any more.
        let tell = move || ready.send(()).unwrap_or_default();
        SupervisorPort::when_ready(&cell, Box::new(tell));
        tokio::select! {
            biased;
            Ok(()) = is_ready => Ok(()),
            reason = death => {
                Err(CallError::Died { target, reason: reason.unwrap_or_default() })
            }
        }
    }
}
