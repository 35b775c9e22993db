//! Packets for a node that is not connected yet.

use aemp_transport::{Encoded, Order};

use crate::fail_points::fail_point;
use crate::id::PortName;

/// What the bytes of one waiting packet cost beside its message.
const PACKET_OVERHEAD: usize = 96;

/// A packet that waits.
pub(crate) struct Packet {
    /// The port that it is for; the node port for requests.
    pub(crate) port: PortName,
    /// The port whose messages it keeps its place among.
    pub(crate) about: PortName,
    pub(crate) place: Place,
    pub(crate) message: Encoded,
}

/// What place a packet keeps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// Its place among the packets about the same port.
    Among,
    /// The same, and ahead of all that is sent later: what follows a spawn finds the port there,
    /// whichever port it is for.
    Ahead,
}

impl Place {
    /// For a link.
    pub(crate) fn order(self, about: &str) -> Order<'_> {
        match self {
            Self::Among => Order::Among(about),
            Self::Ahead if fail_point!(SpawnOvertaken) => Order::Among(about),
            Self::Ahead => Order::Ahead(about),
        }
    }
}

/// A queue of encoded packets, bounded in bytes.
#[derive(Default)]
pub(crate) struct Waiting {
    packets: Vec<Packet>,
    bytes: usize,
    /// A packet did not fit, and is lost: so are all others.
    overflowed: bool,
}

impl Waiting {
    /// Adds a packet; false, and nothing is added any more, when that would exceed `limit` bytes.
    pub(crate) fn push(&mut self, packet: Packet, limit: usize) -> bool {
        let bytes = packet.message.bytes_len() + PACKET_OVERHEAD;
        self.overflowed |= self.bytes + bytes > limit;
        if self.overflowed {
            return false;
        }
        self.bytes += bytes;
        self.packets.push(packet);
        true
    }

    pub(crate) fn is_overflowed(&self) -> bool {
        self.overflowed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.packets.len()
    }

    /// The bytes that it counts as.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a message of so many bytes fits; one that never could fits when nothing waits.
    pub(crate) fn has_room(&self, bytes: usize, limit: usize) -> bool {
        self.bytes == 0 || self.bytes + bytes + PACKET_OVERHEAD <= limit
    }

    /// The packets, in the order they were added.
    pub(crate) fn into_packets(self) -> Vec<Packet> {
        self.packets
    }
}

#[cfg(test)]
mod tests {
    use aemp_transport::Framing;

    use super::*;

    fn packet(bytes: usize) -> Packet {
        let text = "x".repeat(bytes);
        let message = Encoded::from_message(Framing::Bincode, &(text,)).unwrap();
        Packet { port: "p".into(), about: "p".into(), place: Place::Among, message }
    }

    fn cost(packet: &Packet) -> usize {
        packet.message.bytes_len() + PACKET_OVERHEAD
    }

    #[test]
    fn as_much_waits_as_may_and_no_byte_more() {
        let limit = 2 * cost(&packet(100));
        let mut waiting = Waiting::default();
        assert!(waiting.push(packet(100), limit) && waiting.push(packet(100), limit));
        assert_eq!((waiting.len(), waiting.bytes()), (2, limit));
        assert!(!waiting.is_overflowed() && !waiting.is_empty());
        assert!(!waiting.push(packet(0), limit));
        assert!(waiting.is_overflowed());
        let mut tight = Waiting::default();
        assert!(tight.push(packet(100), limit - 1) && !tight.push(packet(100), limit - 1));
        assert_eq!(tight.bytes(), cost(&packet(100)));
    }

    #[test]
    fn after_one_that_was_lost_nothing_is_added() {
        let limit = cost(&packet(10));
        let mut waiting = Waiting::default();
        assert!(!waiting.push(packet(100), limit));
        assert!(!waiting.push(packet(10), limit), "though it would fit");
        assert!(waiting.is_empty() && waiting.into_packets().is_empty());
    }

    #[test]
    fn there_is_room_for_what_can_be_pushed() {
        let mut waiting = Waiting::default();
        assert!(waiting.has_room(1000, 10), "what could never fit, when nothing waits");
        let limit = 2 * cost(&packet(100));
        waiting.push(packet(100), limit);
        let next = packet(100);
        let bytes = next.message.bytes_len();
        assert!(waiting.has_room(bytes, limit) && !waiting.has_room(bytes + 1, limit));
        assert!(waiting.push(next, limit));
        assert!(!waiting.has_room(0, limit));
    }
}
