//! One side of a relayed connection: plain data and decisions, no I/O.
//!
//! ```text
//!   dialled ──accept──▶ open ──end──▶ open, nothing more comes
//!      └────────┴──────close, error, loss of the hub──────▶ over
//! ```

use bytes::{Buf, BytesMut};

use super::WINDOW;
use super::packet::{Cause, Word};

/// What one end of a relayed connection has sent and received: numbers, acknowledgements, room.
pub(super) struct Exchange {
    /// The number of our next packet.
    next_out: u64,
    /// The number of their next packet.
    next_in: u64,
    stage: Stage,
    /// Bytes that may be on their way to the other side.
    window: u64,
    /// Bytes sent, and those of them that the other side has taken.
    sent: u64,
    taken: u64,
    /// What came and was not read.
    unread: BytesMut,
    /// Bytes that came, that were read, and up to which we have acknowledged them.
    arrived: u64,
    read: u64,
    acknowledged: u64,
    /// The other side has said `end`.
    ended: bool,
}

#[derive(Debug, PartialEq)]
enum Stage {
    Dialled,
    Open,
    Over(Over),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Over {
    /// In order: what came before is all there was.
    Closed,
    /// Not so: something may be lost.
    Broken(String),
    /// It never began: the other side, or the hub in its name, said no, and not for want of room.
    Refused {
        text: String,
        /// The hub is not connected to the node.
        is_unknown: bool,
    },
}

/// The other side, or the way, broke a rule.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum ProtocolError {
    #[error("message {expected} of the relayed connection is missing, message {got} came")]
    Gap { expected: u64, got: u64 },
    #[error("more bytes came than the window of {WINDOW} holds")]
    Overrun,
    #[error("a relayed {kind:?} came out of its place")]
    Misplaced { kind: &'static str },
}

impl Exchange {
    /// The side that dials: its `open` is packet 0.
    pub(super) fn dialled() -> Self {
        Self::new(Stage::Dialled, 0, 0)
    }

    /// The side that was sent `open`, as packet 0, with this window.
    pub(super) fn accepted(window: u64) -> Self {
        Self::new(Stage::Open, 1, window)
    }

    fn new(stage: Stage, next_in: u64, window: u64) -> Self {
        Self {
            next_out: 0,
            next_in,
            stage,
            window: window.min(WINDOW),
            sent: 0,
            taken: 0,
            unread: BytesMut::new(),
            arrived: 0,
            read: 0,
            acknowledged: 0,
            ended: false,
        }
    }

    /// A packet came.
    pub(super) fn receive(&mut self, seq: u64, word: Word) -> Result<(), ProtocolError> {
        if matches!(self.stage, Stage::Over(_)) {
            return Ok(());
        }
        if matches!(word, Word::Alive { .. }) {
            return Ok(());
        }
        let in_place = seq == self.next_in;
        if let Word::Close { text, cause } = word {
            self.stage = Stage::Over(match (&self.stage, text.is_empty(), in_place) {
                // That there is no room now says nothing of later.
                (Stage::Dialled, false, _) if cause != Some(Cause::Crowded) => {
                    Over::Refused { text, is_unknown: cause == Some(Cause::Unknown) }
                }
                (Stage::Open, true, true) => Over::Closed,
                (_, true, _) => Over::Broken("the relayed connection was closed early".into()),
                (_, false, _) => Over::Broken(text),
            });
            return Ok(());
        }
        if !in_place {
            return Err(ProtocolError::Gap { expected: self.next_in, got: seq });
        }
        self.next_in += 1;
        let kind = word.kind();
        let misplaced = Err(ProtocolError::Misplaced { kind });
        match (word, &self.stage) {
            (Word::Accept { window }, Stage::Dialled) => {
                self.window = window.min(WINDOW);
                self.stage = Stage::Open;
            }
            (Word::Data(bytes), Stage::Open) if !self.ended => {
                self.arrived += bytes.len() as u64;
                if self.arrived - self.acknowledged > WINDOW {
                    return Err(ProtocolError::Overrun);
                }
                self.unread.extend_from_slice(&bytes);
            }
            (Word::Ack { total }, Stage::Open) if (self.taken..=self.sent).contains(&total) => {
                self.taken = total;
            }
            (Word::End, Stage::Open) if !self.ended => self.ended = true,
            _ => return misplaced,
        }
        Ok(())
    }

    /// Whether our `open` was answered.
    pub(super) fn is_accepted(&self) -> bool {
        self.stage == Stage::Open
    }

    pub(super) fn over(&self) -> Option<&Over> {
        match &self.stage {
            Stage::Over(over) => Some(over),
            Stage::Dialled | Stage::Open => None,
        }
    }

    /// The connection is over, unless it is already.
    pub(super) fn end(&mut self, over: Over) -> bool {
        let first = self.over().is_none();
        if first {
            self.stage = Stage::Over(over);
        }
        first
    }

    /// The number of the packet that is to be sent.
    pub(super) fn next_out(&self) -> u64 {
        self.next_out
    }

    /// That packet was sent.
    pub(super) fn was_sent(&mut self, word: &Word) {
        self.next_out += u64::from(!matches!(word, Word::Alive { .. }));
        match word {
            Word::Data(bytes) => self.sent += bytes.len() as u64,
            Word::Ack { total } => self.acknowledged = *total,
            _ => {}
        }
    }

    /// How many bytes may be sent now.
    pub(super) fn credit(&self) -> u64 {
        self.window.saturating_sub(self.sent - self.taken)
    }

    /// Reads what came, as much as there is room for.
    pub(super) fn read(&mut self, room: usize) -> Option<bytes::Bytes> {
        let bytes = room.min(self.unread.len());
        if bytes == 0 {
            return None;
        }
        self.read += bytes as u64;
        let bytes = self.unread.copy_to_bytes(bytes);
        if self.unread.is_empty() {
            self.unread = BytesMut::new();
        }
        Some(bytes)
    }

    /// What is to be acknowledged of what was read: not each time, but long before the other side would
    /// have to wait.
    pub(super) fn ack_due(&self) -> Option<u64> {
        let open = self.stage == Stage::Open && !self.ended;
        (open && self.read - self.acknowledged >= WINDOW / 4).then_some(self.read)
    }

    /// Whether nothing more will come, once all was read that came.
    pub(super) fn is_ended(&self) -> bool {
        self.ended || self.stage == Stage::Over(Over::Closed)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn data(bytes: usize) -> Word {
        Word::Data(Bytes::from(vec![b'x'; bytes]))
    }

    fn ack(total: u64) -> Word {
        Word::Ack { total }
    }

    #[test]
    fn bytes_pass_in_order_until_the_end() {
        let mut side = Exchange::accepted(10);
        side.receive(1, Word::Data(Bytes::from_static(b"abc"))).unwrap();
        side.receive(2, Word::Data(Bytes::from_static(b"def"))).unwrap();
        side.receive(3, Word::End).unwrap();
        assert_eq!(side.read(4).unwrap(), "abcd");
        assert_eq!(side.read(4).unwrap(), "ef");
        assert_eq!((side.read(4), side.is_ended()), (None, true));
        side.receive(4, Word::Close { text: String::new(), cause: None }).unwrap();
        assert_eq!(side.over(), Some(&Over::Closed));
    }

    #[test]
    fn credit_is_what_the_other_side_has_room_for() {
        let mut side = Exchange::dialled();
        side.was_sent(&Word::Open { window: 1 });
        assert_eq!((side.is_accepted(), side.credit()), (false, 0));
        side.receive(0, Word::Accept { window: 10 }).unwrap();
        assert_eq!((side.is_accepted(), side.credit()), (true, 10));
        side.was_sent(&data(7));
        assert_eq!((side.credit(), side.next_out()), (3, 2));
        side.receive(1, ack(5)).unwrap();
        assert_eq!(side.credit(), 8);
        assert_eq!(side.receive(2, ack(4)), Err(ProtocolError::Misplaced { kind: "ack" }));
        assert_eq!(side.receive(3, ack(8)), Err(ProtocolError::Misplaced { kind: "ack" }));
    }

    #[test]
    fn what_was_read_is_acknowledged_now_and_then() {
        let quarter = usize::try_from(WINDOW / 4).unwrap();
        let mut side = Exchange::accepted(0);
        side.receive(1, data(quarter)).unwrap();
        assert_eq!(side.ack_due(), None);
        side.read(quarter - 1);
        assert_eq!(side.ack_due(), None);
        side.read(1);
        assert_eq!(side.ack_due(), Some(WINDOW / 4));
        side.was_sent(&ack(WINDOW / 4));
        assert_eq!(side.ack_due(), None);
        for seq in 2..6 {
            side.receive(seq, data(quarter)).unwrap();
        }
        assert_eq!(side.receive(6, data(1)), Err(ProtocolError::Overrun));
    }

    #[test]
    fn a_hole_or_a_repetition_is_a_breach() {
        for seq in [0, 2, 99] {
            let mut side = Exchange::accepted(10);
            let error = ProtocolError::Gap { expected: 1, got: seq };
            assert_eq!(side.receive(seq, data(1)), Err(error));
            assert_eq!(side.read(1), None);
        }
        for word in [Word::Open { window: 1 }, Word::Accept { window: 1 }] {
            let mut side = Exchange::accepted(10);
            assert!(matches!(side.receive(1, word), Err(ProtocolError::Misplaced { .. })));
        }
        let mut side = Exchange::dialled();
        assert_eq!(side.receive(0, data(1)), Err(ProtocolError::Misplaced { kind: "data" }));
        let mut side = Exchange::accepted(10);
        side.receive(1, Word::End).unwrap();
        assert_eq!(side.receive(2, data(1)), Err(ProtocolError::Misplaced { kind: "data" }));
    }

    #[test]
    fn signs_of_life_do_not_count() {
        let mut side = Exchange::dialled();
        side.was_sent(&Word::Open { window: 1 });
        for (seq, ask) in [(0, true), (7, false)] {
            side.receive(seq, Word::Alive { ask }).unwrap();
            side.was_sent(&Word::Alive { ask });
        }
        assert!(!side.is_accepted());
        side.receive(0, Word::Accept { window: 10 }).unwrap();
        assert_eq!((side.is_accepted(), side.next_out()), (true, 1));
    }

    #[test]
    fn a_close_is_in_order_or_it_is_a_loss() {
        let close = |text: &str| Word::Close { text: text.into(), cause: None };
        let mut side = Exchange::accepted(10);
        side.receive(1, close("")).unwrap();
        assert_eq!((side.over(), side.is_ended()), (Some(&Over::Closed), true));
        for (seq, text) in [(2, ""), (1, "gone"), (0, "gone")] {
            let mut side = Exchange::accepted(10);
            side.receive(seq, close(text)).unwrap();
            assert!(matches!(side.over(), Some(Over::Broken(_))), "{seq} {text}");
            assert!(!side.is_ended());
            side.receive(1, data(1)).unwrap();
            assert_eq!(side.read(1), None, "it is over");
        }
    }

    #[test]
    fn a_close_in_place_of_an_answer_is_a_no() {
        use Cause::{Crowded, Unknown};
        for (seq, text, cause, is_no) in [
            (0, "gone", None, true),
            (3, "gone", None, true),
            (0, "gone", Some(Unknown), true),
            (0, "", None, false),
            (0, "later", Some(Crowded), false),
        ] {
            let mut side = Exchange::dialled();
            side.was_sent(&Word::Open { window: 1 });
            side.receive(seq, Word::Close { text: text.into(), cause }).unwrap();
            let no = Over::Refused { text: text.into(), is_unknown: cause == Some(Unknown) };
            assert_eq!(side.over() == Some(&no), is_no, "{:?}", side.over());
        }
    }
}
