//! [`Inbox`]: what was read, taken apart into packets.
//!
//! With chunks, packets of the express lane are no longer than a chunk, and the bulk lane holds one
//! packet: together no more than `max_packet`, and a few chunks.

use bytes::{Buf, BytesMut};

use super::chunk::{self, HEAD, Kind, MAX_CHUNK};
use crate::framing::{Decoder, FrameError, Framing, Limits, Packet};

#[derive(Debug)]
pub(super) enum Inbox {
    /// Packets one after the other.
    Plain(Decoder),
    Chunked(Box<Lanes>),
}

/// The two lanes of chunks.
#[derive(Debug)]
pub(super) struct Lanes {
    /// What the bytes that come next belong to, and how many of them.
    open: Option<(Kind, usize)>,
    express: Decoder,
    /// The start of a packet of the express lane.
    small: BytesMut,
    bulk: Decoder,
    /// What has come of a large packet.
    large: BytesMut,
    /// More of it was read to its place, and whether that was its last part.
    placed: Option<bool>,
    /// The most that can be in `large`.
    max_large: usize,
}

/// What is left of a chunk of a large packet is read to its place if it has so many bytes at least; of less
/// there would be more reads than it is worth.
const DIRECT: usize = 16 << 10;

/// Memory is reserved for so many times what has come of a packet, if it claims to be that long.
const BELIEVED: usize = 32;

const MISPLACED_END: FrameError = FrameError::Chunk("it does not end where a packet does");

impl Inbox {
    pub(super) fn new(framing: Framing, limits: Limits, chunked: bool) -> Self {
        if !chunked {
            return Self::Plain(Decoder::new(framing, limits));
        }
        let small = Limits { max_packet: limits.max_packet.min(MAX_CHUNK), ..limits };
        Self::Chunked(Box::new(Lanes {
            open: None,
            express: Decoder::new(framing, small),
            small: BytesMut::new(),
            bulk: Decoder::new(framing, limits),
            large: BytesMut::new(),
            placed: None,
            max_large: limits.max_packet.saturating_add(MAX_CHUNK),
        }))
    }

    /// Takes the next packet off the front of `buf`, to which may only be appended between calls;
    /// `None` if more bytes are needed.
    pub(super) fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
        match self {
            Self::Plain(decoder) => decoder.next(buf),
            Self::Chunked(lanes) => lanes.next(buf),
        }
    }

    /// Where the next read is to go, and how much of it at most, if not into `buf`: the rest of a chunk
    /// of a large packet goes to where the packet is, with the head of the next chunk behind it.
    pub(super) fn place(&mut self, buf: &BytesMut) -> Option<(&mut BytesMut, usize)> {
        match self {
            Self::Chunked(lanes) if buf.is_empty() => lanes.place(),
            _ => None,
        }
    }

    /// Takes note of so many bytes that were read to that [`place`](Self::place). Then
    /// [`next`](Self::next) goes on.
    pub(super) fn placed(&mut self, bytes: usize, buf: &mut BytesMut) {
        if let Self::Chunked(lanes) = self {
            lanes.placed(bytes, buf);
        }
    }

    /// Whether the stream may end here, `buf` being what is left of it.
    pub(super) fn finish(&self, buf: &BytesMut) -> Result<(), FrameError> {
        match self {
            Self::Plain(decoder) => decoder.finish(buf),
            Self::Chunked(lanes) if buf.is_empty() && lanes.is_between_packets() => Ok(()),
            Self::Chunked(_) => Err(FrameError::Incomplete),
        }
    }

    /// What has come of the packet that is coming, `buf` being what is left of the stream; nothing
    /// while a chunk has yet to begin.
    pub(super) fn partial<'a>(&'a self, buf: &'a BytesMut) -> &'a [u8] {
        match self {
            Self::Plain(_) => buf,
            Self::Chunked(lanes) => match lanes.open {
                Some((Kind::Express, _)) => &lanes.small,
                Some((Kind::Part | Kind::Last, _)) => &lanes.large,
                None => &[],
            },
        }
    }

    /// How many bytes of packets that are not whole are held.
    #[cfg(any(test, fuzzing))]
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Plain(_) => 0,
            Self::Chunked(lanes) => lanes.small.len() + lanes.large.capacity(),
        }
    }
}

impl Lanes {
    fn is_between_packets(&self) -> bool {
        self.open.is_none() && self.small.is_empty() && self.large.is_empty()
    }

    fn next(&mut self, buf: &mut BytesMut) -> Result<Option<Packet>, FrameError> {
        if let Some(is_last) = self.placed.take()
            && let Some(packet) = self.large_packet(is_last)?
        {
            return Ok(Some(packet));
        }
        loop {
            if !self.small.is_empty()
                && let Some(packet) = self.express.next(&mut self.small)?
            {
                return Ok(Some(packet));
            }
            let Some((kind, left)) = self.open else {
                if !self.small.is_empty() {
                    return Err(MISPLACED_END);
                }
                // It shares the buffer of the read, which is used again when nobody else does.
                self.small = BytesMut::new();
                let Some(head) = buf.first_chunk::<HEAD>() else { return Ok(None) };
                self.open = Some(chunk::decode(*head)?);
                buf.advance(HEAD);
                continue;
            };
            if buf.is_empty() {
                return Ok(None);
            }
            let bytes = buf.split_to(left.min(buf.len()));
            let left = left - bytes.len();
            self.open = (left > 0).then_some((kind, left));
            if kind == Kind::Express {
                // Not copied while it is of the same read.
                self.small.unsplit(bytes);
            } else if let Some(packet) = self.part(&bytes, kind == Kind::Last && left == 0)? {
                return Ok(Some(packet));
            }
        }
    }

    /// One more part of a large packet, which is whole with its last one, and not before.
    fn part(&mut self, part: &[u8], is_last: bool) -> Result<Option<Packet>, FrameError> {
        self.reserve(part.len(), part);
        self.large.extend_from_slice(part);
        self.large_packet(is_last)
    }

    fn large_packet(&mut self, is_last: bool) -> Result<Option<Packet>, FrameError> {
        let packet = self.bulk.next(&mut self.large)?;
        match (is_last, packet.is_some() && self.large.is_empty()) {
            (true, true) => {
                self.large = BytesMut::new();
                Ok(packet)
            }
            (false, false) if packet.is_none() && !self.large.is_empty() => Ok(None),
            _ => Err(MISPLACED_END),
        }
    }

    fn place(&mut self) -> Option<(&mut BytesMut, usize)> {
        let (kind, left) = self.open?;
        if kind == Kind::Express || left < DIRECT {
            return None;
        }
        self.reserve(left + HEAD, &[]);
        Some((&mut self.large, left + HEAD))
    }

    fn placed(&mut self, bytes: usize, buf: &mut BytesMut) {
        let Some((kind, left)) = self.open else { return };
        let part = bytes.min(left);
        let end = self.large.len() - (bytes - part);
        buf.extend_from_slice(&self.large[end..]);
        self.large.truncate(end);
        self.placed = Some(kind == Kind::Last && part == left);
        self.open = (part < left).then_some((kind, left - part));
    }

    /// Doubles the room for a large packet as it grows, up to what it may have; at once to what it claims to
    /// have, where that is not out of proportion to what has come. `part` comes next, of `bytes` bytes.
    fn reserve(&mut self, bytes: usize, part: &[u8]) {
        let (length, capacity) = (self.large.len(), self.large.capacity());
        let needed = length + bytes;
        if needed <= capacity {
            return;
        }
        let come = length + part.len();
        let start = if length == 0 { part } else { &self.large };
        // With the head of the next chunk, which is read with its last part.
        let claimed = self.bulk.length(start).map(|length| length + HEAD);
        let claimed = claimed.filter(|claimed| *claimed <= come.saturating_mul(BELIEVED));
        let room = claimed.unwrap_or(0).max(2 * capacity).min(self.max_large).max(needed);
        if room >= 2 * capacity {
            // Large memory is not copied, but moved to another address.
            self.large.reserve(room - length);
        } else {
            let mut larger = BytesMut::with_capacity(room);
            larger.extend_from_slice(&self.large);
            self.large = larger;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { max_packet: 300_000, max_depth: 9 };

    fn chunked(framing: Framing) -> Inbox {
        Inbox::new(framing, LIMITS, true)
    }

    fn chunk(kind: Kind, bytes: &[u8]) -> Vec<u8> {
        [&chunk::head(kind, bytes.len())[..], bytes].concat()
    }

    /// The ports of what comes, in pieces of `size` bytes.
    fn ports(inbox: &mut Inbox, stream: &[u8], size: usize) -> Result<Vec<String>, FrameError> {
        let (mut buf, mut ports, mut stream) = (BytesMut::new(), Vec::new(), stream);
        while !stream.is_empty() {
            let size = size.min(stream.len());
            if let Some((place, most)) = inbox.place(&buf) {
                let piece = stream.split_off(..size.min(most)).expect("there are so many");
                assert!(place.capacity() - place.len() >= most);
                place.extend_from_slice(piece);
                inbox.placed(piece.len(), &mut buf);
            } else {
                buf.extend_from_slice(stream.split_off(..size).expect("there are so many"));
            }
            while let Some(packet) = inbox.next(&mut buf)? {
                ports.push(packet.port.to_string());
            }
            assert!(buf.len() < HEAD && inbox.held() <= LIMITS.max_packet + 2 * MAX_CHUNK);
        }
        inbox.finish(&buf)?;
        Ok(ports)
    }

    fn packet(framing: Framing, port: &str, bytes: usize) -> Vec<u8> {
        let mut out = Vec::new();
        framing.encode(port, &"x".repeat(bytes), &mut out).expect("encodable");
        out
    }

    #[test]
    fn small_packets_between_the_parts_of_a_large_one() {
        for &framing in Framing::ALL {
            let large = packet(framing, "large", 200_000);
            let small = [packet(framing, "a", 1), packet(framing, "b", 2)].concat();
            let mut stream = Vec::new();
            for part in large[..150_000].chunks(MAX_CHUNK) {
                stream.extend(chunk(Kind::Part, part));
                stream.extend(chunk(Kind::Express, &small));
            }
            stream.extend(chunk(Kind::Last, &large[150_000..]));
            stream.extend(chunk(Kind::Last, &packet(framing, "behind", 1)));
            for size in [1, 7, 4096, 1 << 20] {
                assert_eq!(
                    ports(&mut chunked(framing), &stream, size).expect("valid"),
                    ["a", "b", "a", "b", "a", "b", "large", "behind"]
                );
            }
            let cut = ports(&mut chunked(framing), &stream[..100_000], 4096);
            assert_eq!(cut.expect_err("cut"), FrameError::Incomplete);
        }
    }

    #[test]
    fn room_is_reserved_as_claimed_but_in_proportion() {
        let large = packet(Framing::Bincode, "large", 200_000);
        for (come, room) in [(10, 10), (MAX_CHUNK, large.len() + HEAD)] {
            let mut inbox = chunked(Framing::Bincode);
            let mut buf = BytesMut::from(&*chunk(Kind::Part, &large[..come]));
            assert!(inbox.next(&mut buf).expect("valid").is_none());
            assert!((room..2 * room + 64).contains(&inbox.held()), "{}", inbox.held());
        }
    }

    #[test]
    fn what_breaks_the_rules_is_refused() {
        for &framing in Framing::ALL {
            let small = packet(framing, "a", 9);
            let (start, end) = small.split_at(5);
            for (stream, text) in [
                (b"[\"a\"]".to_vec(), "its kind is unknown"),
                (vec![0; 9], "it is empty"),
                (vec![1, 255, 0, 0], "it is longer than 65536 bytes"),
                (chunk(Kind::Express, start), "it does not end where a packet does"),
                (chunk(Kind::Last, start), "it does not end where a packet does"),
                (
                    chunk(Kind::Last, &[&small[..], start].concat()),
                    "it does not end where a packet does",
                ),
                (chunk(Kind::Last, &small.repeat(2)), "it does not end where a packet does"),
                (chunk(Kind::Part, &small), "it does not end where a packet does"),
                (
                    [chunk(Kind::Part, start), chunk(Kind::Part, end)].concat(),
                    "it does not end where a packet does",
                ),
            ] {
                for size in [1, 1000] {
                    let error = ports(&mut chunked(framing), &stream, size).expect_err(text);
                    assert_eq!(error.to_string(), format!("malformed chunk: {text}"), "{framing}");
                }
            }
            let endless = chunk(Kind::Part, &packet(framing, "p", 400_000)[..MAX_CHUNK]).repeat(9);
            let error = ports(&mut chunked(framing), &endless, 4096).expect_err("too long");
            assert_eq!(error, FrameError::TooLong { limit: LIMITS.max_packet }, "{framing}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_or_grows_beyond_its_bound(
            which in prop::sample::select(Framing::ALL),
            chunks in prop::collection::vec(
                (0..3_u8, prop::collection::vec(prop_oneof![Just(b'['), 0..9_u8, any::<u8>()], 1..40)), 0..9),
        ) {
            let mut stream = Vec::new();
            for (kind, bytes) in chunks {
                let kind = [Kind::Express, Kind::Part, Kind::Last][usize::from(kind)];
                stream.extend(chunk(kind, &bytes));
            }
            let _ = ports(&mut chunked(which), &stream, 3);
            let _ = ports(&mut chunked(which), &stream, 1 << 20);
        }
    }
}
