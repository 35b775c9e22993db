//! Waiting until other nodes know what they were told.
//!
//! A node that is asked to send a message back does so when it has read all that was sent to it before on the same
//! connection: the requests to its node port keep their place behind the news of the mesh.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::id::{NodeId, PortId};
use crate::node::Core;
use crate::port::{Call, CallError};

/// A node has not confirmed in time that it knows of a change of a group: it is slow, or its messages are.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("group {group:?}: node {node} has not confirmed within {within:?} what it was told of it")]
pub struct NotConfirmed {
    group: String,
    node: NodeId,
    within: Duration,
}

impl NotConfirmed {
    /// The node.
    #[must_use]
    pub fn node(&self) -> &NodeId {
        &self.node
    }
}

/// Waits until all nodes that are connected now have read what this one has told them so far. On a node that is
/// gone there is nobody to wait for.
pub(super) fn confirmed(
    core: Option<Arc<Core>>,
    group: String,
    within: Duration,
) -> impl Future<Output = Result<(), NotConfirmed>> + Send + use<> {
    let (sender, asked) = oneshot::channel();
    if let Some(core) = core {
        let told = move |core: &Arc<Core>, nodes| drop(sender.send(ask_all(core, nodes, within)));
        core.network().mesh().when_told(&core, told);
    }
    async move {
        for (node, call) in asked.await.unwrap_or_default() {
            // Any other error: it is down, and sees nothing.
            if let Err(CallError::Timeout { .. }) = call.await {
                return Err(NotConfirmed { group, node, within });
            }
        }
        Ok(())
    }
}

fn ask_all(core: &Arc<Core>, nodes: Vec<NodeId>, within: Duration) -> Vec<(NodeId, Call<()>)> {
    let ask = |node: NodeId| {
        let to = PortId::of_node(&node);
        let request = |reply: PortId| core.snd(&to, &("snd", reply));
        let call = core.ask(to.clone(), |_| Ok(()), request).timeout(within);
        (node, call)
    };
    nodes.into_iter().map(ask).collect()
}
