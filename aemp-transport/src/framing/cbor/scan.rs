//! Finds the end of one CBOR array, and checks all of it, without looking at any byte twice.

use super::head::{self, Head, Number};
use super::integers::{NEGATIVE_TAG, POSITIVE_TAG};
use crate::framing::{FrameError, Limits, perl};

/// What is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    List,
    /// Names and values in turn.
    Map {
        name: bool,
    },
    /// A string in pieces of this major type, that is ended by a break.
    Pieces(u8),
}

#[derive(Clone, Copy, Debug)]
struct Open {
    kind: Kind,
    /// How many items are still to come; `None`: until the break.
    left: Option<u64>,
}

/// The place in an array that has not come whole.
#[derive(Debug)]
pub(super) struct Scanner {
    limits: Limits,
    /// Whether something else than an array is fine.
    any: bool,
    /// How many bytes have been looked at.
    at: usize,
    open: Vec<Open>,
    /// What has been said of the item that comes next: the last tag.
    tag: Option<u64>,
    /// The end of the string that is being waited for, and its major type.
    string: Option<(usize, u8)>,
    #[cfg(test)]
    pub(super) scanned: u64,
}

const UNREADABLE_NAME: FrameError =
    FrameError::Cbor("the name of a map's entry is no string, number or boolean");
const MISPLACED_BREAK: FrameError = FrameError::Cbor("a break where nothing can end");

impl Scanner {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            any: false,
            at: 0,
            open: Vec::new(),
            tag: None,
            string: None,
            #[cfg(test)]
            scanned: 0,
        }
    }

    /// Whether no byte of the next array has been seen.
    pub(super) fn is_fresh(&self) -> bool {
        self.at == 0
    }

    /// Goes on with an array of which `bytes` is all that has come so far; gives its length when
    /// it is whole, and is fresh again.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, FrameError> {
        loop {
            if let Some((end, major)) = self.string {
                if bytes.len() < end {
                    return Ok(None);
                }
                if major == head::TEXT {
                    perl::text(&bytes[self.at..end]).ok_or(FrameError::Utf8)?;
                }
                self.go_to(end);
                self.string = None;
                self.item_done()?;
            } else {
                let head = head::read(&bytes[self.at.min(bytes.len())..])
                    .map_err(|head::Reserved| FrameError::Cbor("a reserved first byte"))?;
                let Some(head) = head else {
                    return self.may_come(1).map(|()| None);
                };
                self.may_come(head.len as u64)?;
                if self.is_fresh() && !self.any && head.major != head::ARRAY {
                    return Err(FrameError::NotACborArray { byte: bytes[0] });
                }
                self.go_to(self.at + head.len);
                self.head(head)?;
            }
            if self.open.is_empty() && self.string.is_none() && self.tag.is_none() {
                return Ok(Some(std::mem::take(&mut self.at)));
            }
        }
    }

    /// The length of the one item, of any kind, at the start of `bytes`, if it is whole.
    pub(super) fn one_item(limits: Limits, bytes: &[u8]) -> Result<Option<usize>, FrameError> {
        let mut scanner = Self { any: true, ..Self::new(limits) };
        scanner.scan(bytes)
    }

    fn go_to(&mut self, at: usize) {
        #[cfg(test)]
        {
            self.scanned += (at - self.at) as u64;
        }
        self.at = at;
    }

    /// Refuses an array that has so many more bytes at least, if that is too long.
    fn may_come(&self, bytes: u64) -> Result<(), FrameError> {
        if bytes > (self.limits.max_packet.saturating_sub(self.at)) as u64 {
            return Err(FrameError::TooLong { limit: self.limits.max_packet });
        }
        Ok(())
    }

    fn head(&mut self, head: Head) -> Result<(), FrameError> {
        self.expect_kind(head)?;
        if let Some(tag @ (POSITIVE_TAG | NEGATIVE_TAG)) = self.tag
            && head.major != head::BYTES
        {
            return Err(FrameError::Cbor(if tag == POSITIVE_TAG {
                "tag 2 without bytes"
            } else {
                "tag 3 without bytes"
            }));
        }
        match (head.major, head.number.value()) {
            (head::TAG, tag) => {
                if let Some(25 | 29) = tag {
                    return Err(FrameError::Cbor("references (tags 25 and 29) are not understood"));
                }
                self.tag = tag;
                Ok(())
            }
            (head::UNSIGNED | head::NEGATIVE, _) => self.item_done(),
            (head::BYTES | head::TEXT, Some(length)) => {
                self.may_come(length)?;
                // It fits: max_packet is a usize.
                let end = self.at + usize::try_from(length).unwrap_or(0);
                self.string = Some((end, head.major));
                Ok(())
            }
            (head::BYTES | head::TEXT, None) => self.push(Kind::Pieces(head.major), None),
            (head::ARRAY, left) => self.push(Kind::List, left),
            (head::MAP, left) => {
                let left = match left {
                    Some(entries) => Some(
                        entries
                            .checked_mul(2)
                            .ok_or(FrameError::TooLong { limit: self.limits.max_packet })?,
                    ),
                    None => None,
                };
                self.push(Kind::Map { name: true }, left)
            }
            _ => self.other(head.number),
        }
    }

    /// Whether an item of this kind may be where it is.
    fn expect_kind(&self, head: Head) -> Result<(), FrameError> {
        let is_break = head.major == head::OTHER && head.number == Number::Indefinite;
        match self.open.last().map(|open| open.kind) {
            Some(Kind::Pieces(major)) if !is_break => {
                if head.major == major && head.number != Number::Indefinite {
                    Ok(())
                } else {
                    Err(FrameError::Cbor("a piece of a string is of another kind"))
                }
            }
            Some(Kind::Map { name: true }) if !is_break => match (head.major, head.number) {
                (head::ARRAY | head::MAP, _) => Err(UNREADABLE_NAME),
                (head::OTHER, Number::Short(20 | 21) | Number::Two(_) | Number::Four(_))
                | (head::OTHER, Number::Eight(_)) => Ok(()),
                (head::OTHER, _) => Err(UNREADABLE_NAME),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Simple values, floats and the break.
    fn other(&mut self, number: Number) -> Result<(), FrameError> {
        match number {
            Number::One(0..32) => Err(FrameError::Cbor("a simple value is spelt too long")),
            Number::Indefinite => self.end(),
            _ => self.item_done(),
        }
    }

    /// A break: ends the innermost, of which it was not known how long it is.
    fn end(&mut self) -> Result<(), FrameError> {
        if self.tag.is_some() {
            return Err(MISPLACED_BREAK);
        }
        match self.open.pop() {
            Some(Open {
                left: None,
                kind: Kind::List | Kind::Map { name: true } | Kind::Pieces(_),
            }) => self.item_done(),
            _ => Err(MISPLACED_BREAK),
        }
    }

    fn push(&mut self, kind: Kind, left: Option<u64>) -> Result<(), FrameError> {
        self.tag = None;
        // Every item has a byte at least, and so has the break.
        self.may_come(left.unwrap_or(1))?;
        if self.open.len() >= self.limits.max_depth {
            return Err(FrameError::TooDeep { limit: self.limits.max_depth });
        }
        if left == Some(0) {
            return self.item_done();
        }
        self.open.push(Open { kind, left });
        Ok(())
    }

    /// An item is complete; and with it perhaps what it is the last of.
    fn item_done(&mut self) -> Result<(), FrameError> {
        self.tag = None;
        while let Some(innermost) = self.open.last_mut() {
            if let Kind::Map { name } = &mut innermost.kind {
                *name = !*name;
            }
            match &mut innermost.left {
                None => return Ok(()),
                Some(left) => {
                    *left -= 1;
                    if *left > 0 {
                        return Ok(());
                    }
                }
            }
            self.open.pop();
        }
        Ok(())
    }
}
