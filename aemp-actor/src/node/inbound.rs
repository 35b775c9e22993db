//! What a link does with the packets it reads.

use std::sync::Arc;

use aemp_transport::{CloseReason, Packet, PacketSink};

use super::core::Core;
use super::peer::Peer;
use super::requests;
use crate::id::PortId;
use crate::message::Message;
use crate::mutation::Passage;

/// Hands the packets of one connection to ports and node port, in their order.
pub(super) struct Inbound {
    pub(super) core: Arc<Core>,
    pub(super) origin: Origin,
    pub(super) passage: Passage,
}

/// Where a request comes from: a node, through one of its connections.
pub(crate) struct Origin {
    pub(crate) peer: Arc<Peer>,
    /// The number of the connection.
    pub(crate) attempt: u64,
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
    fn deliver(&self, packet: Packet) {
        let message = Message::from_encoded(packet.message);
        if packet.port.is_empty() {
            requests::handle(&self.core, Some(&self.origin), message);
        } else if let Some(cell) = self.core.registry().find(&packet.port) {
            cell.deliver(message);
        } else {
            let to = PortId::new(self.core.id().clone(), packet.port);
            self.core.unknown_port(&to, &message);
        }
    }
}
