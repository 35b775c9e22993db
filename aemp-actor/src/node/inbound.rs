//! What a link does with the packets it reads.

use std::sync::Arc;

use aemp_transport::{CloseReason, Framing, Packet, PacketSink};

use super::access::Rights;
use super::core::Core;
use super::counters::Dropped;
use super::peer::Peer;
use super::{requests, traced};
use crate::id::{PortId, PortName};
use crate::mesh::Rendezvous;
use crate::message::{Message, shortened};
use crate::port::{AnyCell, Messages};
use crate::relay::{self, Reported};

/// Hands the packets of one connection to ports and node port, in their order.
pub(super) struct Inbound {
    core: Arc<Core>,
    origin: Origin,
    /// Something of an anonymous peer was refused, and that was logged.
    refused: bool,
    /// Which relayed connection of the peer this node, as a hub, has last reported alive.
    reported: Option<Reported>,
    /// Messages to one port, that came one after the other and are not delivered yet.
    run: Option<MessageRun>,
}

/// Messages to one port: it is looked up, and its mailbox locked, once for all of them.
struct MessageRun {
    port: PortName,
    cell: Arc<dyn AnyCell>,
    messages: Messages,
}

/// So many messages of a run are delivered at once at most: as many as a port handles before others have
/// their turn, so that it begins with the first of a large read while the rest is being read.
const RUN: usize = 128;

/// Where a request comes from: a node, through one of its connections.
pub(crate) struct Origin {
    pub(crate) peer: Arc<Peer>,
    /// The number of the connection.
    pub(crate) attempt: u64,
    /// What it may ask.
    pub(crate) rights: Rights,
}

impl Origin {
    /// Whether it may send to the port, and monitor it. What a member of the mesh says to its
    /// rendezvous port are no messages.
    pub(super) fn may_send(&self, to: Option<&Arc<dyn AnyCell>>) -> bool {
        let news = || to.is_some_and(|cell| cell.clone().as_any().is::<Rendezvous>());
        self.rights.may_send() || self.rights.may_join() && news()
    }
}

impl PacketSink for Inbound {
    fn packet(&mut self, packet: Packet) {
        let message = Message::from_encoded(packet.message).come_from(self.origin.peer.id());
        traced::received(self.origin.peer.id(), &packet.port, &message);
        if let Some(run) = &mut self.run
            && run.port == packet.port
        {
            run.messages.push(Box::new(message));
            if run.messages.len() >= RUN {
                run.deliver();
            }
            return;
        }
        self.flush();
        if packet.port.is_empty() {
            return requests::handle(&self.core, Some(&self.origin), message);
        }
        let cell = self.core.registry().find(&packet.port);
        if !self.origin.may_send(cell.as_ref()) {
            return self.refuse(&packet.port, &message);
        }
        match cell {
            Some(cell) => {
                let (port, messages) = (packet.port, vec![Box::new(message)]);
                self.run = Some(MessageRun { port, cell, messages });
            }
            None => {
                let to = PortId::new(self.core.id().clone(), packet.port);
                self.core.unknown_port(&to, &message);
            }
        }
    }

    fn flush(&mut self) {
        if let Some(mut run) = self.run.take() {
            run.deliver();
        }
    }

    fn partial(&mut self, framing: Framing, bytes: &[u8]) {
        relay::partial(&self.core, &self.origin, (framing, bytes), &mut self.reported);
    }

    fn closed(&mut self, reason: CloseReason) {
        self.origin.peer.link_closed(&self.core, self.origin.attempt, &reason);
    }
}

impl MessageRun {
    fn deliver(&mut self) {
        self.cell.clone().deliver_all(&mut self.messages);
    }
}

impl Inbound {
    pub(super) fn new(core: Arc<Core>, origin: Origin) -> Self {
        Self { core, origin, refused: false, reported: None, run: None }
    }

    /// Only the first is told of: who sends them could fill the log.
    fn refuse(&mut self, port: &str, message: &Message) {
        self.core.count_dropped(Dropped::Refused, 1);
        if !std::mem::replace(&mut self.refused, true) {
            let node = self.origin.peer.id();
            let (tag, port) = (shortened(message.tag()), shortened(port));
            tracing::warn!(
                target: "aemp",
                "messages of node {node} are refused: it has no right to messages \
                 (Config::access); the first is {tag:?} to port {port:?}"
            );
        }
    }
}
