//! The result of code that was run in the context of a port.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::current;
use crate::id::PortId;

/// Why [`PortRef::peval`](crate::PortRef::peval) has no result.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PevalError {
    /// Code can only be run in ports of the same node and of the handle's type.
    #[error("{target} is no port of this node, or of another type than its handle")]
    NotLocal {
        /// The port.
        target: PortId,
    },
    /// The port is an async block, which has no value to run code with.
    #[error("{target} receives its messages in an async block: no other code can be run in it")]
    NoValue {
        /// The port.
        target: PortId,
    },
    /// The port was dead, or died before the code had ended.
    #[error("{target} died before the code had run")]
    Died {
        /// The port.
        target: PortId,
    },
    /// A port waited for code of its own, which is run when the handler that waits has ended.
    #[error("{target} waits for itself: the code runs when this handler has ended")]
    Itself {
        /// The port.
        target: PortId,
    },
}

pub(super) async fn result<R>(
    mut receiver: oneshot::Receiver<R>,
    cell: Arc<dyn AnyCell>,
    target: PortId,
) -> Result<R, PevalError> {
    poll_fn(|cx| match Pin::new(&mut receiver).poll(cx) {
        Poll::Ready(Ok(result)) => Poll::Ready(Ok(result)),
        Poll::Ready(Err(_)) => Poll::Ready(Err(PevalError::Died { target: target.clone() })),
        Poll::Pending if current::is_running(&cell) => {
            Poll::Ready(Err(PevalError::Itself { target: target.clone() }))
        }
        Poll::Pending => Poll::Pending,
    })
    .await
}
