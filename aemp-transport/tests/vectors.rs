//! The bytes of the binary framings, pinned.
//!
//! `vectors/bincode.json` was made once, and not by this encoder. It never changes: the order of the
//! variants and the widths of numbers are the protocol.

use aemp_transport::{Decoder, Framing, Limits, Value};
use bytes::{Bytes, BytesMut};
use serde_json::Value as Json;

fn entries(text: &str) -> Vec<Json> {
    serde_json::from_str(text).expect("a list of vectors")
}

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).expect("hex")
}

/// JSON, in which `{"octets": HEX}`, `{"repeat": [TIMES, TEXT]}` and `{"float": TEXT}` are what JSON
/// has no word for, or too many.
fn value(json: &Json) -> Value {
    let special = json.as_object().filter(|object| object.len() == 1);
    let special = special.and_then(|object| object.iter().next());
    match (special.map(|(name, content)| (name.as_str(), content)), json) {
        (Some(("octets", hex)), _) => Bytes::from(bytes(hex.as_str().expect("hex"))).into(),
        (Some(("float", text)), _) => {
            text.as_str().expect("text").parse::<f64>().expect("a float").into()
        }
        (Some(("repeat", content)), _) => {
            let times = content[0].as_u64().expect("a number");
            content[1].as_str().expect("text").repeat(times as usize).into()
        }
        (_, Json::Array(list)) => list.iter().map(value).collect::<Vec<_>>().into(),
        (_, Json::Object(map)) => {
            Value::Map(map.iter().map(|(name, content)| (name.clone(), value(content))).collect())
        }
        _ => serde_json::from_value(json.clone()).expect("a value"),
    }
}

fn packet(framing: Framing, bytes: &[u8]) -> (String, Vec<Value>) {
    let mut buf = BytesMut::from(bytes);
    let packet = Decoder::new(framing, Limits::default()).next(&mut buf).expect("valid");
    let packet = packet.expect("whole");
    assert!(buf.is_empty());
    (packet.port.to_string(), packet.message.to_values().expect("values"))
}

#[test]
fn the_bytes_of_bincode() {
    for entry in entries(include_str!("vectors/bincode.json")) {
        let (expected, message) =
            (bytes(entry["hex"].as_str().expect("hex")), value(&entry["value"]));
        let port = entry["port"].as_str().expect("a port name");
        let message = message.as_list().expect("a list").to_vec();
        let mut written = Vec::new();
        Framing::Bincode.encode(port, &message, &mut written).expect("encodable");
        assert_eq!(hex::encode(&written), hex::encode(&expected), "{message:?}");
        assert_eq!(packet(Framing::Bincode, &expected), (port.to_owned(), message));
    }
    let mut keepalive = Vec::new();
    Framing::Bincode.encode_keepalive(&mut keepalive);
    assert_eq!(keepalive, [0, 0, 0, 1, 0]);
}

/// The bytes of the vectors spelt out by hand, so that nobody has to believe the encoder.
#[test]
fn the_variants_of_bincode_by_hand() {
    let body: &[u8] = &[
        10, // values
        5, 1, b'p', // the port name
        0,    // null
        1, 1, // true
        2, 1, // -1
        3, 253, 255, 255, 255, 255, 255, 255, 255, 255, // 2^64 - 1
        4, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, // 1.5
        5, 2, 0xc3, 0xa9, // "é"
        6, 2, 0, 255, // bytes
        7, 2, 2, 4, 7, 0, // [2, []]
        8, 1, 1, b'k', 2, 251, 44, 1, // {"k": 150}
    ];
    let stream = [&(body.len() as u32).to_be_bytes()[..], body].concat();
    let map = Value::Map([("k".to_owned(), Value::from(150))].into());
    let message = vec![
        Value::Null,
        true.into(),
        (-1).into(),
        u64::MAX.into(),
        1.5.into(),
        "é".into(),
        Bytes::from_static(&[0, 255]).into(),
        vec![Value::from(2), Value::List(Vec::new())].into(),
        map,
    ];
    let mut written = Vec::new();
    Framing::Bincode.encode("p", &message, &mut written).expect("encodable");
    assert_eq!(written, stream);
    assert_eq!(packet(Framing::Bincode, &stream), ("p".to_owned(), message));
    // bincode itself says the same of what it knows.
    let own = (10_u64, (5_u32, "p"), 0_u32, (1_u32, true), (2_u32, -1_i64), (3_u32, u64::MAX));
    let own = bincode::encode_to_vec(own, bincode::config::standard()).expect("encodable");
    assert!(body.starts_with(&own));
}

/// RFC 8949, appendix A, and what it does not show.
#[test]
fn examples_of_cbor() {
    for entry in entries(include_str!("vectors/cbor.json")) {
        let hex = entry["cbor_hex"].as_str().expect("hex");
        let stream = [&[0x82, 0x61, b'p'][..], &bytes(hex)].concat();
        let (port, message) = packet(Framing::Cbor, &stream);
        assert_eq!((port.as_str(), message), ("p", vec![value(&entry["value"])]), "{hex}");
    }
}

/// What 2.x nodes write: strings as bytes where they can be. What we write says the same.
#[test]
fn recorded_packets_of_cbor() {
    /// Bytes as the text that they are in Perl.
    fn text(value: Value) -> Value {
        match value {
            Value::Bytes(bytes) => bytes.iter().copied().map(char::from).collect::<String>().into(),
            Value::List(list) => list.into_iter().map(text).collect::<Vec<_>>().into(),
            Value::Map(map) => Value::Map(map.into_iter().map(|(k, v)| (k, text(v))).collect()),
            other => other,
        }
    }
    for entry in entries(include_str!("vectors/packets.json")) {
        let recorded = bytes(entry["cbor_hex"].as_str().expect("hex"));
        let mut json: Vec<Value> =
            serde_json::from_str(entry["json"].as_str().expect("JSON")).expect("a list");
        if json.is_empty() {
            let mut keepalive = Vec::new();
            Framing::Cbor.encode_keepalive(&mut keepalive);
            assert_eq!(keepalive, recorded);
            continue;
        }
        let (port, message) = packet(Framing::Cbor, &recorded);
        assert_eq!(Value::from(port.as_str()), json.remove(0));
        assert_eq!(message.iter().cloned().map(text).collect::<Vec<_>>(), json);
        let mut written = Vec::new();
        Framing::Cbor.encode(&port, &json, &mut written).expect("encodable");
        // Nothing but the kind of the strings differs.
        assert_eq!(
            written.len(),
            recorded.len() + usize::from(entry["json"].to_string().contains("x\\\\u00e9y"))
        );
        assert_eq!(packet(Framing::Cbor, &written), (port, json));
    }
}
