//! Chunks: how large packets let small ones pass.
//!
//! When both greetings have `chunk=1`, what follows the auth line is, in both directions, a sequence
//! of chunks in place of a sequence of packets:
//!
//! ```text
//!   byte 0   1                   4
//!       ┌─────┬───────────────────┬──────────────────────────┐
//!       │kind │ length, BE 24     │ length bytes            │   1 ≤ length ≤ 65536
//!       └─────┴───────────────────┴──────────────────────────┘
//!   kind 0  express: whole packets, one after the other
//!        1  bulk: a part of a packet, more to come
//!        2  bulk: the last part of a packet
//!
//!   ─▶ [1 part of a large packet][0 small small][1 next part][0 small][2 last part][0 …]
//! ```
//!
//! Packets of more than 64 KiB travel in the bulk lane, one at a time; what need not keep its place
//! behind them (see [`Order`](super::Order)) travels in the express lane, and waits for 64 KiB at
//! most.

use crate::framing::FrameError;

/// The most bytes of a chunk, its head not counted; larger packets travel in the bulk lane.
pub(super) const MAX_CHUNK: usize = 64 << 10;

/// Our chunks have no more bytes, unless one packet of the express lane has, or the way has shown that it is
/// fast ([`Pace`](super::pace::Pace)): what is urgent waits for one chunk.
pub(super) const STEP: usize = 4 << 10;

/// How long the head of a chunk is.
pub(super) const HEAD: usize = 4;

/// What is in a chunk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Express,
    Part,
    Last,
}

/// The head of a chunk of so many bytes, at most [`MAX_CHUNK`].
pub(super) fn head(kind: Kind, length: usize) -> [u8; HEAD] {
    debug_assert!((1..=MAX_CHUNK).contains(&length), "a chunk has 1 to 65536 bytes");
    // It fits into three bytes.
    let [_, a, b, c] = (length as u32).to_be_bytes();
    [kind as u8, a, b, c]
}

/// Reads a head.
pub(super) fn decode([kind, a, b, c]: [u8; HEAD]) -> Result<(Kind, usize), FrameError> {
    let kind = match kind {
        0 => Kind::Express,
        1 => Kind::Part,
        2 => Kind::Last,
        _ => return Err(FrameError::Chunk("its kind is unknown")),
    };
    match u32::from_be_bytes([0, a, b, c]) as usize {
        0 => Err(FrameError::Chunk("it is empty")),
        length @ 1..=MAX_CHUNK => Ok((kind, length)),
        _ => Err(FrameError::Chunk("it is longer than 65536 bytes")),
    }
}

/// What the heads of chunks add to so many bytes, at most.
pub(super) fn overhead(bytes: usize) -> usize {
    HEAD * (bytes / STEP + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        for (kind, length) in [(Kind::Express, 1), (Kind::Part, MAX_CHUNK), (Kind::Last, 513)] {
            assert_eq!(decode(head(kind, length)), Ok((kind, length)));
        }
        assert_eq!(head(Kind::Last, MAX_CHUNK), [2, 1, 0, 0]);
        for bad in [[3, 0, 0, 1], [b'[', b'"', b'p', b'"'], [0, 0, 0, 0], [1, 1, 0, 1]] {
            assert!(decode(bad).is_err(), "{bad:?}");
        }
    }
}
