//! The recorded conversation of two reference nodes, each of them played by us in turn.

use std::sync::Arc;

use bytes::BytesMut;

use super::{Carrier, Handshake, HandshakeConfig, Outcome};
use crate::auth::AuthMethod;
use crate::framing::{Decoder, Framing, Limits};
use crate::vectors::session;

/// All that one side said.
fn said_by(dialling: bool) -> Vec<u8> {
    session().into_iter().filter(|read| read.0 == dialling).flat_map(|read| read.1).collect()
}

fn lines(bytes: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    text.splitn(4, '\n').collect()
}

/// Plays one side of the conversation; gives what we wrote, the outcome and what was left.
fn play(dialling: bool, node_id: &str) -> (Vec<u8>, Outcome, BytesMut) {
    let own = said_by(dialling);
    let own = lines(&own);
    let config = Arc::new(HandshakeConfig::new(node_id, "geheim"));
    let carrier = Carrier::within_process(None);
    let mut side = Handshake::greeting_with(carrier, config, own[0], own[1]);
    let mut input = BytesMut::from(said_by(!dialling).as_slice());
    side.handle_input(&mut input).expect("a valid peer");
    let written = side.poll_transmit().expect("something to write");
    (written, side.poll_outcome().expect("an outcome"), input)
}

#[test]
fn both_sides_of_the_handshake() {
    for (dialling, node_id, peer) in [(true, "send", "recv"), (false, "recv", "send")] {
        let (written, outcome, _) = play(dialling, node_id);
        // Greeting and auth line are the recorded ones, byte by byte.
        assert!(said_by(dialling).starts_with(&written));
        assert_eq!(lines(&written).len(), 4);
        assert_eq!(outcome.peer.node_id, peer);
        assert_eq!(outcome.auth, AuthMethod::HmacMd6_64_256);
        assert_eq!((outcome.read_framing, outcome.write_framing), (Framing::Json, Framing::Json));
    }
}

#[test]
fn the_packets_after_it_survive_decoding_and_encoding() {
    for (dialling, node_id, packets) in [(true, "send", 14), (false, "recv", 14)] {
        let (_, _, mut input) = play(dialling, node_id);
        let (original, mut again) = (input.to_vec(), Vec::new());
        let mut decoder = Decoder::new(Framing::Json, Limits::default());
        let mut count = 0;
        while let Some(packet) = decoder.next(&mut input).expect("valid packets") {
            let values = packet.message.to_values().expect("values");
            Framing::Json.encode(&packet.port, &values, &mut again).expect("encodable");
            count += 1;
        }
        assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&original));
        assert_eq!(count, packets);
        assert_eq!(decoder.finish(&input), Ok(()));
    }
}
