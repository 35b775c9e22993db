//! [`Queue`]: what waits to be written. A plain struct: who locks it and who waits is not its
//! business.
//!
//! There are two lanes: `express` is written out whole, whenever the writer looks; of `bulk` it gets
//! 64 KiB with each batch. Without chunks everything is express. A
//! third lane, `urgent`, goes ahead of both, in the midst of a batch.
//!
//! 1. `queued()` is what the lanes hold plus what is left of the batch that is being written.
//! 2. `queued()` never exceeds `limit`.
//! 3. Once `closed` is set it does not change, and the lanes stay empty.
//! 4. A packet is put into `express` only if nothing that it must not overtake is in `bulk`. What is
//!    in `express` is written before what is put into `bulk` later.

use std::mem;
use std::time::Duration;

use super::batch::Batch;
use super::bulk::{self, Bulk};
use super::chunk::{HEAD, Kind, MAX_CHUNK, STEP, head, overhead};
use super::pace::Pace;
use super::urgent::Urgent;
use super::{CloseReason, Order};

/// A buffer that once grew larger than this is not kept: four chunks of 64 KiB, so that the buffers of
/// usual traffic are used again, and those of one large message do not stay with an idle connection.
const KEEP: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct Queue {
    limit: usize,
    chunked: bool,
    /// Whole packets, in order; with chunks, within chunks.
    express: Vec<u8>,
    /// Where in `express` the last chunk begins, to which more packets can be added.
    chunk: usize,
    bulk: Bulk,
    pace: Pace,
    urgent: Urgent,
    /// What is left of the batch that the writer has taken.
    writing: usize,
    /// How many packets `express` holds; when the queue is closed, how many all lanes held.
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
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) enum Next {
    /// Write this out.
    Batch(Batch),
    /// Wait for more.
    Wait,
    /// Everything is written: end the stream.
    Finish,
    /// Stop at once.
    Closed,
}

impl Queue {
    pub(super) fn new(limit: usize, chunked: bool) -> Self {
        Self {
            limit,
            chunked,
            express: Vec::new(),
            chunk: 0,
            bulk: Bulk::default(),
            pace: Pace::default(),
            urgent: Urgent::default(),
            writing: 0,
            waiting_packets: 0,
            writing_packets: 0,
            finishing: false,
            closed: None,
        }
    }

    /// Bytes that wait or are being written.
    pub(super) fn queued(&self) -> usize {
        self.express.len() + self.bulk.bytes() + self.urgent.bytes() + self.writing
    }

    /// Whether that many bytes fit. What could never fit counts as fitting when nothing waits.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        let heads = if self.chunked { overhead(bytes) } else { 0 };
        self.closed.is_some()
            || self.queued() == 0
            || self.queued().saturating_add(bytes).saturating_add(heads) <= self.limit
    }

    /// Queues a packet if there is room for it now; `None`, and nothing has happened, if not.
    pub(super) fn try_push(&mut self, packet: &mut Vec<u8>, order: Order<'_>) -> Option<Pushed> {
        self.has_room(packet.len()).then(|| self.push(packet, order))
    }

    /// Queues a packet. One that goes into the bulk lane is taken out of `packet`.
    pub(super) fn push(&mut self, packet: &mut Vec<u8>, order: Order<'_>) -> Pushed {
        if let Some(reason) = self.refusal() {
            return Pushed::Closed(reason);
        }
        let is_urgent = order == Order::Urgent && self.urgent.has_room(packet.len());
        let is_bulk = self.chunked && (packet.len() > MAX_CHUNK || self.bulk.holds_up(order));
        let begins = self.chunked && (is_urgent || self.begins_chunk(packet.len()));
        let cost = match (is_bulk, begins) {
            (true, _) => bulk::cost(packet.len()),
            (false, true) => HEAD + packet.len(),
            (false, false) => packet.len(),
        };
        let queued = self.queued();
        if queued.saturating_add(cost) > self.limit {
            let reason = CloseReason::Overflow { queued, packet: packet.len(), limit: self.limit };
            self.close(reason.clone());
            return Pushed::Overflow(reason);
        }
        let first = self.is_empty();
        if is_urgent {
            self.urgent.push(packet, self.chunked);
        } else if is_bulk {
            self.bulk.push(mem::take(packet), order);
        } else {
            self.push_express(packet, begins);
        }
        if first { Pushed::First } else { Pushed::Behind }
    }

    fn is_empty(&self) -> bool {
        self.express.is_empty() && self.bulk.is_empty() && self.urgent.bytes() == 0
    }

    fn begins_chunk(&self, bytes: usize) -> bool {
        self.express.is_empty() || self.express.len() - self.chunk + bytes > HEAD + STEP
    }

    fn push_express(&mut self, packet: &[u8], begins_chunk: bool) {
        if begins_chunk || !self.chunked {
            self.urgent.note_cut(self.express.len());
        }
        if begins_chunk {
            self.chunk = self.express.len();
            self.express.extend_from_slice(&[0; HEAD]);
        }
        self.express.extend_from_slice(packet);
        if self.chunked {
            let content = self.chunk + HEAD;
            let head = head(Kind::Express, self.express.len() - content);
            self.express[self.chunk..content].copy_from_slice(&head);
        }
        self.waiting_packets += 1;
    }

    /// Gives the writer what is to be written next, in exchange for the buffer that it has written
    /// out: what is urgent; or everything in the express lane, and 64 KiB of the bulk lane.
    pub(super) fn next(&mut self, mut written: Vec<u8>) -> Next {
        if self.closed.is_some() {
            return Next::Closed;
        }
        if self.is_empty() {
            // The larger of the two is kept, unless it is out of proportion.
            if self.express.capacity() < written.capacity() && written.capacity() <= KEEP {
                written.clear();
                self.express = written;
            }
            return if self.finishing { Next::Finish } else { Next::Wait };
        }
        let others_wait = !(self.express.is_empty() && self.bulk.is_empty());
        if let Some((batch, packets)) = self.urgent.take_turn(others_wait) {
            (self.writing, self.writing_packets) = (batch.len(), packets);
            return Next::Batch(Batch::new(batch));
        }
        written.clear();
        if written.capacity() > KEEP {
            written = Vec::new();
        }
        let mut batch = Batch::new(mem::replace(&mut self.express, written));
        self.writing_packets = mem::take(&mut self.waiting_packets);
        // Small packets that never end must not hold up a large one for ever.
        let (step, cuts) = (self.pace.step(), &mut self.urgent);
        self.writing_packets += self.bulk.next(&mut batch, step, |at| cuts.note_cut(at));
        self.urgent.begin_batch();
        self.writing = batch.len();
        Next::Batch(batch)
    }

    /// How far the batch is to be written, so many bytes of it being written already, before
    /// [`interrupt`](Self::interrupt) is asked.
    pub(super) fn until(&self, written: usize) -> usize {
        self.urgent.until(written)
    }

    /// What is to be written before the rest of the batch, of which so many bytes are written.
    pub(super) fn interrupt(&mut self, written: usize) -> Option<Vec<u8>> {
        let (bytes, packets) = self.urgent.interrupt(written)?;
        self.writing += bytes.len();
        self.writing_packets += packets;
        Some(bytes)
    }

    /// The writer has got rid of so many bytes.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.writing = self.writing.saturating_sub(bytes);
        if self.writing == 0 {
            self.writing_packets = 0;
        }
    }

    /// A batch of so many bytes was written in that time.
    pub(super) fn wrote_batch(&mut self, bytes: usize, took: Duration) {
        self.pace.wrote(bytes, took);
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
        self.waiting_packets += self.bulk.packets() + self.urgent.packets();
        self.express = Vec::new();
        self.bulk = Bulk::default();
        self.urgent = Urgent::default();
        true
    }

    /// Packets that were queued and never, or not wholly, written. The system may have lost more.
    pub(super) fn unwritten_packets(&self) -> usize {
        let waiting = self.waiting_packets + self.bulk.packets() + self.urgent.packets();
        waiting + self.writing_packets
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

    fn plain(limit: usize) -> Queue {
        Queue::new(limit, false)
    }

    fn push(queue: &mut Queue, packet: &[u8]) -> Pushed {
        queue.push(&mut packet.to_vec(), Order::Among("p"))
    }

    fn batch(queue: &mut Queue) -> Vec<u8> {
        match queue.next(Vec::new()) {
            Next::Batch(batch) => {
                queue.wrote(batch.len());
                batch.to_vec()
            }
            next => panic!("{next:?}"),
        }
    }

    /// The kinds, lengths and first bytes of the chunks of a batch; parts of one packet together.
    fn chunks(mut batch: &[u8]) -> Vec<(u8, usize, u8)> {
        let mut chunks: Vec<(u8, usize, u8)> = Vec::new();
        while let Some((head, rest)) = batch.split_first_chunk::<HEAD>() {
            let (kind, length) = super::super::chunk::decode(*head).expect("a chunk");
            match chunks.last_mut() {
                Some((before @ 1, bytes, _)) => {
                    (*before, *bytes) = (kind as u8, *bytes + length);
                }
                _ => chunks.push((kind as u8, length, rest[0])),
            }
            batch = &rest[length..];
        }
        assert!(batch.is_empty());
        chunks
    }

    #[test]
    fn small_packets_that_never_end_do_not_hold_up_a_large_one() {
        let mut queue = Queue::new(usize::MAX, true);
        queue.push(&mut vec![b'L'; 3 * MAX_CHUNK], Order::Among("large"));
        let mut parts = 0;
        for _ in 0..3 {
            queue.push(&mut vec![b's'; 10], Order::Among("small"));
            let batch = batch(&mut queue);
            parts += chunks(&batch).iter().filter(|chunk| chunk.2 == b'L').count();
        }
        assert_eq!(parts, 3, "a part with each batch");
        assert_eq!(queue.unwritten_packets(), 0);
    }

    #[test]
    fn small_packets_pass_large_ones_unless_they_have_their_key() {
        let mut queue = Queue::new(usize::MAX, true);
        let send = |queue: &mut Queue, fill: u8, bytes: usize, order: Order<'_>| {
            queue.push(&mut vec![fill; bytes], order);
        };
        send(&mut queue, 1, 10, Order::Among("a"));
        send(&mut queue, 2, 2 * MAX_CHUNK, Order::Among("a"));
        assert_eq!(chunks(&batch(&mut queue)), [(0, 10, 1), (1, MAX_CHUNK, 2)]);
        send(&mut queue, 3, 10, Order::Among("a"));
        send(&mut queue, 4, 10, Order::Among("b"));
        send(&mut queue, 5, 10, Order::Free);
        send(&mut queue, 6, 10, Order::After("b"));
        send(&mut queue, 7, 10, Order::Among("b"));
        send(&mut queue, 8, 10, Order::Among("c"));
        let heads = MAX_CHUNK / STEP * HEAD;
        assert_eq!(queue.queued(), MAX_CHUNK + heads + 3 * (10 + HEAD) + 3 * 10 + HEAD);
        assert_eq!(queue.unwritten_packets(), 7);
        assert_eq!(chunks(&batch(&mut queue)), [(0, 30, 4), (2, MAX_CHUNK, 2)]);
        send(&mut queue, 9, 10, Order::Among("a"));
        let together = [(2, 10, 3), (2, 10, 6), (2, 10, 7), (2, 10, 9)];
        assert_eq!(chunks(&batch(&mut queue)), together);
        send(&mut queue, 10, 10, Order::Among("b"));
        assert_eq!(chunks(&batch(&mut queue)), [(0, 10, 10)]);
        assert_eq!(queue.next(Vec::new()), Next::Wait);
        assert_eq!((queue.queued(), queue.unwritten_packets()), (0, 0));
    }

    #[test]
    fn chunks_hold_whole_packets() {
        let mut queue = Queue::new(usize::MAX, true);
        for _ in 0..5 {
            push(&mut queue, &[7; STEP / 2]);
        }
        push(&mut queue, &[8; MAX_CHUNK]);
        let batch = batch(&mut queue);
        assert_eq!(
            chunks(&batch),
            [(0, STEP, 7), (0, STEP, 7), (0, STEP / 2, 7), (0, MAX_CHUNK, 8)]
        );
    }

    #[test]
    fn what_is_urgent_goes_ahead_of_what_waits_and_into_the_midst_of_a_batch() {
        for chunked in [false, true] {
            let mut queue = Queue::new(20_000, chunked);
            let head = if chunked { HEAD } else { 0 };
            push(&mut queue, &[7; STEP]);
            push(&mut queue, &[8; STEP]);
            let urgent =
                |queue: &mut Queue, bytes: &[u8]| queue.push(&mut bytes.to_vec(), Order::Urgent);
            assert_eq!(urgent(&mut queue, b"a"), Pushed::Behind);
            assert_eq!(queue.queued(), 2 * STEP + 1 + 3 * head);
            assert_eq!(batch(&mut queue)[head..], *b"a");
            assert_eq!(urgent(&mut queue, b"b"), Pushed::Behind);
            let Next::Batch(rest) = queue.next(Vec::new()) else {
                panic!("others have their turn")
            };
            assert_eq!((rest.len(), queue.until(0)), (2 * (STEP + head), STEP + head));
            queue.wrote(STEP + head);
            assert_eq!(queue.interrupt(STEP + head).expect("b")[head..], *b"b");
            assert_eq!(
                (queue.until(STEP + head), queue.interrupt(STEP + head)),
                (usize::MAX, None)
            );
            assert_eq!((queue.queued(), queue.unwritten_packets()), (STEP + 1 + 2 * head, 3));
            queue.wrote(STEP + 1 + 2 * head);
            assert_eq!((queue.queued(), queue.unwritten_packets()), (0, 0));
            // What is too much to be urgent waits as everything does.
            push(&mut queue, b"first");
            urgent(&mut queue, &[9; STEP]);
            assert_eq!(batch(&mut queue)[head], b'f');
            urgent(&mut queue, b"c");
            assert_eq!(queue.unwritten_packets(), 1);
            queue.close(CloseReason::PeerClosed);
            assert_eq!((queue.queued(), queue.unwritten_packets()), (0, 1));
            let mut queue = Queue::new(STEP, chunked);
            push(&mut queue, &[7; STEP - HEAD]);
            assert!(matches!(urgent(&mut queue, b"more than fits"), Pushed::Overflow(_)));
        }
    }

    #[test]
    fn both_lanes_together_are_bounded() {
        for limit in [200_000, 200_001, 300_000] {
            let mut queue = Queue::new(limit, true);
            let mut packets = 0;
            while queue.has_room(100_000) {
                let pushed = push(&mut queue, &[7; 100_000]);
                assert!(matches!(pushed, Pushed::First | Pushed::Behind));
                packets += 1;
                assert!(queue.queued() <= limit);
            }
            assert_eq!(queue.unwritten_packets(), packets);
            assert!(matches!(push(&mut queue, &[7; 100_000]), Pushed::Overflow(_)));
            assert_eq!(queue.unwritten_packets(), packets);
            assert_eq!(queue.queued(), 0);
        }
    }

    #[test]
    fn batches_hold_everything_that_waits() {
        let mut queue = plain(10);
        assert_eq!(push(&mut queue, b"ab"), Pushed::First);
        assert_eq!(push(&mut queue, b"cd"), Pushed::Behind);
        assert_eq!(queue.next(Vec::new()), Next::Batch(Batch::new(b"abcd".to_vec())));
        assert_eq!(push(&mut queue, b"ef"), Pushed::First);
        assert_eq!(queue.queued(), 6);
        queue.wrote(4);
        assert_eq!(queue.queued(), 2);
        queue.finish();
        assert_eq!(push(&mut queue, b"x"), Pushed::Closed(CloseReason::Finished));
        assert_eq!(queue.next(b"abcd".to_vec()), Next::Batch(Batch::new(b"ef".to_vec())));
        queue.wrote(2);
        assert_eq!(queue.next(Vec::new()), Next::Finish);
    }

    #[test]
    fn what_is_being_written_counts() {
        let mut queue = plain(4);
        push(&mut queue, b"abc");
        queue.next(Vec::new());
        assert!(!queue.has_room(2));
        let reason = CloseReason::Overflow { queued: 3, packet: 2, limit: 4 };
        assert_eq!(push(&mut queue, b"xx"), Pushed::Overflow(reason.clone()));
        assert_eq!(push(&mut queue, b""), Pushed::Closed(reason));
        assert_eq!(queue.next(Vec::new()), Next::Closed);
        assert!(!queue.close(CloseReason::PeerClosed));
        assert!(queue.has_room(100));
    }

    #[test]
    fn large_buffers_are_not_kept() {
        let mut queue = plain(usize::MAX);
        push(&mut queue, b"x");
        queue.next(Vec::with_capacity(KEEP + 1));
        assert_eq!(queue.express.capacity(), 0);
        queue.next(Vec::with_capacity(100));
        assert!(queue.express.capacity() >= 100);
    }
}
