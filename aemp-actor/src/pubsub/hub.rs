//! The port of a node that publishes and hands out.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::oneshot;

use super::subscription::{Reader, Subscribe, Subscription};
use crate::die::Die;
use crate::id::PortId;
use crate::message::{BadMessage, Message};
use crate::node::Node;
use crate::node::mesh::{GroupError, GrpToken, NotConfirmed};
use crate::port::{Ctx, Encoder, Envelope, Port, PortRef, Ran, Ref, Unencodable};
use crate::reason::Reason;

/// A topic as a node has it: publishes to all nodes, and hands out to the subscribers of this one. A clone is
/// another handle on the same hub.
///
/// Hubs find each other as the members of a group, whose name is that of the topic. A message published is an
/// ordinary message to each of them, so that any node can publish: `node.grp_snd_all("news", message)`.
#[derive(Clone)]
pub struct Hub {
    node: Node,
    topic: String,
    port: Ref<HubPort>,
    membership: GrpToken,
}

/// Hands messages out.
pub(super) struct HubPort {
    readers: Vec<Reader>,
}

impl Hub {
    /// A hub of this node for a topic. Hold on to it: each call makes another one, and what is published goes
    /// to each.
    ///
    /// # Errors
    /// When it cannot be a member of the group: see [`Node::grp_reg`].
    pub fn join(node: &Node, topic: impl Into<String>) -> Result<Self, GroupError> {
        let (topic, port) = (topic.into(), node.port(HubPort { readers: Vec::new() }));
        match node.grp_reg(&topic, port.id()) {
            Ok(membership) => Ok(Self { node: node.clone(), topic, port, membership }),
            Err(error) => {
                port.kil(());
                Err(error)
            }
        }
    }

    /// Waits until all nodes that are connected now publish to this hub as well.
    ///
    /// # Errors
    /// When one has not confirmed that in time.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub fn announced(
        &self,
        within: Duration,
    ) -> impl Future<Output = Result<(), NotConfirmed>> + Send + use<> {
        self.membership.announced(within)
    }

    /// Sends a message to all subscribers of all nodes: one packet to each node. Gives the number of nodes.
    ///
    /// Never waits. A message to a node whose queue is full is lost with its connection, as any other.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn publish(&self, msg: impl Serialize) -> usize {
        self.node.grp_snd_all(&self.topic, msg)
    }

    /// Subscribes: to all that comes to this hub from now on.
    pub fn subscribe(&self, how: Subscribe) -> Subscription {
        let (subscription, reader) = Subscription::new(how);
        // A hub that has ended drops the reader, which ends the subscription.
        if let Some(cell) = self.port.cell() {
            cell.push(Envelope::Call(Box::new(move |port, _| {
                port.readers.push(reader);
                Ran::Done(Ok(()))
            })));
        }
        subscription
    }

    /// Ends the hub, on behalf of all handles: its subscriptions end when what came before has been read.
    pub fn leave(&self) {
        self.port.kil(Reason::normal());
    }

    /// Ends the hub as [`leave`](Self::leave) does, but not before no connected node publishes to it any more and
    /// what they had published has been handed out ([`GrpToken::leave`]), or the time has passed. It goes on when
    /// this is dropped.
    ///
    /// # Errors
    /// When a node has not confirmed in time that it knows; the hub has ended all the same.
    pub fn leave_gracefully(
        &self,
        within: Duration,
    ) -> impl Future<Output = Result<(), NotConfirmed>> + Send + use<> {
        let (told, port) = (self.membership.leave(within), self.port.clone());
        let leaving = self.node.core().runtime().spawn(async move {
            let told = told.await;
            let (ended, end) = oneshot::channel();
            port.mon(move |_: Reason| ended.send(()).unwrap_or_default());
            port.kil(Reason::normal());
            // The monitor fires however that comes.
            drop(end.await);
            told
        });
        async move { leaving.await.unwrap_or(Ok(())) }
    }

    /// The name of the topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The port of the hub.
    pub fn id(&self) -> PortId {
        self.port.id()
    }
}

impl Port for HubPort {
    type Msg = Message;
    type Ref = Ref<Self>;

    async fn handle(&mut self, _: &mut Ctx<Self>, message: Message) -> Result<(), Die> {
        self.readers.retain(|reader| reader.give(&message));
        Ok(())
    }

    fn decode(message: Message) -> Result<Message, BadMessage> {
        Ok(message)
    }

    fn encode(message: &Message, to: Encoder<'_>) -> Result<(), Unencodable> {
        to.forward(message)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hub({}: {})", self.topic, self.port.id())
    }
}
