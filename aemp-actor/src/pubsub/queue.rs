//! What a subscriber has not read: bounded, and honest about what was left out.

use std::collections::VecDeque;

use super::subscription::{End, Next, Overflow};

/// Unread messages `M`.
pub(super) struct Queue<M> {
    messages: VecDeque<M>,
    bound: usize,
    overflow: Overflow,
    /// Messages that were left out: before the first one, or behind the last one.
    missed: u64,
    /// Why nothing comes any more but what is here.
    end: Option<End>,
}

impl<M> Queue<M> {
    pub(super) fn new(bound: usize, overflow: Overflow) -> Self {
        Self { messages: VecDeque::new(), bound: bound.max(1), overflow, missed: 0, end: None }
    }

    /// Adds a message, if there is room; false when nothing will be added any more.
    pub(super) fn push(&mut self, message: M) -> bool {
        if self.end.is_some() {
            return false;
        }
        let full = self.messages.len() >= self.bound;
        match self.overflow {
            Overflow::DropOldest if full => {
                self.messages.pop_front();
                self.missed += 1;
                self.messages.push_back(message);
            }
            // Until all that came before the gap is read: so the gap has one place.
            Overflow::DropNewest if full || self.missed > 0 => self.missed += 1,
            Overflow::CutOff if full => self.end = Some(End::TooSlow),
            _ => self.messages.push_back(message),
        }
        self.end.is_none()
    }

    /// The next thing to be read.
    pub(super) fn pop(&mut self) -> Option<Next<M>> {
        let gap_first = self.overflow == Overflow::DropOldest || self.messages.is_empty();
        if self.missed > 0 && gap_first {
            return Some(Next::Missed(std::mem::take(&mut self.missed)));
        }
        self.messages.pop_front().map(Next::Message)
    }

    /// Nothing is added any more; the first reason counts.
    pub(super) fn finish(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    /// Why nothing comes any more but what is here.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

    use super::*;

    proptest! {
        /// What is read and what is told to be missing make up what was published, in order.
        #[test]
        fn nothing_is_lost_in_silence(
            overflow in prop_oneof![
                Just(Overflow::DropOldest), Just(Overflow::DropNewest), Just(Overflow::CutOff)
            ],
            bound in 1_usize..5,
            acts in prop::collection::vec(0_u8..3, 0..100),
        ) {
            let mut queue = Queue::new(bound, overflow);
            let (mut published, mut seen) = (0_u64, 0_u64);
            let mut acts = acts;
            acts.extend([2; 10]);
            for act in acts {
                if act < 2 && queue.end().is_none() {
                    if queue.push(published) {
                        published += 1;
                    }
                    prop_assert!(queue.messages.len() <= bound);
                    continue;
                }
                match queue.pop() {
                    Some(Next::Message(message)) => {
                        prop_assert_eq!(message, seen);
                        seen += 1;
                    }
                    Some(Next::Missed(missed)) => seen += missed,
                    None => prop_assert!(queue.missed == 0),
                }
            }
            prop_assert_eq!(seen, published);
            prop_assert!(overflow == Overflow::CutOff || queue.end().is_none());
        }
    }
}
