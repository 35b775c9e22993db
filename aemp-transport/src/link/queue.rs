//! [`Queue`]: what waits to be written. A plain struct: who locks it and who waits is not its
//! business.
//!
//! 1. `queued()` is the length of `waiting` plus what is left of the batch that is being written.
//! 2. `queued()` never exceeds `limit`.
//! 3. Once `closed` is set it does not change, and `waiting` stays empty.

use std::mem;

use super::CloseReason;

/// A buffer that once grew larger than this is not kept.
const KEEP: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Queue {
    limit: usize,
    /// Whole packets, in order.
    waiting: Vec<u8>,
    /// What is left of the batch that the writer has taken.
    writing: usize,
    /// How many packets `waiting` holds.
    waiting_packets: usize,
    /// How many packets the batch has that the writer has taken.
    writing_packets: usize,
    /// Nothing more is to be queued; the stream is to end after what waits.
    finishing: bool,
    closed: Option<CloseReason>,
}

/// What became of a packet.
#[derive(Debug, PartialEq)]
pub(super) enum Pushed {
    /// It waits, and the writer has to be told.
    First,
    /// It waits behind others.
    Behind,
    /// It did not fit; the queue is closed now.
    Overflow(CloseReason),
    /// The queue takes nothing any more.
    Closed(CloseReason),
}

/// What the writer is to do.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Write this out.
    Batch(Vec<u8>),
    /// Wait for more.
    Wait,
    /// Everything is written: end the stream.
    Finish,
    /// Stop at once.
    Closed,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            waiting: Vec::new(),
            writing: 0,
            waiting_packets: 0,
            writing_packets: 0,
            finishing: false,
            closed: None,
        }
    }

    /// Octets that wait or are being written.
    pub(super) fn queued(&self) -> usize {
        self.waiting.len() + self.writing
    }

    /// Whether that many octets fit. What could never fit counts as fitting when nothing waits.
    pub(super) fn has_room(&self, octets: usize) -> bool {
        self.closed.is_some()
            || self.queued() == 0
            || self.queued().saturating_add(octets) <= self.limit
    }

    /// Queues a packet if there is room for it now; `None`, and nothing has happened, if not.
    pub(super) fn try_push(&mut self, packet: &[u8]) -> Option<Pushed> {
        self.has_room(packet.len()).then(|| self.push(packet))
    }

    pub(super) fn push(&mut self, packet: &[u8]) -> Pushed {
        if let Some(reason) = self.refusal() {
            return Pushed::Closed(reason);
        }
        if self.queued().saturating_add(packet.len()) > self.limit {
            let reason = CloseReason::Overflow {
                queued: self.queued(),
                packet: packet.len(),
                limit: self.limit,
            };
            self.close(reason.clone());
            return Pushed::Overflow(reason);
        }
        let first = self.waiting.is_empty();
        self.waiting.extend_from_slice(packet);
        self.waiting_packets += 1;
        if first { Pushed::First } else { Pushed::Behind }
    }

    /// Gives the writer everything that waits, in exchange for the buffer that it has written out.
    pub(super) fn next(&mut self, mut written: Vec<u8>) -> Next {
        if self.closed.is_some() {
            return Next::Closed;
        }
        if self.waiting.is_empty() {
            // The larger of the two is kept, unless it is out of proportion.
            if self.waiting.capacity() < written.capacity() && written.capacity() <= KEEP {
                written.clear();
                self.waiting = written;
            }
            return if self.finishing { Next::Finish } else { Next::Wait };
        }
        written.clear();
        if written.capacity() > KEEP {
            written = Vec::new();
        }
        let batch = mem::replace(&mut self.waiting, written);
        self.writing = batch.len();
        self.writing_packets = mem::take(&mut self.waiting_packets);
        Next::Batch(batch)
    }

    /// The writer has got rid of so many octets.
    pub(super) fn wrote(&mut self, octets: usize) {
        self.writing = self.writing.saturating_sub(octets);
        if self.writing == 0 {
            self.writing_packets = 0;
        }
    }

    /// Takes nothing more; what waits is still written.
    pub(super) fn finish(&mut self) {
        self.finishing = true;
    }

    pub(super) fn is_finishing(&self) -> bool {
        self.finishing
    }

    /// Drops what waits. Says whether this is the first reason, which is the one that counts.
    pub(super) fn close(&mut self, reason: CloseReason) -> bool {
        if self.closed.is_some() {
            return false;
        }
        self.closed = Some(reason);
        self.waiting = Vec::new();
        true
    }

    /// Packets that were queued and never, or not wholly, written. The system may have lost more.
    pub(super) fn unwritten_packets(&self) -> usize {
        self.waiting_packets + self.writing_packets
    }

    pub(super) fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    /// Why nothing can be queued, if so.
    pub(super) fn refusal(&self) -> Option<CloseReason> {
        match &self.closed {
            Some(reason) => Some(reason.clone()),
            None => self.finishing.then_some(CloseReason::Finished),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_everything_that_waits() {
        let mut queue = Queue::new(10);
        assert_eq!(queue.push(b"ab"), Pushed::First);
        assert_eq!(queue.push(b"cd"), Pushed::Behind);
        assert_eq!(queue.next(Vec::new()), Next::Batch(b"abcd".to_vec()));
        assert_eq!(queue.push(b"ef"), Pushed::First);
        assert_eq!(queue.queued(), 6);
        queue.wrote(4);
        assert_eq!(queue.queued(), 2);
        queue.finish();
        assert_eq!(queue.push(b"x"), Pushed::Closed(CloseReason::Finished));
        assert_eq!(queue.next(b"abcd".to_vec()), Next::Batch(b"ef".to_vec()));
        queue.wrote(2);
        assert_eq!(queue.next(Vec::new()), Next::Finish);
    }

    #[test]
    fn what_is_being_written_counts() {
        let mut queue = Queue::new(4);
        queue.push(b"abc");
        queue.next(Vec::new());
        assert!(!queue.has_room(2));
        let reason = CloseReason::Overflow { queued: 3, packet: 2, limit: 4 };
        assert_eq!(queue.push(b"xx"), Pushed::Overflow(reason.clone()));
        assert_eq!(queue.push(b""), Pushed::Closed(reason));
        assert_eq!(queue.next(Vec::new()), Next::Closed);
        assert!(!queue.close(CloseReason::PeerClosed));
        assert!(queue.has_room(100));
    }

    #[test]
    fn large_buffers_are_not_kept() {
        let mut queue = Queue::new(usize::MAX);
        queue.push(b"x");
        queue.next(Vec::with_capacity(KEEP + 1));
        assert_eq!(queue.waiting.capacity(), 0);
        queue.next(Vec::with_capacity(100));
        assert!(queue.waiting.capacity() >= 100);
    }
}
