//! What a link does with the packets it reads.

use std::sync::Arc;

use aemp_transport::{CloseReason, Packet, PacketSink};

use super::core::Core;
use super::counters::Dropped;
use super::peer::Peer;
use super::{requests, stranger};
use crate::id::PortId;
use crate::message::Message;
use crate::mutation::Passage;

/// Hands the packets of one connection to ports and node port, in their order.
pub(super) struct Inbound {
    pub(super) core: Arc<Core>,
    pub(super) origin: Origin,
    pub(super) passage: Passage,
    /// Something of an anonymous peer was refused, and that was logged.
    pub(super) refused: bool,
}

/// Where a request comes from: a node, through one of its connections.
pub(crate) struct Origin {
    pub(crate) peer: Arc<Peer>,
    /// The number of the connection.
    pub(crate) attempt: u64,
    /// It has proved that it belongs to us.
    pub(crate) trusted: bool,
}

impl PacketSink for Inbound {
    fn packet(&mut self, packet: Packet) {
        for packet in self.passage.of(packet) {
            self.deliver(packet);
        }
    }

    fn closed(&mut self, reason: CloseReason) {
        self.origin.peer.link_closed(&self.core, self.origin.attempt, &reason);
    }
}

impl Inbound {
    fn deliver(&mut self, packet: Packet) {
        let message = Message::from_encoded(packet.message);
        if !stranger::may_send(self.core.config(), &self.origin, &packet.port, &message) {
            return self.refuse(&packet.port, &message);
        }
        if packet.port.is_empty() {
            requests::handle(&self.core, Some(&self.origin), message);
        } else if let Some(cell) = self.core.registry().find(&packet.port) {
            cell.deliver(message);
        } else {
            let to = PortId::new(self.core.id().clone(), packet.port);
            self.core.unknown_port(&to, &message);
        }
    }

    /// Only the first is told of: who sends them could fill the log.
    fn refuse(&mut self, port: &str, message: &Message) {
        self.core.count_dropped(Dropped::Untrusted, 1);
        if !std::mem::replace(&mut self.refused, true) {
            let (node, tag) = (self.origin.peer.id(), message.tag());
            tracing::warn!(
                target: "aemp",
                "node {node} is anonymous, and all it sends is refused (anonymous_access): the \
                 first is {tag:?} to port {port:?}"
            );
        }
    }
}
