//! Looking: which other nodes there are, and what this one has.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::counters::DroppedCounts;
use super::events::{NodeEvent, NodeEvents, NodesToken};
use super::handle::Node;
use super::mesh::{JoinError, SeedInfo};
use super::peer::PeerInfo;
use crate::id::NodeId;
use crate::port::Deadline;

/// No round trip was measured.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PingError {
    /// There is no connection to the node.
    #[error("node {node} is not connected")]
    NotConnected {
        /// The node.
        node: NodeId,
    },
    /// The connection was lost before the answer came.
    #[error("the connection to node {node} was lost before it answered")]
    Lost {
        /// The node.
        node: NodeId,
    },
    /// The answer did not come in time.
    #[error("node {node} did not answer within {deadline:?}")]
    Timeout {
        /// The node.
        node: NodeId,
        /// The time that was given.
        deadline: Duration,
    },
}

/// The other nodes, and this one's counts.
impl Node {
    /// Calls `f` each time another node comes up or goes down; ups and downs of a node
    /// alternate. `f` runs in the task that noticed it and must be quick.
    pub fn mon_nodes(&self, f: impl Fn(&NodeEvent) + Send + Sync + 'static) -> NodesToken {
        NodesToken::new(self.core(), self.core().events().add(f))
    }

    /// Whether there is a connection to the node; a node is up for itself.
    pub fn node_is_up(&self, node: impl Into<NodeId>) -> bool {
        let node = node.into();
        node == *self.id() || self.core().known_peer(&node).is_some_and(|peer| peer.is_up())
    }

    /// Waits until there is a connection to the node, or this node is shut down: for ever, if the node
    /// never comes. What is wrong with the seeds is told by [`joined`](Self::joined) and
    /// [`seeds`](Self::seeds).
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn wait_up(&self, node: impl Into<NodeId>) {
        let peer = self.core().peer(&node.into());
        peer.until(|peer| peer.is_up() || peer.id() == self.id() || self.core().is_closed()).await;
    }

    /// Waits until the node has joined the mesh: a seed is up and has told its news, and the nodes
    /// that were named by then are connected and have told theirs, take no part, or cannot be
    /// reached. A private node, that is connected through others, counts as one that cannot be
    /// reached as soon as they say that it has gone, or after 3 s in which it does not answer. Nodes
    /// that come later are not waited for. At once when there are no seeds, or the node is shut
    /// down. A seed that is up and does not let this node join is logged as a warning, and waited for.
    ///
    /// # Errors
    /// When no seed can be reached: at once when none of them ever can be until somebody changes a
    /// configuration (another secret, say), else after the
    /// [`connect_timeout`](crate::Config::connect_timeout). The seeds are tried again all the same, and
    /// it can be called again.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn joined(&self) -> Result<(), JoinError> {
        self.joined_unless(|_| false).await
    }

    /// The same, but gives up at once when `is_enough` says so of what is wrong with the seeds, none of
    /// which can be reached. A command that does not want to wait for a network that is down:
    /// `node.joined_unless(JoinError::is_refused)`.
    ///
    /// # Errors
    /// As for [`joined`](Self::joined).
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn joined_unless(
        &self,
        is_enough: impl Fn(&JoinError) -> bool,
    ) -> Result<(), JoinError> {
        let core = self.core();
        if !core.is_networked() {
            return Ok(());
        }
        let mesh = core.network().mesh();
        let (mut joined, mut seeds) = (mesh.joined(), mesh.seeds());
        let patience = core.config().connect_timeout_or_default();
        let mut patience = Deadline::new(core.timers(), Instant::now(), patience);
        let mut is_over = false;
        loop {
            if *joined.borrow_and_update() {
                return Ok(());
            }
            let lost = seeds.borrow_and_update();
            if lost.have_failed() {
                let error = lost.join_error();
                if error.is_permanent() || is_over || is_enough(&error) {
                    return Err(error);
                }
            }
            drop(lost);
            let over = poll_fn(|cx| if is_over { Poll::Pending } else { patience.poll(cx) });
            tokio::select! {
                biased;
                () = over => is_over = true,
                // The senders live as long as the node.
                _ = joined.changed() => {}
                _ = seeds.changed() => {}
            }
        }
    }

    /// The seeds of the configuration, in its order, and what the latest attempt to reach each of
    /// them has found.
    pub fn seeds(&self) -> Vec<SeedInfo> {
        let network = self.core().network.get();
        network.map_or_else(Vec::new, |network| network.mesh().seeds().borrow().all().to_vec())
    }

    /// The other nodes that are connected.
    pub fn up_nodes(&self) -> Vec<NodeId> {
        self.core().up_nodes()
    }

    /// The other nodes that are connected, are being connected to, or can be dialled.
    pub fn known_nodes(&self) -> Vec<NodeId> {
        self.core().known_nodes()
    }

    /// All that is known of the other nodes that are connected, are being connected to, or can be
    /// dialled: sorted by ID. A picture of one moment for each of them.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.known_nodes().into_iter().filter_map(|node| self.peer(node)).collect()
    }

    /// All that is known of one other node; `None` for a node that was never heard of, and for
    /// this one.
    pub fn peer(&self, node: impl Into<NodeId>) -> Option<PeerInfo> {
        let (node, core) = (node.into(), self.core());
        if let Some(peer) = core.known_peer(&node) {
            return Some(PeerInfo::of(core, &peer));
        }
        let known = node != *self.id() && !core.addresses(&node).is_empty();
        known.then(|| PeerInfo::known(core, &node))
    }

    /// Measures the round trip to a node that is connected: every AEMP node answers. The question
    /// waits behind what is queued for the node, and the answer behind what that node has queued.
    ///
    /// # Errors
    /// When the node is not connected, the connection is lost meanwhile, or the deadline passes.
    ///
    /// # Cancel safety
    /// Dropping it only stops waiting.
    pub async fn ping(
        &self,
        node: impl Into<NodeId>,
        deadline: Duration,
    ) -> Result<Duration, PingError> {
        let node = node.into();
        if node == *self.id() {
            return Ok(Duration::ZERO);
        }
        let peer = self.core().known_peer(&node);
        let Some(answer) = peer.and_then(|peer| peer.ping(self.core())) else {
            return Err(PingError::NotConnected { node });
        };
        match tokio::time::timeout(deadline, answer).await {
            Ok(Ok(took)) => Ok(took),
            Ok(Err(_)) => Err(PingError::Lost { node }),
            Err(_) => Err(PingError::Timeout { node, deadline }),
        }
    }

    /// How many messages were dropped, by cause.
    pub fn dropped(&self) -> DroppedCounts {
        self.core().counters().snapshot()
    }

    /// How many ports there are, reply ports included.
    pub fn port_count(&self) -> usize {
        self.core().registry().len()
    }

    /// The other nodes coming up and going down, as a stream of events, until this node is shut down.
    pub fn node_events(&self) -> NodeEvents {
        NodeEvents::new(self.core())
    }
}
