//! [`Passage`]: bugs on the way of a connection's packets.

use std::collections::VecDeque;

use aemp_transport::Packet;

use super::{Mutation, strikes};

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
            packets.push_back(packet);
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
