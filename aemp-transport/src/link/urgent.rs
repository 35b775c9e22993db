//! [`Urgent`]: the lane of what goes ahead of everything, and where the rest may be interrupted.
//!
//! 1. It holds at most [`STEP`] bytes; what does not fit takes the way of everything else.
//! 2. A batch is interrupted where a packet, or a chunk, begins, and no more often than after [`STEP`]
//!    bytes of its own: whatever comes in this lane, the rest gets on.

use std::mem;

use super::chunk::{HEAD, Kind, STEP, head};

/// The lane of packets that go ahead of all others; it holds at most [`STEP`] bytes.
#[derive(Debug, Default)]
pub(super) struct Urgent {
    bytes: Vec<u8>,
    packets: usize,
    /// Where what is yet to become a batch may be interrupted, in order.
    cuts: Vec<usize>,
    /// Where the batch that is being written may be interrupted.
    writing: Vec<usize>,
    /// The last batch was one of this lane.
    had_turn: bool,
}

impl Urgent {
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn packets(&self) -> usize {
        self.packets
    }

    /// Whether so many more bytes fit.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.bytes.len() + HEAD + bytes <= STEP
    }

    pub(super) fn push(&mut self, packet: &[u8], chunked: bool) {
        if chunked {
            self.bytes.extend_from_slice(&head(Kind::Express, packet.len()));
        }
        self.bytes.extend_from_slice(packet);
        self.packets += 1;
    }

    /// A packet, or a chunk, begins at that byte of what is yet to become a batch.
    pub(super) fn note_cut(&mut self, at: usize) {
        if at >= self.cuts.last().unwrap_or(&0) + STEP {
            self.cuts.push(at);
        }
    }

    /// What waits here, and how many packets that is, unless it is the turn of others that wait.
    pub(super) fn take_turn(&mut self, others_wait: bool) -> Option<(Vec<u8>, usize)> {
        let turn = !(self.bytes.is_empty() || self.had_turn && others_wait);
        self.had_turn = turn;
        turn.then(|| (mem::take(&mut self.bytes), mem::take(&mut self.packets)))
    }

    /// What waits elsewhere has become a batch.
    pub(super) fn begin_batch(&mut self) {
        self.writing.clear();
        mem::swap(&mut self.writing, &mut self.cuts);
    }

    /// How far the batch may be written, so many bytes of it being written already, before this
    /// lane is looked at again.
    pub(super) fn until(&self, written: usize) -> usize {
        if self.bytes.is_empty() {
            return usize::MAX;
        }
        let next = self.writing.partition_point(|cut| *cut <= written);
        self.writing.get(next).copied().unwrap_or(usize::MAX)
    }

    /// What goes out now, so many bytes of the batch being written.
    pub(super) fn interrupt(&mut self, written: usize) -> Option<(Vec<u8>, usize)> {
        let here = !self.bytes.is_empty() && self.writing.binary_search(&written).is_ok();
        here.then(|| (mem::take(&mut self.bytes), mem::take(&mut self.packets)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_interrupted_between_packets() {
        let mut urgent = Urgent::default();
        for at in [0, 100, STEP, STEP + 1, 2 * STEP + 5, 9 * STEP] {
            urgent.note_cut(at);
        }
        urgent.begin_batch();
        assert_eq!(urgent.until(0), usize::MAX, "nothing waits");
        assert_eq!(urgent.interrupt(STEP), None);
        urgent.push(b"abc", false);
        assert_eq!((urgent.until(0), urgent.until(STEP)), (STEP, 2 * STEP + 5));
        assert_eq!((urgent.until(9 * STEP - 1), urgent.until(9 * STEP)), (9 * STEP, usize::MAX));
        assert_eq!(urgent.interrupt(0), None);
        assert_eq!(urgent.interrupt(STEP + 1), None);
        assert_eq!(urgent.interrupt(STEP), Some((b"abc".to_vec(), 1)));
        assert_eq!((urgent.interrupt(2 * STEP + 5), urgent.bytes()), (None, 0));
    }

    #[test]
    fn others_have_their_turn() {
        let mut urgent = Urgent::default();
        for (others_wait, is_taken) in [(true, true), (true, false), (true, true), (false, true)] {
            urgent.push(b"x", true);
            assert_eq!(urgent.take_turn(others_wait).is_some(), is_taken);
        }
        assert!(urgent.has_room(STEP - HEAD) && !urgent.has_room(STEP - HEAD + 1));
        urgent.push(b"x", true);
        assert!(!urgent.has_room(STEP - HEAD));
    }
}
