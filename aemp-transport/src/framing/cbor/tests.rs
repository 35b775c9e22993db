//! Cutting and checking streams of CBOR packets.

use bytes::BytesMut;

use crate::framing::{Decoder, FrameError, Framing, Limits};

fn refused(bytes: &[u8], limits: Limits) -> FrameError {
    let errors = [1, 100].map(|size| {
        let mut decoder = Decoder::new(Framing::Cbor, limits);
        let mut buf = BytesMut::new();
        for piece in bytes.chunks(size) {
            buf.extend_from_slice(piece);
            if let Err(error) = decoder.next(&mut buf) {
                return error;
            }
        }
        panic!("{bytes:02x?} is not refused");
    });
    assert_eq!(errors[0], errors[1], "{bytes:02x?}");
    errors[0].clone()
}

fn error(bytes: &[u8]) -> String {
    refused(bytes, Limits::default()).to_string()
}

#[test]
fn malformed_packets_never_get_past() {
    assert_eq!(error(b"HTTP"), "expected a CBOR array, found 0x48");
    assert_eq!(error(&[0xff]), "expected a CBOR array, found 0xff");
    assert_eq!(error(&[0xc1, 0x80]), "expected a CBOR array, found 0xc1");
    assert_eq!(error(&[0x82, 0x41, b'p', 0x61, 0xff]), "a packet is not valid UTF-8");
    for first in [0xf6, 0xf4, 0x80, 0xa0] {
        assert_eq!(error(&[0x81, first]), "a packet does not start with a port name");
    }
    for (rest, text) in [
        (&[0x1c][..], "a reserved first byte"),
        (&[0x1f], "a reserved first byte"),
        (&[0xff], "a break where nothing can end"),
        (&[0x9f, 0xc1, 0xff], "a break where nothing can end"),
        (&[0xbf, 0x41, b'k', 0xff], "a break where nothing can end"),
        (&[0xf8, 0x1f], "a simple value is spelt too long"),
        (&[0x5f, 0x61, b'x'], "a piece of a string is of another kind"),
        (&[0x5f, 0x5f], "a piece of a string is of another kind"),
        (&[0x7f, 0xc1], "a piece of a string is of another kind"),
        (&[0xc2, 0x01], "tag 2 without bytes"),
        (&[0xc3, 0x61, b'1'], "tag 3 without bytes"),
        (&[0xd8, 29, 0], "references (tags 25 and 29) are not understood"),
        (&[0xa1, 0x80], "the name of a map's entry is no string, number or boolean"),
        (&[0xa1, 0xf6], "the name of a map's entry is no string, number or boolean"),
    ] {
        let bytes = [&[0x82, 0x41, b'p'][..], rest].concat();
        assert_eq!(error(&bytes), format!("malformed CBOR: {text}"), "{rest:02x?}");
    }
}

#[test]
fn claims_are_refused_at_once() {
    let limit = 64 << 20;
    for major in [0x5b, 0x7b, 0x9b, 0xbb] {
        let bytes = [0x82, 0x41, b'p', major, 0x10, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(refused(&bytes, Limits::default()), FrameError::TooLong { limit });
    }
    let bytes = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(refused(&bytes, Limits::default()), FrameError::TooLong { limit });
}

#[test]
fn limits_are_exact() {
    let limits = Limits { max_packet: 8, max_depth: 3 };
    let decoded = |bytes: &[u8]| {
        let mut buf = BytesMut::from(bytes);
        Decoder::new(Framing::Cbor, limits).next(&mut buf)
    };
    assert!(decoded(&[0x82, 0x41, b'p', 0x44, 1, 2, 3, 4]).expect("short").is_some());
    assert_eq!(
        refused(&[0x82, 0x41, b'p', 0x45, 1, 2, 3, 4, 5], limits),
        FrameError::TooLong { limit: 8 }
    );
    assert_eq!(
        refused(&[0x9f, 0x41, b'p', 0, 0, 0, 0, 0, 0], limits),
        FrameError::TooLong { limit: 8 }
    );
    assert!(decoded(&[0x82, 0x41, b'p', 0x81, 0x80]).expect("shallow").is_some());
    let deep = refused(&[0x82, 0x41, b'p', 0x81, 0x81, 0x80], limits);
    assert_eq!(deep, FrameError::TooDeep { limit: 3 });
}
