//! Whoever waits for the answer to a request.

use std::any::Any;
use std::sync::Arc;

use aemp_transport::Value;

use crate::id::PortId;

/// The reply port of a request that was sent on this node: it is made when somebody looks at its ID. The
/// message does not hold that, and passes for one that ends with it.
pub(crate) trait LateReply: Any + Send + Sync {
    /// Makes it, if that was not done before.
    fn make(self: Arc<Self>);

    /// Its ID as it stands in messages, when it was made.
    fn value(&self) -> &Value;
}

/// Where the answer to a request goes: for what the macros write.
pub struct Asker(pub(crate) To);

pub(crate) enum To {
    Port(PortId),
    Late(Arc<dyn LateReply>),
}
