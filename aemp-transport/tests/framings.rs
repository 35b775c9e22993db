//! All framings as others see them: what survives each, and any chain of relays between them.

mod support;

use std::collections::BTreeMap;
use std::fmt;

use aemp_transport::{Decoder, Encoded, FrameError, Framing, Limits, Packet, Value};
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use support::{any_text, any_value};

/// Decodes a stream that comes in pieces of the given sizes, and then the rest.
fn decode(framing: Framing, stream: &[u8], sizes: &[usize]) -> Result<Vec<Packet>, FrameError> {
    let mut decoder = Decoder::new(framing, Limits::default());
    let (mut buf, mut packets, mut rest) = (BytesMut::new(), Vec::new(), stream);
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

fn encoded<T: Serialize + ?Sized>(framing: Framing, port: &str, message: &T) -> Vec<u8> {
    let mut out = b"before".to_vec();
    framing.encode(port, message, &mut out).expect("encodable");
    out.split_off(b"before".len())
}

fn through<T: Serialize + ?Sized>(framing: Framing, message: &T) -> Packet {
    decode(framing, &encoded(framing, "p", message), &[]).expect("valid").remove(0)
}

/// What a relay does: takes a packet in one framing and writes it in another.
fn relayed(packet: &Packet, framing: Framing) -> Packet {
    let mut out = Vec::new();
    framing.encode_encoded(&packet.port, &packet.message, &mut out).expect("translatable");
    let mut packets = decode(framing, &out, &[]).expect("valid");
    assert_eq!(packets.len(), 1);
    packets.remove(0)
}

/// What is left of a value that went through JSON and has nobody who asks for bytes or floats.
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

/// Takes one element leniently, and leaves the rest.
struct First<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for First<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an element")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        seq.next_element()?.ok_or_else(|| serde::de::Error::custom("an element is missing"))
    }
}

fn first<T: DeserializeOwned>(message: &Encoded) -> Result<T, String> {
    message.visit_seq(First(std::marker::PhantomData)).map_err(|error| error.to_string())
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
enum Choice {
    Bare,
    One(Vec<u8>),
    Two(u8, String),
    Named { inner: Option<Box<Choice>>, bytes: Bytes },
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Everything {
    text: String,
    bytes: Bytes,
    vec: Vec<u8>,
    deque: std::collections::VecDeque<u8>,
    array: [u8; 3],
    numbers: (i64, u64, i128, u128, f64, f32),
    small: (i8, u8, i16, u16, i32, u32),
    flags: Vec<bool>,
    keyed: BTreeMap<i32, Option<char>>,
    truths: BTreeMap<bool, ()>,
    named: BTreeMap<String, Vec<Choice>>,
    nothing: Option<String>,
}

fn any_choice() -> impl Strategy<Value = Choice> {
    let leaf = prop_oneof![
        Just(Choice::Bare),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(Choice::One),
        (any::<u8>(), any_text()).prop_map(|(a, b)| Choice::Two(a, b)),
    ];
    leaf.prop_recursive(3, 8, 1, |inner| {
        (prop::option::of(inner.prop_map(Box::new)), prop::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(inner, bytes)| Choice::Named { inner, bytes: bytes.into() })
    })
}

prop_compose! {
    fn everything()(
        text in any_text(),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        array in any::<[u8; 3]>(),
        numbers in any::<(i64, u64, i128, u128, f64)>(),
        small in any::<(i8, u8, i16, u16, i32, u32)>(),
        half in any::<i16>(),
        flags in prop::collection::vec(any::<bool>(), 0..4),
        keyed in prop::collection::btree_map(any::<i32>(), any::<Option<char>>(), 0..5),
        truths in prop::collection::btree_map(any::<bool>(), Just(()), 0..3),
        named in prop::collection::btree_map(
            any_text(), prop::collection::vec(any_choice(), 0..3), 0..3),
        nothing in prop::option::of(any_text()),
    ) -> Everything {
        Everything {
            text, vec: bytes.clone(), deque: bytes.iter().copied().collect(),
            bytes: bytes.into(), array, small,
            // JSON prints an f32 with the digits that an f32 needs.
            numbers: (numbers.0, numbers.1, numbers.2, numbers.3, numbers.4, half.into()), flags, keyed, truths, named, nothing,
        }
    }
}

fn any_framing() -> impl Strategy<Value = Framing> {
    prop::sample::select(Framing::ALL)
}

proptest! {
    /// Between binary framings a value is the same after any chain of relays. Once it has been
    /// JSON, bytes are text and non-finite floats are words.
    #[test]
    fn values_survive_any_chain(
        port in any_text(),
        message in prop::collection::vec(any_value(), 0..5),
        chain in prop::collection::vec(any_framing(), 1..5),
    ) {
        let mut packet = decode(chain[0], &encoded(chain[0], &port, &message), &[])
            .expect("valid").remove(0);
        for framing in &chain[1..] {
            packet = relayed(&packet, *framing);
        }
        let expected: Vec<Value> = if chain.contains(&Framing::Json) {
            message.into_iter().map(through_json).collect()
        } else {
            message
        };
        prop_assert_eq!(packet.port.as_str(), port);
        prop_assert_eq!(packet.message.to_values().expect("values"), expected);
        prop_assert_eq!(packet.message.framing(), chain[chain.len() - 1]);
    }

    /// Whoever asks for the type gets what was sent, whatever it went through.
    #[test]
    fn types_survive_any_chain(
        sent in everything(),
        chain in prop::collection::vec(any_framing(), 1..5),
    ) {
        let mut packet = through(chain[0], &(&sent,));
        for framing in &chain[1..] {
            packet = relayed(&packet, *framing);
        }
        let got: Everything = first(&packet.message).expect("as it was sent");
        prop_assert_eq!(format!("{got:?}"), format!("{sent:?}"));
    }

    /// What is encoded before the framing is known is written as if it had been encoded then.
    #[test]
    fn waiting_changes_nothing(sent in everything(), framing in any_framing()) {
        let waiting = Encoded::from_message(Framing::Bincode, &(&sent, "x")).expect("encodable");
        let mut later = Vec::new();
        framing.encode_encoded("p", &waiting, &mut later).expect("encodable");
        prop_assert_eq!(later, encoded(framing, "p", &(&sent, "x")));
        let got: Everything = first(&waiting).expect("as it was sent");
        prop_assert_eq!(format!("{got:?}"), format!("{sent:?}"));
    }

    #[test]
    fn any_cutting_gives_the_same(
        framing in any_framing(),
        messages in prop::collection::vec(
            (any_text(), prop::collection::vec(any_value(), 0..4)), 0..6),
        sizes in prop::collection::vec(0..40_usize, 0..30),
    ) {
        let mut stream = Vec::new();
        for (port, message) in &messages {
            framing.encode(port, message, &mut stream).expect("encodable");
            framing.encode_keepalive(&mut stream);
        }
        let packets = decode(framing, &stream, &sizes).expect("valid");
        prop_assert_eq!(packets.len(), messages.len());
        for (packet, (port, message)) in packets.iter().zip(&messages) {
            prop_assert_eq!(packet.port.as_str(), port);
            prop_assert_eq!(packet.message.to_values().expect("values").len(), message.len());
        }
    }

    /// A packet is checked whole: what gets past the decoder can be decoded, whatever it is.
    #[test]
    fn no_bytes_panic(
        framing in any_framing(),
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..10_u8, 0x80..0x84_u8], 0..120),
    ) {
        let length = u32::try_from(bytes.len()).expect("short").to_be_bytes();
        for stream in [&bytes[..], &[&length[..], &bytes].concat(),
            &[&length[..], &[2, 5, 1, b'p'], &bytes].concat(), &[&[0x84, 0x41, b'p'], &bytes[..]].concat()] {
            for packet in decode(framing, stream, &[1, 2, 3, 5, 8]).unwrap_or_default() {
                let values = packet.message.to_values();
                prop_assert!(framing == Framing::Json || values.is_ok());
                let _ = (packet.message.first_str(), first::<Everything>(&packet.message));
                let _ = first::<Vec<u8>>(&packet.message);
                for other in Framing::ALL {
                    let _ = other.encode_encoded("p", &packet.message, &mut Vec::new());
                }
            }
        }
    }

    /// Damage to a packet is found, or makes another packet that can be decoded.
    #[test]
    fn no_damage_panics(
        framing in any_framing(),
        message in prop::collection::vec(any_value(), 0..5),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut stream = encoded(framing, "p", &message);
        for (index, byte) in damage {
            let at = index.index(stream.len());
            stream[at] = byte;
        }
        for packet in decode(framing, &stream, &[3, 5]).unwrap_or_default() {
            let _ = (packet.message.to_values(), first::<Everything>(&packet.message));
        }
    }
}

#[test]
fn bytes_and_lists_of_numbers_stand_for_each_other() {
    let bytes = Bytes::from_static(b"a\x00\xff");
    for framing in Framing::ALL {
        for message in [through(*framing, &(&bytes,)), through(*framing, &(bytes.to_vec(),))] {
            let message = message.message;
            assert_eq!(first::<Bytes>(&message).as_ref(), Ok(&bytes));
            assert_eq!(first::<Vec<u8>>(&message), Ok(bytes.to_vec()));
            assert_eq!(first::<Vec<Option<u8>>>(&message), Ok(vec![Some(97), Some(0), Some(255)]));
            assert_eq!(first::<[u8; 3]>(&message), Ok([97, 0, 255]));
            assert!(first::<[u8; 2]>(&message).is_err());
        }
        let wider = through(*framing, &(vec![97_u8, 0, 255],)).message;
        assert_eq!(first::<Vec<u32>>(&wider), Ok(vec![97, 0, 255]));
        assert_eq!(first::<Vec<f64>>(&wider), Ok(vec![97.0, 0.0, 255.0]));
        let numbers = vec![Value::from(97), Value::from(0), Value::from(255)];
        assert_eq!(first::<Vec<Value>>(&wider), Ok(numbers));
        let text = through(*framing, &("abc",)).message;
        for error in [first::<Vec<String>>(&text).err(), first::<Vec<u32>>(&text).err()] {
            let expected = "invalid type: string \"abc\", expected a sequence";
            assert_eq!(error.as_deref(), Some(expected));
        }
        assert!(first::<Vec<u8>>(&through(*framing, &("\u{100}",)).message).is_err());
    }
    // One byte string, not a list: a tag, a length, and the bytes.
    for (framing, overhead) in [(Framing::Bincode, 4), (Framing::Cbor, 3)] {
        let message = through(framing, &(vec![200_u8; 1000],)).message;
        assert_eq!(message.bytes_len(), 1000 + overhead);
        let message = through(framing, &(vec![200_u8; 1000], Bytes::from(vec![200; 1000]))).message;
        assert_eq!(message.bytes_len(), 2 * (1000 + overhead));
    }
}

#[test]
fn lenient_everywhere() {
    for framing in Framing::ALL {
        let message = |value: Value| through(*framing, &[value]).message;
        assert_eq!(first::<u8>(&message("12".into())), Ok(12));
        assert_eq!(first::<u64>(&message(Bytes::from_static(b"12").into())), Ok(12));
        assert_eq!(first::<f64>(&message("2.5".into())), Ok(2.5));
        assert_eq!(first::<i32>(&message(3.0.into())), Ok(3));
        assert_eq!(first::<String>(&message(7.into())).as_deref(), Ok("7"));
        assert_eq!(first::<String>(&message(2.5.into())).as_deref(), Ok("2.5"));
        assert_eq!(first::<bool>(&message("".into())), Ok(false));
        assert_eq!(first::<Choice>(&message("Bare".into())), Ok(Choice::Bare));
        assert_eq!(first::<Option<u8>>(&message(Value::Null)), Ok(None));
        assert_eq!(first::<Option<u8>>(&message("1".into())), Ok(Some(1)));
        assert_eq!(
            first::<u64>(&message("abc".into())).expect_err("no number"),
            "invalid type: string \"abc\", expected u64"
        );
        let list = vec![Value::from("1"), Value::from(2)];
        assert_eq!(first::<(u8, String)>(&message(list.clone().into())), Ok((1, "2".to_owned())));
        assert!(first::<(u8,)>(&message(list.into())).is_err());
        let map = BTreeMap::from([("1".to_owned(), Value::from("2"))]);
        assert_eq!(first::<BTreeMap<u8, u8>>(&message(map.into())), Ok(BTreeMap::from([(1, 2)])));
        for (tag, text) in [("say".into(), "say"), (7.into(), "7"), (2.0.into(), "2")] {
            assert_eq!(message(tag).first_str().as_deref(), Some(text));
        }
        let bytes = message(Bytes::from_static(b"a\xe9").into());
        assert_eq!(bytes.first_str().as_deref(), Some("a\u{e9}"));
        assert_eq!(message(Value::Null).first_str(), None);
        assert_eq!(through(*framing, &()).message.first_str(), None);
    }
}

#[test]
fn many_elements_and_long_names() {
    for framing in Framing::ALL {
        for count in [0, 1, 22, 23, 249, 250, 251, 65_534, 65_535, 65_536] {
            let message: Vec<u16> = (0..count).map(|n| n as u16).collect();
            let packet = through(*framing, &message);
            assert_eq!(packet.message.to_values().expect("values").len(), count as usize);
            assert_eq!(relayed(&packet, *framing).message.bytes_len(), packet.message.bytes_len());
        }
        let name = "x".repeat(70_000);
        let packets = decode(*framing, &encoded(*framing, &name, &1), &[1, 1, 1]).expect("valid");
        assert_eq!(packets[0].port, name);
    }
}

#[test]
fn the_end_within_a_packet_is_an_error() {
    for framing in Framing::ALL {
        let stream = encoded(*framing, "p", &("x", [1, 2], "y"));
        for end in 1..stream.len() {
            let error = decode(*framing, &stream[..end], &[]).expect_err("not whole");
            assert_eq!(error, FrameError::Incomplete, "{framing} {end}");
        }
        assert!(decode(*framing, &stream, &[]).is_ok());
    }
}

#[test]
fn large_bytes_are_shared_not_copied() {
    let sent = Bytes::from(vec![7; 1 << 20]);
    for framing in [Framing::Bincode, Framing::Cbor] {
        let packet = through(framing, &("put", &sent));
        let again = packet.message.clone();
        let (one, other): (&[u8], &[u8]) = (
            packet.message.visit_seq(Second).expect("bytes"),
            again.visit_seq(Second).expect("bytes"),
        );
        assert_eq!((one.as_ptr(), one.len()), (other.as_ptr(), 1 << 20));
    }
}

/// Borrows the second element, which is bytes.
struct Second;

impl<'de> Visitor<'de> for Second {
    type Value = &'de [u8];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag and bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<&'de [u8], A::Error> {
        seq.next_element::<&str>()?;
        seq.next_element()?.ok_or_else(|| serde::de::Error::custom("an element is missing"))
    }
}
