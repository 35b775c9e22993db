//! The connection to a peer while there is one, and its orderly end.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{CloseReason, LinkSender, Protection};

use super::Peer;
use super::state::Stage;
use crate::fail_points::fail_point;
use crate::node::core::Core;
use crate::reason::Reason;

/// How long a connection that was finished on this side waits for the other side to end it too.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a connection waits for those that may go through it to be finished.
const RELAYED_FAREWELL: Duration = Duration::from_secs(2);

impl Peer {
    /// The node is being shut down: what is queued goes out, then the connection ends; after those
    /// to the nodes `before` it, which may go through it.
    pub(crate) fn finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        reason: &Reason,
        before: &[Arc<Self>],
    ) {
        let link = self.link();
        let Some(link) = link else {
            self.fall(core, None, reason);
            return;
        };
        if !fail_point!(SilentShutdown) {
            self.notify_shutdown(reason);
        }
        if before.is_empty() {
            link.finish();
        }
        let before = before.to_vec();
        core.runtime().spawn(async move {
            let relayed = async {
                for peer in before {
                    peer.until(|peer| !peer.has_links()).await;
                }
            };
            drop(tokio::time::timeout(RELAYED_FAREWELL, relayed).await);
            link.finish();
            if tokio::time::timeout(FAREWELL, link.closed()).await.is_err() {
                link.close(CloseReason::Finished);
            }
        });
    }

    /// Whether tasks of a connection still run.
    pub(crate) fn has_links(&self) -> bool {
        self.state.lock().running_links > 0
    }

    /// What keeps others from reading the connection, if the node is connected.
    pub(crate) fn protection(&self) -> Option<Protection> {
        match &self.state.lock().stage {
            Stage::Up(up) => Some(up.facts.protection),
            _ => None,
        }
    }

    /// The connection and its number, if the node is connected, and not through another.
    pub(crate) fn direct_link(&self) -> Option<(u64, LinkSender)> {
        match &self.state.lock().stage {
            Stage::Up(up) if !up.is_relayed() => Some((up.attempt, up.link.clone())),
            _ => None,
        }
    }

    /// Whether the node is connected through another.
    pub(crate) fn is_relayed(&self) -> bool {
        matches!(&self.state.lock().stage, Stage::Up(up) if up.is_relayed())
    }

    /// Ends the connection if it goes through another node, for this reason.
    pub(crate) fn end_relayed(&self, why: &str) {
        let relayed = match &self.state.lock().stage {
            Stage::Up(up) if up.is_relayed() => Some(up.link.clone()),
            _ => None,
        };
        if let Some(link) = relayed {
            link.close(CloseReason::local(why));
        }
    }

    /// Whether the node runs this implementation, if it is connected.
    pub(crate) fn is_of_ours(&self) -> Option<bool> {
        match &self.state.lock().stage {
            Stage::Up(up) => Some(up.facts.instance.is_some()),
            _ => None,
        }
    }

    /// The link, if the node is connected.
    pub(crate) fn link(&self) -> Option<LinkSender> {
        self.state.lock().link().cloned()
    }
}
