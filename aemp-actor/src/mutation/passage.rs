//! [`Passage`]: bugs on the way of a connection's packets.

use std::collections::VecDeque;

use aemp_transport::Packet;

use super::{Mutation, strikes};
use crate::mesh::CONNECT;
use crate::message::Message;

/// What became of the packets of one connection that were not delivered at once.
#[derive(Default)]
pub(crate) struct Passage {
    kept: Option<Packet>,
    passed: usize,
}

impl Passage {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The packets to deliver now that this one has come.
    pub(crate) fn of(&mut self, packet: Packet) -> VecDeque<Packet> {
        let mut packets = VecDeque::new();
        if packet.port.is_empty() {
            packets.extend((!is_lost(&packet)).then_some(packet));
        } else if strikes(Mutation::LoseMessage) {
            return packets;
        } else if strikes(Mutation::DelayMessage) {
            self.kept = Some(packet);
        } else if strikes(Mutation::RepeatMessage) {
            packets.extend([packet.clone(), packet]);
        } else {
            packets.push_back(packet);
        }
        self.passed += usize::from(self.kept.is_some());
        if self.passed > LATE {
            self.passed = 0;
            packets.extend(self.kept.take());
        }
        packets
    }
}

/// After so many other packets one that was kept back is delivered.
const LATE: usize = 3;

/// Whether that request is lost.
fn is_lost(request: &Packet) -> bool {
    let message = Message::from_encoded(request.message.clone());
    // What the mesh spawns is another matter than what programs do.
    let first = || message.arg::<String>(1).unwrap_or_default();
    match message.tag() {
        "mon0" => strikes(Mutation::LoseUnmonitor),
        "mon1" => strikes(Mutation::LoseMonitor),
        "kil0" => strikes(Mutation::LoseDeath),
        "kil" => strikes(Mutation::LoseKill),
        "AnyEvent::MP::_spawn" if first() != CONNECT => strikes(Mutation::LoseSpawn),
        _ => false,
    }
}
