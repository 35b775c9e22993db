//! Packets, in every framing.

use aemp_transport::{Decoder, Framing, Limits, Value};
use bytes::BytesMut;

const LIMITS: Limits = Limits { max_packet: 4096, max_depth: 24 };

/// JSON packets.
pub fn json(data: &[u8]) {
    framing(Framing::Json, data);
}

/// CBOR packets.
pub fn cbor(data: &[u8]) {
    framing(Framing::Cbor, data);
}

/// Packets as nodes of ours write them.
pub fn bincode(data: &[u8]) {
    framing(Framing::Bincode, data);
}

/// The first byte says how the rest is cut, which must not matter; what can be read can be
/// written, and read again.
fn framing(framing: Framing, data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let (packets, ended) = read(framing, &[bytes]);
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(*cut) + 1).collect();
    let (again, ended_again) = read(framing, &pieces);
    assert_eq!(ended, ended_again);
    assert_same(&packets, &again);
    for (port, values) in packets {
        let Some(values) = values else { continue };
        let mut written = Vec::new();
        framing.encode(&port, &values, &mut written).expect("what was read can be written");
        if written.len() <= LIMITS.max_packet {
            let (again, ended) = read(framing, &[&written]);
            assert!(ended);
            assert_same(&again, &[(port, Some(values))]);
        }
    }
}

/// By their texts: what is no number is not equal to itself.
fn assert_same(one: &[Read], two: &[Read]) {
    assert_eq!(format!("{one:?}"), format!("{two:?}"));
}

/// A packet: its port, and its values if there are values that can hold them.
type Read = (String, Option<Vec<Value>>);

/// All packets, and whether the stream may end there.
fn read(framing: Framing, pieces: &[&[u8]]) -> (Vec<Read>, bool) {
    let mut decoder = Decoder::new(framing, LIMITS);
    let (mut buffer, mut packets) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        while let Ok(Some(packet)) = decoder.next(&mut buffer) {
            let tag = packet.message.first_str();
            let values = packet.message.to_values().ok();
            if let Some(text) = values.as_ref().and_then(|values| values.first()?.as_str()) {
                assert_eq!(tag.as_deref(), Some(text));
            }
            packets.push((packet.port.to_string(), values));
        }
    }
    (packets, decoder.finish(&buffer).is_ok())
}
