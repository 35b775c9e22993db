//! [`Passage`]: bugs on the way of a connection's packets.

use aemp_transport::{CloseReason, Framing, Packet, PacketSink};

use super::fail_point;
use crate::mesh::CONNECT;
use crate::message::Message;

/// Stands before the sink of a connection, and loses, repeats and delays its packets.
pub(crate) struct Passage<S> {
    sink: S,
    kept: Option<Packet>,
    /// So many packets came since one was kept.
    passed: usize,
}

impl<S> Passage<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { sink, kept: None, passed: 0 }
    }
}

impl<S: PacketSink> PacketSink for Passage<S> {
    fn packet(&mut self, packet: Packet) {
        if packet.port.is_empty() {
            if !is_lost(&packet) {
                self.sink.packet(packet);
            }
        } else if fail_point!(LoseMessage) {
            return;
        } else if fail_point!(DelayMessage) {
            self.kept = Some(packet);
        } else if fail_point!(RepeatMessage) {
            self.sink.packet(packet.clone());
            self.sink.packet(packet);
        } else {
            self.sink.packet(packet);
        }
        self.passed += usize::from(self.kept.is_some());
        if self.passed > LATE {
            self.passed = 0;
            if let Some(late) = self.kept.take() {
                self.sink.packet(late);
            }
        }
    }

    fn flush(&mut self) {
        self.sink.flush();
    }

    fn partial(&mut self, framing: Framing, bytes: &[u8]) {
        self.sink.partial(framing, bytes);
    }

    fn closed(&mut self, reason: CloseReason) {
        self.sink.closed(reason);
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
        "mon0" => fail_point!(LoseUnmonitor),
        "mon1" => fail_point!(LoseMonitor),
        "kil0" => fail_point!(LoseDeath),
        "kil" => fail_point!(LoseKill),
        "AnyEvent::MP::_spawn" if first() != CONNECT => fail_point!(LoseSpawn),
        _ => false,
    }
}
