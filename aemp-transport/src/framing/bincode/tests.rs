//! Cutting and checking streams of bincode packets.

use bytes::{Bytes, BytesMut};

use crate::framing::{Decoder, Encoded, FrameError, Framing, Limits};
use crate::value::Value;

fn packet(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short");
    [&length.to_be_bytes()[..], body].concat()
}

fn refused(bytes: &[u8], limits: Limits) -> FrameError {
    let (mut decoder, mut buf) = (Decoder::new(Framing::Bincode, limits), BytesMut::from(bytes));
    loop {
        match decoder.next(&mut buf) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("{bytes:?} is not refused"),
            Err(error) => {
                assert_eq!(decoder.next(&mut buf).expect_err("for good"), error);
                return error;
            }
        }
    }
}

fn error(body: &[u8]) -> String {
    refused(&packet(body), Limits::default()).to_string()
}

#[test]
fn malformed_packets_never_get_past() {
    for (body, text) in [
        (&[][..], "a number is not whole"),
        (&[2, 5, 1, b'p'], "a value is missing"),
        (&[1, 5, 1, b'p', 0], "a packet is longer than its list"),
        (&[2, 5, 1, b'p', 9, 1, 0], "a value has an unknown tag"),
        (&[2, 5, 1, b'p', 1, 2], "a boolean is neither 0 nor 1"),
        (&[2, 5, 1, b'p', 1], "a boolean is neither 0 nor 1"),
        (&[2, 5, 1, b'p', 2, 251, 0], "a number is not whole"),
        (&[2, 5, 1, b'p', 2, 255], "a number is not whole"),
        (&[2, 5, 1, b'p', 4, 0, 0, 0], "a number is not whole"),
        (&[2, 5, 1, b'p', 6, 3, 0], "a string is longer than its packet"),
        (&[2, 5, 1, b'p', 8, 1, 3, b'k', 0], "a string is longer than its packet"),
        (&[2, 5, 1, b'p', 8, 1, 1, b'k'], "a value is missing"),
    ] {
        assert_eq!(error(body), format!("malformed bincode: {text}"), "{body:?}");
    }
    assert_eq!(error(&[2, 5, 1, b'p', 5, 1, 0xff]), "a packet is not valid UTF-8");
    assert_eq!(error(&[2, 5, 1, b'p', 8, 1, 1, 0xff, 0]), "a packet is not valid UTF-8");
    for first in [&[1, 0][..], &[1, 1, 1], &[1, 7, 0], &[1, 8, 0]] {
        assert_eq!(error(first), "a packet does not start with a port name");
    }
}

#[test]
fn claims_are_refused_before_anything_is_allocated() {
    let long = refused(&[0xff; 4], Limits::default());
    assert_eq!(long, FrameError::TooLong { limit: 64 << 20 });
    let count = [253, 0, 0, 0, 0, 0, 0, 0, 16];
    for tag in [7, 8] {
        let body = [&[2, 5, 1, b'p', tag][..], &count].concat();
        assert_eq!(error(&body), "malformed bincode: a list or a map is longer than its packet");
    }
    assert_eq!(error(&count), "malformed bincode: a list or a map is longer than its packet");
    let body = [&[2, 5, 1, b'p', 5][..], &count].concat();
    assert_eq!(error(&body), "malformed bincode: a string is longer than its packet");
}

#[test]
fn limits_are_exact() {
    let limits = Limits { max_packet: 8, max_depth: 3 };
    let decoded = |body: &[u8]| {
        let mut buf = BytesMut::from(packet(body).as_slice());
        Decoder::new(Framing::Bincode, limits).next(&mut buf)
    };
    assert!(decoded(&[2, 5, 1, b'p', 5, 2, b'a', b'b']).is_ok());
    assert_eq!(
        decoded(&[2, 5, 1, b'p', 5, 3, b'a', b'b', b'c']).expect_err("long"),
        FrameError::TooLong { limit: 8 }
    );
    assert!(decoded(&[2, 5, 1, b'p', 7, 1, 7, 0]).is_ok());
    assert_eq!(
        refused(&packet(&[2, 5, 1, b'p', 7, 1, 7, 1, 7, 0]), Limits { max_packet: 99, ..limits }),
        FrameError::TooDeep { limit: 3 }
    );
    let none = Limits { max_depth: 0, ..limits };
    assert_eq!(refused(&packet(&[0]), none), FrameError::TooDeep { limit: 0 });
}

#[test]
fn what_waits_is_written_later_as_if_it_were_encoded_then() {
    let bytes = Bytes::from_static(&[4, 5]);
    let message = ("data", vec![1_u8, 2, 255], &bytes, [7_u8, 8], Vec::<u8>::new());
    let waiting = Encoded::from_message(Framing::Bincode, &message).expect("encodable");
    assert_eq!(waiting.to_values(), crate::value::to_values(&message));
    for framing in [Framing::Bincode, Framing::Cbor, Framing::Json] {
        let (mut direct, mut later) = (Vec::new(), Vec::new());
        framing.encode("p", &message, &mut direct).expect("encodable");
        framing.encode_encoded("p", &waiting, &mut later).expect("encodable");
        assert_eq!(direct, later, "{framing}");
    }
    // What is not for the wire never comes from it.
    assert_eq!(error(&[2, 5, 1, b'p', 9, 0]), "malformed bincode: a value has an unknown tag");
}

#[test]
fn mixed_sequences_stay_lists() {
    struct Mixed;
    impl serde::Serialize for Mixed {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut seq = serializer.serialize_seq(Some(300))?;
            (0..299).try_for_each(|n| seq.serialize_element(&(n as u8)))?;
            seq.serialize_element("last")?;
            seq.serialize_element(&7_u8)?;
            seq.end()
        }
    }
    for framing in [Framing::Bincode, Framing::Cbor] {
        let encoded = Encoded::from_message(framing, &("x", Mixed)).expect("encodable");
        let mut expected: Vec<Value> = (0..299).map(|n| Value::from(n as u8)).collect();
        expected.extend([Value::from("last"), Value::from(7)]);
        assert_eq!(encoded.to_values(), Ok(vec![Value::from("x"), Value::from(expected)]));
        let empty = Encoded::from_message(framing, &("x", Vec::<u8>::new())).expect("encodable");
        assert_eq!(empty.to_values(), Ok(vec![Value::from("x"), Value::List(Vec::new())]));
    }
}
