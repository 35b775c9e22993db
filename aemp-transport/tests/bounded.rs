//! What strangers send makes nobody allocate more than it is worth: lengths that are claimed cost
//! nothing until the bytes are there, and decoding multiplies them by a bounded factor.

use std::sync::Arc;

use aemp_transport::{Decoder, Framing, Handshake, HandshakeConfig, Limits, nonce};
use bytes::BytesMut;
use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a decoder, a handshake, and the test's own pieces take before anything has come.
const BASE: usize = 64 << 10;

/// Bytes of memory for each byte of a packet that is decoded into values: the worst is a map of
/// one entry, which is a node of a tree.
const FACTOR: usize = 320;

/// The most that was allocated by `code` at any time, beyond what there was before.
fn peak_of(code: impl FnOnce()) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    code();
    MEMORY.peak_usage().saturating_sub(before)
}

/// Decodes everything that can be decoded.
fn decode(framing: Framing, bytes: &[u8], limits: Limits) {
    let mut decoder = Decoder::new(framing, limits);
    let mut buffer = BytesMut::new();
    for piece in bytes.chunks(100) {
        buffer.extend_from_slice(piece);
        while let Ok(Some(packet)) = decoder.next(&mut buffer) {
            drop(packet.message.first_str());
            drop(packet.message.to_values());
        }
    }
}

/// Headers that claim much and bring nothing.
fn claims(framing: Framing) -> Vec<Vec<u8>> {
    let huge = [0xff; 8];
    match framing {
        Framing::Bincode => {
            let mut all = vec![vec![0xff; 4], vec![0x03, 0xff, 0xff, 0xff, 0x01, 0x05, 0x00]];
            // A count, or a length of a string, bytes, list or map, in a packet that is whole.
            all.push([&[0, 0, 0, 9, 0xfd], &huge[..]].concat());
            for tag in 5..=8 {
                all.push([&[0, 0, 0, 13, 2, 5, 0, tag, 0xfd], &huge[..]].concat());
                all.push(vec![0, 0, 0, 9, 2, 5, 0, tag, 0xfc, 0xff, 0xff, 0xff, 0x7f]);
            }
            all
        }
        Framing::Cbor => {
            let mut all = vec![[&[0x9b], &huge[..]].concat()];
            for head in [0x5b, 0x7b, 0x9b, 0xbb, 0xdb] {
                all.push([&[0x82, 0x40, head], &huge[..]].concat());
                all.push(vec![0x82, 0x40, head, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]);
            }
            all
        }
        _ => vec![b"[\"".to_vec(), b"[\"p\",1e999999999]".to_vec(), vec![b'['; 100_000]],
    }
}

/// Packets that are small on the wire and large in memory.
fn swelling(framing: Framing, n: usize) -> Vec<Vec<u8>> {
    match framing {
        Framing::Bincode => {
            let packet = |element: &[u8]| {
                let count = u16::try_from(n + 1).expect("a short list").to_le_bytes();
                let body = [&[0xfb], &count[..], &[5, 0], &element.repeat(n)].concat();
                let length = u32::try_from(body.len()).expect("a short packet").to_be_bytes();
                [&length[..], &body].concat()
            };
            [&[7, 0][..], &[7, 1, 0], &[8, 0], &[8, 1, 0, 0], &[0]].map(packet).to_vec()
        }
        Framing::Cbor => {
            let packet = |element: &[u8]| [&[0x9f, 0x40], &*element.repeat(n), &[0xff]].concat();
            [&[0x80][..], &[0x81, 0xf6], &[0xa0], &[0xa1, 0x40, 0xf6], &[0xf6]].map(packet).to_vec()
        }
        _ => {
            let packet = |element: &str| format!("[\"\"{}]", element.repeat(n)).into_bytes();
            [",[]", ",[0]", ",{}", ",{\"\":0}", ",0", ",\"\""].map(packet).to_vec()
        }
    }
}

/// One test: the allocator counts for the whole process.
#[test]
fn memory_is_bounded_by_what_has_come() {
    assert!(peak_of(|| drop(vec![0_u8; 1 << 20])) >= 1 << 20, "what is counted");
    for framing in Framing::ALL {
        for claim in claims(*framing) {
            let peak = peak_of(|| decode(*framing, &claim, Limits::default()));
            let limit = BASE + 8 * claim.len();
            assert!(peak < limit, "{framing}, {:02x?}: {peak}", &claim[..claim.len().min(20)]);
        }
        for packet in swelling(*framing, 5000) {
            let peak = peak_of(|| decode(*framing, &packet, Limits::default()));
            let limit = BASE + FACTOR * packet.len();
            assert!(peak < limit, "{framing}, {:02x?}: {peak}", &packet[..20]);
        }
        // Nothing is kept of what is too long to be taken.
        let limits = Limits { max_packet: 1000, max_depth: 16 };
        for packet in swelling(*framing, 5000) {
            let mut decoder = Decoder::new(*framing, limits);
            let mut buffer = BytesMut::new();
            let taken = packet.chunks(100).position(|piece| {
                buffer.extend_from_slice(piece);
                decoder.next(&mut buffer).is_err()
            });
            assert!(taken.is_some_and(|pieces| pieces <= 11), "{framing}: {taken:?}");
        }
    }
    noise();
    handshakes();
}

fn noise() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    let bytes = proptest::collection::vec(any::<u8>(), 0..2000);
    let result = runner.run(&bytes, |bytes| {
        for framing in Framing::ALL {
            let peak = peak_of(|| decode(*framing, &bytes, Limits::default()));
            prop_assert!(peak < BASE + FACTOR * bytes.len(), "{framing}: {peak}");
        }
        let peak = peak_of(|| shake(bytes.chunks(77)));
        prop_assert!(peak < BASE, "handshake: {peak}");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Lines without end, and lines full of everything that is remembered.
fn handshakes() {
    let endless = vec![b'x'; 1 << 20];
    let keys = format!("aemp;1;p;hmac_md6_64_256;json;{}", ";k=v".repeat(100_000));
    let lists = format!("aemp;1;p;{};json\nx\n", "m,".repeat(100_000));
    let nonces = format!("aemp;1;p;hmac_md6_64_256;json\n{}", "n".repeat(1 << 20));
    for bytes in [&endless, keys.as_bytes(), lists.as_bytes(), nonces.as_bytes()] {
        let peak = peak_of(|| shake(bytes.chunks(1000)));
        assert!(peak < BASE, "{peak}");
    }
}

fn shake<'a>(pieces: impl Iterator<Item = &'a [u8]>) {
    let config = Arc::new(HandshakeConfig::new("ours", "geheim"));
    let mut handshake = Handshake::new(config, nonce(), None);
    let mut input = BytesMut::new();
    for piece in pieces {
        input.extend_from_slice(piece);
        drop(handshake.poll_transmit());
        if handshake.handle_input(&mut input).is_err() || handshake.poll_outcome().is_some() {
            return;
        }
    }
}
