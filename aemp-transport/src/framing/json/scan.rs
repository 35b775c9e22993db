//! Finds the end of one JSON array without looking at any byte twice.
//!
//! Knows brackets and strings and nothing else: what lies between is checked when the text is
//! whole. Bytes within strings are skipped by the machine word.

use memchr::memchr2;

use crate::framing::{FrameError, Limits};

/// Where in a text the scanner stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    /// Outside of strings.
    Plain,
    /// In a string.
    String,
    /// After a backslash in a string.
    Escape,
}

/// A whole text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Extent {
    /// Its length.
    pub(super) len: usize,
    /// Where the comma after the first element is, if there is more than one.
    pub(super) comma: Option<usize>,
    /// Whether there is a `\u` in any of its strings.
    pub(super) unicode_escapes: bool,
}

/// The place in a text that has not come whole.
#[derive(Debug)]
pub(super) struct Scanner {
    limits: Limits,
    /// How many bytes have been looked at.
    at: usize,
    mode: Mode,
    /// The brackets that are open, outermost first.
    open: Vec<u8>,
    comma: Option<usize>,
    unicode_escapes: bool,
    #[cfg(test)]
    pub(super) scanned: u64,
}

impl Scanner {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            at: 0,
            mode: Mode::Plain,
            open: Vec::new(),
            comma: None,
            unicode_escapes: false,
            #[cfg(test)]
            scanned: 0,
        }
    }

    /// Whether no byte of the next text has been seen.
    pub(super) fn is_fresh(&self) -> bool {
        self.at == 0
    }

    /// Goes on with a text of which `text` is all that has come so far; its first byte, which the
    /// caller has checked to be a bracket, is the same on every call. A whole text makes the
    /// scanner fresh again.
    pub(super) fn scan(&mut self, text: &[u8]) -> Result<Option<Extent>, FrameError> {
        #[cfg(test)]
        let before = self.at;
        let done = self.advance(text)?;
        #[cfg(test)]
        {
            self.scanned += (self.at - before) as u64;
        }
        if self.at > self.limits.max_packet || (!done && self.at == self.limits.max_packet) {
            return Err(FrameError::TooLong { limit: self.limits.max_packet });
        }
        if !done {
            return Ok(None);
        }
        let extent =
            Extent { len: self.at, comma: self.comma, unicode_escapes: self.unicode_escapes };
        self.at = 0;
        self.comma = None;
        self.unicode_escapes = false;
        Ok(Some(extent))
    }

    /// Moves `at` to the end of the text (and says so) or of what has come.
    fn advance(&mut self, text: &[u8]) -> Result<bool, FrameError> {
        while self.at < text.len() {
            match self.mode {
                Mode::Plain => {
                    if self.plain(text)? {
                        return Ok(true);
                    }
                }
                Mode::String => match memchr2(b'"', b'\\', &text[self.at..]) {
                    None => self.at = text.len(),
                    Some(distance) => {
                        self.at += distance;
                        self.mode = if text[self.at] == b'"' { Mode::Plain } else { Mode::Escape };
                        self.at += 1;
                    }
                },
                Mode::Escape => {
                    self.unicode_escapes |= text[self.at] == b'u';
                    self.at += 1;
                    self.mode = Mode::String;
                }
            }
        }
        Ok(false)
    }

    /// Advances outside of strings, up to the start of one or the end of the text.
    fn plain(&mut self, text: &[u8]) -> Result<bool, FrameError> {
        while let Some(&byte) = text.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => {
                    self.mode = Mode::String;
                    return Ok(false);
                }
                b'[' | b'{' => {
                    if self.open.len() == self.limits.max_depth {
                        return Err(FrameError::TooDeep { limit: self.limits.max_depth });
                    }
                    self.open.push(byte);
                }
                b']' | b'}' => {
                    self.close(byte)?;
                    if self.open.is_empty() {
                        return Ok(true);
                    }
                }
                b',' if self.comma.is_none() && self.open.len() == 1 => {
                    self.comma = Some(self.at - 1);
                }
                _ => {}
            }
        }
        Ok(false)
    }

    fn close(&mut self, close: u8) -> Result<(), FrameError> {
        match (self.open.pop(), close) {
            (Some(b'['), b']') | (Some(b'{'), b'}') => Ok(()),
            (open, _) => Err(FrameError::Mismatched { open: open.unwrap_or(b' '), close }),
        }
    }
}
