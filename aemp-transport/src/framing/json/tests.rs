//! Cutting streams of JSON packets: any way to cut gives the same, and no byte is looked at twice.

use bytes::BytesMut;

use crate::framing::{Decoder, FrameError, Framing, Limits, Packet};
use crate::value::Value;

fn decoder() -> Decoder {
    Decoder::new(Framing::Json, Limits::default())
}

/// Decodes a whole stream that comes in pieces of `size` bytes.
fn decode(text: &[u8], size: usize, limits: Limits) -> Result<Vec<Packet>, FrameError> {
    let (mut decoder, mut buf) = (Decoder::new(Framing::Json, limits), BytesMut::new());
    let mut packets = Vec::new();
    for piece in text.chunks(size) {
        buf.extend_from_slice(piece);
        while let Some(packet) = decoder.next(&mut buf)? {
            packets.push(packet);
        }
    }
    decoder.finish(&buf)?;
    Ok(packets)
}

fn error(text: &str) -> String {
    let result = decode(text.as_bytes(), 1, Limits::default());
    assert_eq!(
        result.as_ref().err(),
        decode(text.as_bytes(), 1 << 20, Limits::default()).as_ref().err()
    );
    result.expect_err(text).to_string()
}

#[test]
fn takes_packets_apart() {
    let text = br#" ["a.b","say",1]  [] [ "" , ["x]\""] ][7][2.0,1]["\u00e9",2]"#;
    for size in 1..text.len() {
        let packets = decode(text, size, Limits::default()).expect("valid");
        let ports: Vec<_> = packets.iter().map(|packet| packet.port.as_str()).collect();
        assert_eq!(ports, ["a.b", "", "7", "2", "é"]);
        let values: Vec<_> =
            packets.iter().map(|packet| packet.message.to_values().expect("values")).collect();
        assert_eq!(values[0], [Value::from("say"), Value::from(1)]);
        assert_eq!(values[1], [Value::from(vec![Value::from("x]\"")])]);
        assert!(values[2].is_empty());
    }
}

#[test]
fn looks_at_every_byte_once() {
    let long = format!("[\"a\",\"{}\",[{}1]]", "x\\n".repeat(2000), "1,{\"b\":2},".repeat(500));
    for size in [1, 2, 3, 7, 100, 100_000] {
        let (mut decoder, mut buf) = (decoder(), BytesMut::new());
        let mut packets = 0;
        for piece in long.as_bytes().chunks(size) {
            buf.extend_from_slice(piece);
            while decoder.next(&mut buf).expect("valid").is_some() {
                packets += 1;
            }
        }
        assert_eq!((packets, decoder.scanned()), (1, long.len() as u64));
    }
}

#[test]
fn large_messages_share_the_bytes_of_the_read_and_small_ones_do_not() {
    let small = r#"["a","b","c"]"#;
    let large = format!(r#"["a","{}"]"#, "x".repeat(10_000));
    for (text, shares) in [(small, false), (large.as_str(), true)] {
        let mut buf = BytesMut::from(text.as_bytes());
        let start = buf.as_ptr() as usize;
        let packet = decoder().next(&mut buf).expect("valid").expect("whole");
        let bytes = packet.message.bytes();
        assert_eq!(bytes.as_ptr() as usize == start + 4, shares);
        assert_eq!(bytes, format!("[{}", &text[5..]).as_bytes());
    }
}

#[test]
fn malformed_json_never_gets_past() {
    assert_eq!(error("HTTP"), "expected a JSON array, found 'H'");
    assert_eq!(error("{}"), "expected a JSON array, found '{'");
    assert_eq!(error("[\"a\"]]"), "expected a JSON array, found ']'");
    assert_eq!(error("[\"a\",{]}"), "malformed JSON: '{' closed by ']'");
    assert!(error("[\"a\",nul]").starts_with("malformed JSON: "));
    assert!(error("[\"a\",]").starts_with("malformed JSON: "));
    assert!(error("[,\"a\"]").starts_with("malformed JSON: "));
    assert!(error("[\"a\" \"b\"]").starts_with("malformed JSON: "));
    assert!(error("[\"a\",\"\n\"]").starts_with("malformed JSON: "));
    assert!(error("[\"a\",\"\\x\"]").starts_with("malformed JSON: "));
    for first in ["null", "[]", "{}", "true"] {
        assert_eq!(error(&format!("[{first}]")), "a packet does not start with a port name");
    }
    let latin1 = decode(b"[\"\xe9\"]", 1, Limits::default());
    assert_eq!(latin1.expect_err("no UTF-8"), FrameError::Utf8);
}

/// One value of a Perl program is nothing to lose the connection of its node for.
#[test]
fn what_is_no_number_or_character_is_read() {
    let text = b"[\"p\",NaN,-inf][\"\xed\xa0\x80\",\"\\ud800\"][\"next\"]";
    for size in [1, 7, 1000] {
        let packets = decode(text, size, Limits::default()).expect("mended");
        let ports: Vec<_> = packets.iter().map(|packet| packet.port.as_str()).collect();
        assert_eq!(ports, ["p", "\u{fffd}", "next"]);
        let values: Vec<_> =
            packets.iter().map(|packet| packet.message.to_values().expect("values")).collect();
        assert_eq!(values[0], ["NaN".into(), Value::from("-inf")]);
        assert_eq!(values[1], [Value::from("\u{fffd}")]);
    }
    let latin1 = decode(b"[\"a\",NaN,\"\xe9\"]", 100, Limits::default());
    assert_eq!(latin1.expect_err("no UTF-8"), FrameError::Utf8);
}

#[test]
fn the_end_within_a_packet_is_an_error() {
    for text in ["[", "[\"a", "[\"a\",1", " [\"a\"] ["] {
        assert_eq!(error(text), "connection closed in the middle of a packet");
    }
    assert!(decode(b" [\"a\"] \n", 1, Limits::default()).is_ok());
}

#[test]
fn limits_are_exact_and_early() {
    let limits = Limits { max_packet: 10, max_depth: 3 };
    for size in [1, 100] {
        assert!(decode(b"[\"a\",12345]", size, limits).is_err());
        assert!(decode(b"   [\"a\",1234]", size, limits).is_ok());
        assert!(decode(b"[\"a\",[[]]]", size, limits).is_ok());
        let deep = decode(b"[\"\",[[[", size, limits).expect_err("deep");
        assert_eq!(deep, FrameError::TooDeep { limit: 3 });
    }
    let (mut decoder, mut buf) =
        (Decoder::new(Framing::Json, limits), BytesMut::from(&b"[\"aaaaaaaa"[..]));
    let error = decoder.next(&mut buf).expect_err("not whole, but too long already");
    assert_eq!(error, FrameError::TooLong { limit: 10 });
    let mut other = BytesMut::from(&b"[\"a\"]"[..]);
    assert_eq!(decoder.next(&mut other).expect_err("still"), error);
}
