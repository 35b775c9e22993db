//! [`Fold`]: a sequence that becomes bytes if all its elements are `u8`.

use super::write::{Head, Write};

/// What the elements were so far.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Elements {
    /// There was none.
    None,
    /// All were `u8`: each is one byte in the output.
    Bytes,
    /// Each is a value in the output.
    Values,
}

/// A list or a map whose head is written, with the length that its type has announced.
#[derive(Debug)]
pub(super) struct Fold {
    /// Where its head starts, and where its content.
    start: usize,
    content: usize,
    head: Head,
    announced: Option<usize>,
    elements: Elements,
}

impl Fold {
    pub(super) fn open<W: Write>(head: Head, announced: Option<usize>, out: &mut Vec<u8>) -> Self {
        let start = out.len();
        W::head(head, announced.unwrap_or(0), out);
        Self { start, content: out.len(), head, announced, elements: Elements::None }
    }

    /// Takes an element that is a `u8`; false if it is to be written as a value.
    pub(super) fn byte<W: Write>(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if !W::HAS_LENGTHS || self.elements == Elements::Values {
            return false;
        }
        self.elements = Elements::Bytes;
        out.push(byte);
        true
    }

    /// An element that is no `u8` is about to be written.
    pub(super) fn value<W: Write>(&mut self, out: &mut Vec<u8>) {
        if self.elements == Elements::Bytes {
            for byte in out.split_off(self.content) {
                W::signed(byte.into(), out);
            }
        }
        self.elements = Elements::Values;
    }

    /// Ends the content, and corrects the head, now that everything is known.
    pub(super) fn close<W: Write>(self, count: usize, out: &mut Vec<u8>) {
        W::end(self.head, out);
        let head = if self.elements == Elements::Bytes { Head::ByteList } else { self.head };
        if !W::HAS_LENGTHS || (head, Some(count)) == (self.head, self.announced) {
            return;
        }
        let mut right = Vec::new();
        W::head(head, count, &mut right);
        if right.len() == self.content - self.start {
            out[self.start..self.content].copy_from_slice(&right);
        } else {
            out.splice(self.start..self.content, right);
        }
    }
}
