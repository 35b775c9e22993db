//! The result of code that was run in the context of a port.

use tokio::sync::oneshot;

use crate::id::PortId;

/// Why [`PortRef::peval`](crate::PortRef::peval) has no result.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PevalError {
    /// Code can only be run in ports of the same node and of the handle's type.
    #[error("{target} is no port of this node, or of another type than its handle")]
    NotLocal {
        /// The port.
        target: PortId,
    },
    /// The port was dead, or died before the code had ended.
    #[error("{target} died before the code had run")]
    Died {
        /// The port.
        target: PortId,
    },
}

pub(super) async fn result<R>(
    receiver: oneshot::Receiver<R>,
    target: PortId,
) -> Result<R, PevalError> {
    receiver.await.map_err(|_| PevalError::Died { target })
}
