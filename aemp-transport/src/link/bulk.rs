//! [`Bulk`]: the lane of large packets, and of what has to keep its place behind them.
//!
//! 1. `bytes` is what is still to be written of all packets, heads of chunks included, of which there are
//!    no more than with chunks of [`STEP`] bytes.
//! 2. `keys` counts, by key, the packets of which not every byte has been given out; `ahead` those
//!    of them that nothing is to overtake.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use smol_str::SmolStr;

use super::Order;
use super::batch::Batch;
use super::chunk::{HEAD, Kind, MAX_CHUNK, STEP, head};

/// The most bytes that are given out together, heads included.
const TURN: usize = MAX_CHUNK / STEP * (STEP + HEAD);

#[derive(Debug, Default)]
pub(super) struct Bulk {
    packets: VecDeque<BulkPacket>,
    bytes: usize,
    keys: HashMap<SmolStr, usize>,
    ahead: usize,
}

#[derive(Debug)]
struct BulkPacket {
    /// What has not been given out.
    bytes: Bytes,
    /// What it counts for in [`Bulk::bytes`].
    cost: usize,
    key: Option<SmolStr>,
    is_ahead: bool,
}

/// What a packet of so many bytes takes as chunks.
pub(super) fn cost(bytes: usize) -> usize {
    bytes + HEAD * bytes.div_ceil(STEP)
}

impl Bulk {
    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn packets(&self) -> usize {
        self.packets.len()
    }

    /// Whether a packet of this order has to wait here, though it is small.
    pub(super) fn holds_up(&self, order: Order<'_>) -> bool {
        match order {
            Order::Free | Order::Urgent => false,
            Order::Among(key) | Order::Ahead(key) => self.ahead > 0 || self.keys.contains_key(key),
            Order::After(_) => !self.is_empty(),
        }
    }

    pub(super) fn push(&mut self, packet: Vec<u8>, order: Order<'_>) {
        let key = order.key().map(SmolStr::new);
        if let Some(key) = key.clone() {
            *self.keys.entry(key).or_default() += 1;
        }
        let cost = cost(packet.len());
        self.bytes += cost;
        let is_ahead = matches!(order, Order::Ahead(_));
        self.ahead += usize::from(is_ahead);
        self.packets.push_back(BulkPacket { bytes: packet.into(), cost, key, is_ahead });
    }

    /// Appends the next chunks to `out`, each of `step` bytes at most, up to [`TURN`] bytes of them, and
    /// tells `begins` where each begins; gives how many packets are whole now.
    pub(super) fn next(
        &mut self,
        out: &mut Batch,
        step: usize,
        mut begins: impl FnMut(usize),
    ) -> usize {
        let (begin, mut whole) = (out.len(), 0);
        while let Some(packet) = self.packets.front() {
            if out.len() - begin + HEAD + packet.bytes.len().min(step) > TURN {
                break;
            }
            begins(out.len());
            whole += usize::from(self.next_chunk(out, step) == Some(true));
        }
        whole
    }

    /// Says whether the chunk is the last of its packet; `None` when there is none.
    fn next_chunk(&mut self, out: &mut Batch, step: usize) -> Option<bool> {
        let packet = self.packets.front_mut()?;
        let part = packet.bytes.split_to(packet.bytes.len().min(step));
        let is_last = packet.bytes.is_empty();
        let written = if is_last { packet.cost } else { HEAD + part.len() };
        packet.cost -= written;
        self.bytes -= written;
        out.extend_from_slice(&head(if is_last { Kind::Last } else { Kind::Part }, part.len()));
        out.push(part);
        if is_last && let Some(packet) = self.packets.pop_front() {
            self.ahead -= usize::from(packet.is_ahead);
            self.forget(packet.key);
        }
        Some(is_last)
    }

    fn forget(&mut self, key: Option<SmolStr>) {
        let Some(key) = key else { return };
        if let Some(count) = self.keys.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.keys.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(bulk: &mut Bulk) -> (Vec<u8>, usize) {
        let mut out = Batch::default();
        let whole = bulk.next(&mut out, STEP, |_| {});
        (out.to_vec(), whole)
    }

    #[test]
    fn long_chunks_count_as_what_they_cost_at_most() {
        let mut bulk = Bulk::default();
        bulk.push(vec![7; 3 * MAX_CHUNK], Order::Among("a"));
        bulk.push(vec![8; 1], Order::Among("a"));
        for (step, chunks, left) in [
            (MAX_CHUNK, 1, cost(3 * MAX_CHUNK) - MAX_CHUNK - HEAD + cost(1)),
            (STEP, 16, cost(3 * MAX_CHUNK) - MAX_CHUNK - HEAD - cost(MAX_CHUNK) + cost(1)),
            (MAX_CHUNK, 2, 0),
        ] {
            let (mut out, mut begun) = (Batch::default(), 0);
            bulk.next(&mut out, step, |_| begun += 1);
            assert!(out.len() <= TURN);
            assert_eq!((begun, bulk.bytes()), (chunks, left));
        }
        assert!(bulk.is_empty() && bulk.keys.is_empty());
    }

    #[test]
    fn packets_become_chunks() {
        let mut bulk = Bulk::default();
        bulk.push(vec![7; MAX_CHUNK + 1], Order::Among("a"));
        bulk.push(vec![8; MAX_CHUNK], Order::After("b"));
        assert_eq!(bulk.bytes(), 2 * MAX_CHUNK + 1 + 33 * HEAD);
        assert!(bulk.holds_up(Order::Among("a")) && bulk.holds_up(Order::Among("b")));
        assert!(!bulk.holds_up(Order::Among("c")) && bulk.holds_up(Order::After("c")));
        let mut begins = Vec::new();
        let mut out = Batch::new(vec![0; 3]);
        assert_eq!(bulk.next(&mut out, STEP, |at| begins.push(at)), 0);
        let out = out.to_vec();
        assert_eq!((&out[3..3 + HEAD], out.len()), (&[1, 0, 16, 0][..], 3 + TURN));
        assert_eq!(begins, (0..16).map(|part| 3 + part * (STEP + HEAD)).collect::<Vec<_>>());
        assert!(bulk.holds_up(Order::Among("a")));
        let (out, whole) = next(&mut bulk);
        assert_eq!((&out[..HEAD + 1], whole), (&[2, 0, 0, 1, 7][..], 1));
        assert!(!bulk.holds_up(Order::Among("a")) && bulk.holds_up(Order::Among("b")));
        assert_eq!(next(&mut bulk).1, 1);
        assert!(bulk.is_empty() && bulk.bytes() == 0 && bulk.keys.is_empty());
        assert!(!bulk.holds_up(Order::After("b")));
    }

    #[test]
    fn small_packets_go_together() {
        let mut bulk = Bulk::default();
        for bytes in [MAX_CHUNK + 10, 10, STEP - 20, 1, MAX_CHUNK] {
            bulk.push(vec![7; bytes], Order::Ahead("a"));
        }
        let mut turns = Vec::new();
        while !bulk.is_empty() {
            let (out, whole) = next(&mut bulk);
            turns.push((out.len() <= TURN, whole));
        }
        assert_eq!(turns, [(true, 0), (true, 4), (true, 1)]);
        assert_eq!((bulk.bytes(), bulk.ahead), (0, 0));
    }

    #[test]
    fn nothing_but_signs_of_life_passes_what_is_ahead() {
        let mut bulk = Bulk::default();
        bulk.push(vec![7; 2 * MAX_CHUNK], Order::Ahead("a"));
        bulk.push(vec![8; 1], Order::Ahead("b"));
        for left in [true, true, true, false] {
            for order in [Order::Among("c"), Order::Ahead("c"), Order::After("c")] {
                assert_eq!(bulk.holds_up(order), left, "{order:?}");
            }
            assert!(!bulk.holds_up(Order::Free));
            next(&mut bulk);
        }
    }
}
