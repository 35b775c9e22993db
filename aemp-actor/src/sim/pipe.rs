//! One direction of a connection: bytes on their way, and bytes that have arrived.
//!
//! Plain data: times come in as arguments, wakers are only kept here.
//!
//! ```text
//!   push ─▶ flying ─(time passes, not held)─▶ ready ─▶ take
//!             └── at last a mark: end of stream, or reset
//! ```

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::time::Instant;

/// What can come after the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mark {
    Eof,
    Reset,
}

/// What becomes of bytes that are written after the pipe's end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seal {
    /// They are lost, and the writer does not notice by writing.
    Lost,
    /// Nobody confirms them: they fill the window.
    Silent,
}

/// What a reader finds.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// So many bytes.
    Bytes(usize),
    Mark(Mark),
    /// Nothing yet; something may arrive then.
    Nothing(Option<Instant>),
}

struct Flying {
    arrives: Instant,
    item: Item,
}

enum Item {
    Bytes(Vec<u8>),
    Mark(Mark),
}

/// One direction of a simulated connection: bytes on their way, and bytes that have arrived.
pub(super) struct Pipe {
    flying: VecDeque<Flying>,
    ready: BytesMut,
    arrived: Option<Mark>,
    /// When the last of what flies arrives.
    last: Option<Instant>,
    pub(super) seal: Option<Seal>,
    pub(super) held: bool,
    pub(super) stopped: bool,
    /// So many more bytes pass before the connection is cut.
    pub(super) cut_after: Option<usize>,
    /// Bytes that are not read and not lost.
    bytes: usize,
    /// Bytes that nobody will ever confirm.
    pub(super) unconfirmed: usize,
    window: usize,
    pub(super) reader: Option<Waker>,
    pub(super) writer: Option<Waker>,
}

impl Pipe {
    pub(super) fn new(window: usize, held: bool, stopped: bool) -> Self {
        Self {
            flying: VecDeque::new(),
            ready: BytesMut::new(),
            arrived: None,
            last: None,
            seal: None,
            held,
            stopped,
            cut_after: None,
            bytes: 0,
            unconfirmed: 0,
            window,
            reader: None,
            writer: None,
        }
    }

    /// How many bytes may be written now.
    pub(super) fn room(&self) -> usize {
        match self.seal {
            Some(Seal::Lost) => usize::MAX,
            _ => self.window.saturating_sub(self.bytes + self.unconfirmed),
        }
    }

    /// Bytes set out. They arrive no earlier than then, and `passing` after those before them.
    pub(super) fn push(&mut self, bytes: &[u8], arrives: Instant, passing: Duration) {
        match self.seal {
            None => {
                self.bytes += bytes.len();
                let arrives = self.last.map_or(arrives, |last| last.max(arrives));
                self.fly(Item::Bytes(bytes.to_vec()), arrives + passing);
            }
            Some(Seal::Silent) => self.unconfirmed += bytes.len(),
            Some(Seal::Lost) => {}
        }
    }

    /// The end sets out; what is written after it is lost.
    pub(super) fn end(&mut self, mark: Mark, arrives: Instant) {
        if self.seal == Some(Seal::Silent) {
            return;
        }
        self.seal = Some(Seal::Lost);
        self.fly(Item::Mark(mark), arrives);
    }

    fn fly(&mut self, item: Item, arrives: Instant) {
        let arrives = self.last.map_or(arrives, |last| last.max(arrives));
        self.last = Some(arrives);
        self.flying.push_back(Flying { arrives, item });
    }

    /// Moves what has arrived.
    pub(super) fn settle(&mut self, now: Instant) {
        while !self.held && self.flying.front().is_some_and(|flying| flying.arrives <= now) {
            match self.flying.pop_front().map(|flying| flying.item) {
                Some(Item::Bytes(bytes)) => self.ready.extend_from_slice(&bytes),
                Some(Item::Mark(mark)) => self.arrived = Some(mark),
                None => {}
            }
        }
    }

    /// What can be read now.
    pub(super) fn find(&mut self, now: Instant) -> Found {
        self.settle(now);
        if self.stopped {
            Found::Nothing(None)
        } else if !self.ready.is_empty() {
            Found::Bytes(self.ready.len())
        } else if let Some(mark) = self.arrived {
            Found::Mark(mark)
        } else {
            let next = self.flying.front().filter(|_| !self.held);
            Found::Nothing(next.map(|flying| flying.arrives))
        }
    }

    /// Whether a reset has arrived, whatever is still to be read before it.
    pub(super) fn is_reset(&mut self, now: Instant) -> bool {
        self.settle(now);
        self.arrived == Some(Mark::Reset)
    }

    /// When a reset that is on its way arrives.
    pub(super) fn reset_arrives(&self) -> Option<Instant> {
        let reset = |flying: &&Flying| matches!(flying.item, Item::Mark(Mark::Reset));
        self.flying.iter().find(reset).filter(|_| !self.held).map(|flying| flying.arrives)
    }

    /// Takes bytes that are ready.
    pub(super) fn take(&mut self, into: &mut [u8]) {
        self.ready.copy_to_slice(into);
        self.bytes -= into.len();
    }

    /// Whether there is anything that nobody has read.
    pub(super) fn has_unread(&self) -> bool {
        self.bytes > 0
    }

    /// From now on nothing passes; what has arrived, has.
    pub(super) fn hold(&mut self, now: Instant) {
        self.settle(now);
        self.held = true;
    }

    /// What was held goes on, and arrives no earlier than then.
    pub(super) fn release(&mut self, arrives: Instant) {
        self.held = false;
        for flying in &mut self.flying {
            flying.arrives = flying.arrives.max(arrives);
        }
        self.last = self.last.map(|last| last.max(arrives));
    }

    /// What flies arrives no later than then.
    pub(super) fn hasten(&mut self, arrives: Instant) {
        for flying in &mut self.flying {
            flying.arrives = flying.arrives.min(arrives);
        }
        self.last = self.last.map(|last| last.min(arrives));
    }

    /// Loses what flies, but for the first `kept` pieces.
    pub(super) fn lose_flying(&mut self, now: Instant, kept: usize) {
        self.settle(now);
        for flying in self.flying.drain(kept.min(self.flying.len())..) {
            if let Item::Bytes(bytes) = flying.item {
                self.bytes -= bytes.len();
            }
        }
        self.last = self.flying.back().map(|flying| flying.arrives);
    }

    /// How many pieces fly.
    pub(super) fn pieces(&self) -> usize {
        self.flying.len()
    }

    /// The other host is silent from now on: nothing arrives, nothing is confirmed.
    pub(super) fn silence(&mut self, now: Instant) {
        self.lose_flying(now, 0);
        self.seal = Some(Seal::Silent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(begun: Instant, millis: u64) -> Instant {
        begun + Duration::from_millis(millis)
    }

    #[test]
    fn bytes_arrive_in_order_and_the_end_last() {
        let begun = Instant::now();
        let mut pipe = Pipe::new(10, false, false);
        pipe.push(b"abc", at(begun, 5), Duration::ZERO);
        pipe.push(b"de", at(begun, 3), Duration::ZERO);
        assert_eq!(pipe.room(), 5);
        pipe.end(Mark::Eof, at(begun, 1));
        assert_eq!(pipe.find(begun), Found::Nothing(Some(at(begun, 5))));
        assert_eq!(pipe.find(at(begun, 5)), Found::Bytes(5));
        let mut bytes = [0; 5];
        pipe.take(&mut bytes);
        assert_eq!((&bytes, pipe.find(at(begun, 5))), (b"abcde", Found::Mark(Mark::Eof)));
    }

    #[test]
    fn what_is_held_arrives_after_the_release() {
        let begun = Instant::now();
        let mut pipe = Pipe::new(10, false, false);
        pipe.push(b"a", begun, Duration::ZERO);
        pipe.push(b"b", at(begun, 2), Duration::ZERO);
        pipe.hold(at(begun, 1));
        pipe.end(Mark::Reset, at(begun, 3));
        assert_eq!(pipe.find(at(begun, 100)), Found::Bytes(1));
        assert!(!pipe.is_reset(at(begun, 100)));
        pipe.release(at(begun, 110));
        assert_eq!(pipe.reset_arrives(), Some(at(begun, 110)));
        assert_eq!(pipe.find(at(begun, 110)), Found::Bytes(2));
    }

    #[test]
    fn a_silent_host_fills_the_window() {
        let begun = Instant::now();
        let mut pipe = Pipe::new(3, false, false);
        pipe.silence(begun);
        pipe.push(b"ab", begun, Duration::ZERO);
        assert_eq!(pipe.room(), 1);
        pipe.end(Mark::Eof, begun);
        assert_eq!(pipe.find(at(begun, 100)), Found::Nothing(None));
    }
}
