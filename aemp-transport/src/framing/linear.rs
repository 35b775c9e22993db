//! Tests: in every framing, however a stream is cut, no byte is looked at twice.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::{Decoder, Framing, Limits};
use crate::value::Value;

#[test]
fn every_byte_is_looked_at_once() {
    let map: BTreeMap<String, Value> =
        (0..200).map(|n| (format!("key {n}"), Value::from(vec![n.into(), "é".into()]))).collect();
    let bytes = Bytes::from(vec![7; 3000]);
    let message = ("x".repeat(3000), vec![Value::Map(map); 3], bytes, -1, 2.5, u64::MAX);
    for &framing in Framing::ALL {
        let mut stream = Vec::new();
        for _ in 0..3 {
            framing.encode("a.b", &message, &mut stream).expect("encodable");
            framing.encode_keepalive(&mut stream);
        }
        for size in [1, 2, 3, 7, 100, 1 << 20] {
            let mut decoder = Decoder::new(framing, Limits::default());
            let (mut buf, mut packets) = (BytesMut::new(), 0);
            for piece in stream.chunks(size) {
                buf.extend_from_slice(piece);
                while decoder.next(&mut buf).expect("valid").is_some() {
                    packets += 1;
                }
            }
            assert_eq!((packets, decoder.scanned()), (3, stream.len() as u64), "{framing} {size}");
            assert_eq!(decoder.finish(&buf), Ok(()));
        }
    }
}
