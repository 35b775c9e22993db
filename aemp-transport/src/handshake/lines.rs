//! Takes lines off the front of what has been read.

use bytes::{Buf, BytesMut};

/// The longest line of a handshake, its ending included, in bytes.
pub const MAX_LINE: usize = 4096;

/// A line exceeds [`MAX_LINE`].
#[derive(Debug, Eq, PartialEq)]
pub(super) struct TooLong;

/// Remembers how far it has looked for the end of a line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    scanned: usize,
}

impl Lines {
    /// The next line without its ending (LF or CR LF), or `None` if its end has not come.
    pub(super) fn next(&mut self, buf: &mut BytesMut) -> Result<Option<BytesMut>, TooLong> {
        let end = buf.len().min(MAX_LINE);
        let Some(distance) = memchr::memchr(b'\n', &buf[self.scanned..end]) else {
            self.scanned = end;
            return if end == MAX_LINE { Err(TooLong) } else { Ok(None) };
        };
        let mut line = buf.split_to(self.scanned + distance);
        buf.advance(1);
        self.scanned = 0;
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        Ok(Some(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Result<Vec<BytesMut>, TooLong> {
        let (mut lines, mut buf, mut found) = (Lines::default(), BytesMut::new(), Vec::new());
        for byte in text {
            buf.extend_from_slice(&[*byte]);
            found.extend(lines.next(&mut buf)?);
        }
        Ok(found)
    }

    #[test]
    fn either_ending() {
        assert_eq!(all(b"a\r\n\nb\r\r\nrest"), Ok(vec!["a".into(), "".into(), "b\r".into()]));
    }

    #[test]
    fn the_limit_includes_the_ending() {
        let mut text = vec![b'x'; MAX_LINE - 1];
        text.push(b'\n');
        assert_eq!(all(&text).map(|lines| lines.len()), Ok(1));
        text.insert(0, b'x');
        assert_eq!(all(&text), Err(TooLong));
    }
}
