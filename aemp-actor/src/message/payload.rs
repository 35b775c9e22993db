//! Large payloads: a `Bytes` that is an argument is a part of the message it came in, and is not copied.

use std::any::Any;
use std::fmt;

use aemp_transport::Encoded;
use bytes::Bytes;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use super::value_list::{Body, Message};

/// What arguments are read from, if they may share its bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct Source<'a>(Option<&'a Encoded>);

impl<'a> Source<'a> {
    pub(super) fn of(message: &'a Message) -> Self {
        match message.body() {
            Body::Encoded(encoded) => Self(Some(encoded)),
            Body::Values(_) => Self(None),
        }
    }
}

/// Reads the next element of the message that is `source`.
pub(super) fn read_argument<'de, T: DeserializeOwned + 'static, S: SeqAccess<'de>>(
    seq: &mut S,
    source: Source<'_>,
) -> Result<Option<T>, S::Error> {
    let mut argument = None::<T>;
    // Decided while the program is compiled.
    match (&mut argument as &mut dyn Any).downcast_mut::<Option<Bytes>>() {
        Some(payload) => *payload = seq.next_element_seed(source)?,
        None => argument = seq.next_element()?,
    }
    Ok(argument)
}

impl<'de> DeserializeSeed<'de> for Source<'_> {
    type Value = Bytes;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Bytes, D::Error> {
        deserializer.deserialize_byte_buf(self)
    }
}

/// Lenient deserialisers, which messages are read with, make bytes of whatever passes for them.
impl<'de> Visitor<'de> for Source<'_> {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("byte array")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Bytes, E> {
        let shared = self.0.and_then(|source| source.share(bytes));
        Ok(shared.unwrap_or_else(|| Bytes::copy_from_slice(bytes)))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes::copy_from_slice(bytes))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use aemp_transport::{Decoder, Framing, Limits};
    use bytes::BytesMut;

    use super::*;

    /// The message as it comes from another node.
    fn arrived(framing: Framing, values: &impl serde::Serialize) -> Message {
        let mut packet = Vec::new();
        framing.encode("p", values, &mut packet).unwrap();
        let mut decoder = Decoder::new(framing, Limits::default());
        let packet = decoder.next(&mut BytesMut::from(&*packet)).unwrap().unwrap();
        Message::from_encoded(packet.message)
    }

    #[test]
    fn large_payloads_are_parts_of_their_message() {
        for framing in [Framing::Bincode, Framing::Cbor] {
            for (large, is_shared) in [(64 << 10, true), ((64 << 10) - 1, false)] {
                let payload = Bytes::from(vec![7; large]);
                let message = arrived(framing, &("tag", &payload, 1));
                let (first, _) = message.args::<(Bytes, u8)>().unwrap();
                let (second, rest) = message.args::<(Bytes, crate::Rest)>().unwrap();
                assert_eq!((&first, &second, rest.0.len()), (&payload, &payload, 1));
                assert_eq!(first.as_ptr() == second.as_ptr(), is_shared, "{framing} {large}");
            }
            // A part is not to keep a message that is much larger.
            let payload = Bytes::from(vec![7; 64 << 10]);
            let message = arrived(framing, &("tag", &payload, vec![&payload; 2]));
            let read = || message.args::<(Bytes,)>().unwrap().0;
            let (first, second) = (read(), read());
            assert_ne!(first.as_ptr(), second.as_ptr());
            assert_eq!(first, payload);
        }
    }

    #[test]
    fn whatever_passes_for_bytes_is_a_payload() {
        for framing in Framing::ALL {
            for message in [
                arrived(*framing, &("tag", "text")),
                arrived(*framing, &("tag", b"text")),
                arrived(*framing, &("tag", Bytes::from_static(b"text"))),
            ] {
                assert_eq!(message.args::<(Bytes,)>().unwrap().0, "text");
            }
            let error = arrived(*framing, &("tag", 1.5)).args::<(Bytes,)>().unwrap_err();
            let expected = arrived(*framing, &("tag", 1.5)).arg::<Bytes>(0).unwrap_err();
            assert_eq!(error, expected);
            assert!(arrived(*framing, &("tag",)).args::<(Bytes,)>().is_err());
        }
    }
}
