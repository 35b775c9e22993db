//! What members of a group can be seen as.

use std::sync::Arc;

use crate::id::PortId;
use crate::node::Core;
use crate::port::on_node;

/// A handle on a port: that of a type of ports, that of a protocol, or a bare [`PortId`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handle on a port",
    note = "handles are made by `#[derive(Port)]` and `#[protocol]`; a `PortId` is one, too"
)]
pub trait Handle: Clone + From<PortId> + Send + Sync + 'static {
    /// The ID of the port.
    #[doc(hidden)]
    fn port_id(&self) -> PortId;
}

impl<H> Handle for H
where
    H: Clone + From<PortId> + Send + Sync + 'static,
    for<'a> PortId: From<&'a H>,
{
    fn port_id(&self) -> PortId {
        self.into()
    }
}

/// A handle that sends from this node.
pub(super) fn bound<H: Handle>(core: &Arc<Core>, id: PortId) -> H {
    on_node(core, || H::from(id))
}
