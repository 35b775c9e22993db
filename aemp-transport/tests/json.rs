//! The JSON framing as others see it: recorded packets, round trips, any cutting, no panics.

mod support;

use std::fmt;

use aemp_transport::{Decoder, Encoded, FrameError, Framing, Lenient, Limits, Packet, Value};
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use serde::de::{Deserialize, SeqAccess, Visitor};
use support::{any_text, any_value};

/// Decodes a stream that comes in pieces of the given sizes, and then the rest.
fn decode(text: &[u8], sizes: &[usize]) -> Result<Vec<Packet>, FrameError> {
    let mut decoder = Decoder::new(Framing::Json, Limits::default());
    let (mut buf, mut packets, mut rest) = (BytesMut::new(), Vec::new(), text);
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (piece, more) = rest.split_at(size.min(rest.len()));
        buf.extend_from_slice(piece);
        rest = more;
        while let Some(packet) = decoder.next(&mut buf)? {
            packets.push(packet);
        }
    }
    decoder.finish(&buf)?;
    Ok(packets)
}

fn contents(packets: &[Packet]) -> Vec<(String, Vec<Value>)> {
    let content =
        |packet: &Packet| (packet.port.to_string(), packet.message.to_values().expect("values"));
    packets.iter().map(content).collect()
}

/// What is left of a value that goes through JSON and has nobody who asks for bytes.
fn through_json(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) => bytes.iter().copied().map(char::from).collect::<String>().into(),
        Value::Float(number) if number.is_nan() => "NaN".into(),
        Value::Float(number) if number == f64::INFINITY => "inf".into(),
        Value::Float(number) if number == f64::NEG_INFINITY => "-inf".into(),
        Value::List(list) => list.into_iter().map(through_json).collect::<Vec<_>>().into(),
        Value::Map(map) => Value::Map(map.into_iter().map(|(k, v)| (k, through_json(v))).collect()),
        other => other,
    }
}

#[test]
fn recorded_packets() {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("vectors/packets.json")).expect("JSON");
    for entry in recorded.as_array().expect("a list") {
        let text = entry["json"].as_str().expect("text");
        let packets = decode(text.as_bytes(), &[]).expect("valid");
        let Some(packet) = packets.first() else {
            let mut keepalive = Vec::new();
            Framing::Json.encode_keepalive(&mut keepalive);
            assert_eq!(keepalive, text.as_bytes());
            continue;
        };
        let (mut direct, mut copied) = (Vec::new(), Vec::new());
        let values = packet.message.to_values().expect("values");
        Framing::Json.encode(&packet.port, &values, &mut direct).expect("encodable");
        Framing::Json.encode_encoded(&packet.port, &packet.message, &mut copied).expect("copied");
        let parsed: serde_json::Value = serde_json::from_str(text).expect("JSON");
        for encoded in [direct, copied] {
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(&encoded).ok(),
                Some(parsed.clone())
            );
        }
    }
}

#[test]
fn what_becomes_of_messages() {
    #[derive(serde::Serialize)]
    struct Unit;
    #[derive(serde::Serialize)]
    struct Pair(u8, &'static str);
    #[derive(serde::Serialize)]
    struct Wrapped(Pair);
    #[derive(serde::Serialize)]
    struct Named {
        a: u8,
        b: Option<u8>,
    }
    #[derive(serde::Serialize)]
    enum Choice {
        Bare,
        One(u8),
        Two(u8, u8),
        Named { a: u8 },
    }
    fn packet<T: serde::Serialize + ?Sized>(message: &T) -> String {
        let mut out = b"before".to_vec();
        Framing::Json.encode("p\"", message, &mut out).expect("encodable");
        let encoded = Encoded::from_message(Framing::Json, message).expect("encodable");
        let mut copied = b"before".to_vec();
        Framing::Json.encode_encoded("p\"", &encoded, &mut copied).expect("copied");
        assert_eq!(out, copied);
        let values = aemp_transport::to_values(message).expect("values");
        let mut transcoded = b"before".to_vec();
        Framing::Json.encode("p\"", &values, &mut transcoded).expect("encodable");
        assert_eq!(out, transcoded);
        let text = String::from_utf8(out).expect("UTF-8");
        text.strip_prefix("before[\"p\\\"\"").and_then(|t| t.strip_suffix(']')).expect(&text).into()
    }
    assert_eq!(packet(&()), "");
    assert_eq!(packet(&Unit), "");
    assert_eq!(packet(&Vec::<u8>::new()), "");
    assert_eq!(packet(&("say", 1, 2.5, ())), r#","say",1,2.5,null"#);
    assert_eq!(packet(&Pair(1, "x")), r#",1,"x""#);
    assert_eq!(packet(&Wrapped(Pair(1, "x"))), r#",1,"x""#);
    assert_eq!(packet(&Some(Pair(1, "x"))), r#",1,"x""#);
    assert_eq!(packet(&[[1, 2], [3, 4]]), ",[1,2],[3,4]");
    assert_eq!(packet("say"), r#","say""#);
    assert_eq!(packet(&None::<u8>), ",null");
    assert_eq!(packet(&Named { a: 1, b: None }), r#",{"a":1,"b":null}"#);
    assert_eq!(packet(&Choice::Bare), r#","Bare""#);
    assert_eq!(packet(&Choice::One(1)), r#",{"One":1}"#);
    assert_eq!(packet(&Choice::Two(1, 2)), r#",{"Two":[1,2]}"#);
    assert_eq!(packet(&Choice::Named { a: 1 }), r#",{"Named":{"a":1}}"#);
    assert_eq!(packet(&(Choice::Bare, Choice::Two(1, 2))), r#","Bare",{"Two":[1,2]}"#);
    assert_eq!(packet(&Bytes::from_static(b"a\x00\xff")), r#","a\u0000ÿ""#);
    assert_eq!(packet(&(f64::NAN, f32::INFINITY, f64::NEG_INFINITY)), r#","NaN","inf","-inf""#);
    assert_eq!(packet(&(u128::MAX, 7_i128)), r#","340282366920938463463374607431768211455",7"#);
    let keyed = std::collections::BTreeMap::from([(1, true), (2, false)]);
    assert_eq!(packet(&keyed), r#",{"1":true,"2":false}"#);
    let keyed = std::collections::BTreeMap::from([((1, "a"), None), ((2, "b"), Some(()))]);
    assert_eq!(packet(&keyed), r#",{"[1,\"a\"]":null,"[2,\"b\"]":{"Some":null}}"#);
    let nulls = (None::<Option<()>>, Some(None::<()>), Some(Some(())), Some(Some(1)));
    assert_eq!(packet(&nulls), r#",null,{"Some":null},{"Some":{"Some":null}},1"#);
}

#[test]
fn an_error_leaves_no_trace() {
    let mut out = b"before".to_vec();
    let held = std::cell::RefCell::new(1);
    let _holding = held.borrow_mut();
    let error = Framing::Json.encode("p", &("tag", 1, &held), &mut out).expect_err("it is held");
    assert_eq!(out, b"before");
    assert_eq!(error.to_string(), "already mutably borrowed");
}

#[test]
fn tags_without_decoding() {
    let tag = |text: &str| {
        let packets = decode(text.as_bytes(), &[]).expect("valid");
        packets[0].message.first_str().map(String::from)
    };
    assert_eq!(tag(r#"["p"]"#), None);
    assert_eq!(tag(r#"["p","say",1]"#).as_deref(), Some("say"));
    assert_eq!(tag(r#"["p" , "say" ]"#).as_deref(), Some("say"));
    assert_eq!(tag(r#"["p","a\"\u00e9\\"]"#).as_deref(), Some("a\"é\\"));
    assert_eq!(tag(r#"["p",-12]"#).as_deref(), Some("-12"));
    assert_eq!(tag(r#"["p",2.0 ,1]"#).as_deref(), Some("2"));
    for none in ["null", "true", "[]", "{\"a\":1}"] {
        assert_eq!(tag(&format!("[\"p\",{none},\"x\"]")), None);
    }
}

/// Takes two elements and leaves the rest.
struct Two;

impl<'de> Visitor<'de> for Two {
    type Value = (&'de str, u64);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag and a number")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let missing = || serde::de::Error::custom("an element is missing");
        let tag = seq.next_element()?.ok_or_else(missing)?;
        Ok((tag, seq.next_element()?.ok_or_else(missing)?))
    }
}

#[test]
fn visitors_decode_leniently_and_may_leave_elements() {
    let message = |text: &str| decode(text.as_bytes(), &[]).expect("valid").remove(0).message;
    assert_eq!(message(r#"["p","say","12"]"#).visit_seq(Two), Ok(("say", 12)));
    assert_eq!(message(r#"["p","say",12.0,null,[1]]"#).visit_seq(Two), Ok(("say", 12)));
    let error = |text: &str| message(text).visit_seq(Two).expect_err(text).to_string();
    assert_eq!(error(r#"["p","say","abc"]"#), "invalid type: string \"abc\", expected u64");
    assert_eq!(error(r#"["p","say"]"#), "an element is missing");
    assert_eq!(error(r#"["p","say",[1]]"#), "invalid type: sequence, expected u64");
}

#[test]
fn numbers_out_of_range_concern_only_who_asks_for_them() {
    let packet = decode(br#"["p","say",1,1e999]"#, &[]).expect("valid JSON").remove(0);
    assert!(packet.message.visit_seq(Two).is_ok());
    assert_eq!(
        packet.message.to_values().expect_err("no such f64").to_string(),
        "number out of range"
    );
}

proptest! {
    #[test]
    fn values_survive(port in any_text(), message in prop::collection::vec(any_value(), 0..5)) {
        let mut out = Vec::new();
        Framing::Json.encode(&port, &message, &mut out).expect("encodable");
        let packets = decode(&out, &[]).expect("valid");
        let expected: Vec<Value> = message.into_iter().map(through_json).collect();
        prop_assert_eq!(contents(&packets), [(port, expected)]);
    }

    #[test]
    fn types_survive(
        text in any_text(),
        bytes in prop::collection::vec(any::<u8>(), 0..20),
        numbers in any::<(i64, u64, f64, f32, i128, u128)>(),
        keyed in prop::collection::btree_map(any::<(i32, bool)>().prop_map(|k| k.0), any::<Option<char>>(), 0..5),
        truths in prop::collection::btree_map(any::<bool>(), any::<u8>(), 0..3),
    ) {
        type All = (String, Bytes, (i64, u64, f64, f32, i128, u128),
            std::collections::BTreeMap<i32, Option<char>>, std::collections::BTreeMap<bool, u8>);
        let all: All = (text, bytes.into(), numbers, keyed, truths);
        let value = aemp_transport::to_value(&all).expect("a value");
        let text = serde_json::to_string(&through_json(value.clone())).expect("JSON");
        let direct = All::deserialize(Lenient(&value)).expect("as it was");
        let json = All::deserialize(Lenient(&mut serde_json::Deserializer::from_str(&text)));
        let json = json.expect("as it was");
        for back in [direct, json] {
            prop_assert_eq!(format!("{:?}", back), format!("{all:?}"));
        }
    }

    #[test]
    fn any_cutting_gives_the_same(
        messages in prop::collection::vec((any_text(), prop::collection::vec(any_value(), 0..4)), 0..6),
        sizes in prop::collection::vec(0..40_usize, 0..30),
    ) {
        let mut out = Vec::new();
        for (port, message) in &messages {
            Framing::Json.encode(port, message, &mut out).expect("encodable");
            out.extend_from_slice(b" []\n");
        }
        let (cut, whole) = (decode(&out, &sizes), decode(&out, &[]));
        prop_assert_eq!(contents(&cut.expect("valid")), contents(&whole.expect("valid")));
    }

    #[test]
    fn no_bytes_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&text, &[1, 2, 3, 5, 8, 13]);
    }

    #[test]
    fn nothing_that_looks_like_json_panics(text in r#"(\[|\]|\{|\}|"|\\|u|d8|,|:|1|-|e|\.|a| |é){0,60}"#) {
        for packet in decode(format!("[\"p\",{text}").as_bytes(), &[3, 3, 3]).unwrap_or_default() {
            let _ = (packet.message.to_values(), packet.message.first_str());
            let _ = packet.message.visit_seq(Two);
        }
    }
}
