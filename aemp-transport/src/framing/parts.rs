//! Parts of a message that is encoded, and messages made of it, without decoding it.

use serde::ser::{Serialize, Serializer};

use super::encoding::{Encoding, with_encoding};
use super::{EncodeError, Encoded};
use crate::value::Value;

impl Encoded {
    /// The message without its first element. Nothing is decoded.
    #[must_use]
    pub fn without_first(self) -> Self {
        let (framing, bytes) = self.into_parts();
        Self::of_part(framing, with_encoding!(framing, E => E::without_first(bytes)))
    }

    /// The message with more elements at its end.
    ///
    /// # Errors
    ///
    /// An element cannot be encoded.
    pub fn with(self, more: &[Value]) -> Result<Self, EncodeError> {
        if more.is_empty() {
            return Ok(self);
        }
        let (framing, bytes) = self.into_parts();
        Ok(Self::new(framing, with_encoding!(framing, E => E::append(bytes, more)?)))
    }

    /// The elements, each as a message of its own if it is a list, else as `None`. Nothing is
    /// decoded.
    pub fn lists(&self) -> impl Iterator<Item = Option<Self>> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let bytes = self.bytes();
            let (end, list) = with_encoding!(self.framing(), E => E::next_element(bytes, at))?;
            at = end;
            Some(list.map(|list| self.part(list)))
        })
    }
}

/// As the list of its elements. Decodes one after the other: nothing is kept.
impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        with_encoding!(self.framing(), E => E::transcode(self.bytes(), serializer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Framing;

    fn encoded(framing: Framing, values: &[Value]) -> Encoded {
        Encoded::from_message(framing, values).expect("encodable")
    }

    fn messages() -> Vec<Vec<Value>> {
        let list = |values: &[Value]| Value::List(values.to_vec());
        let map = Value::Map([("k\"]".to_owned(), list(&[1.into(), 2.5.into()]))].into());
        vec![
            vec![],
            vec!["a".into()],
            vec!["\"]\\".into(), Value::Null],
            vec![list(&["b".into(), list(&[])]), map.clone(), 7.into(), list(&[]), true.into()],
            vec![map, list(&[u64::MAX.into()]), "é\n".into(), "x".repeat(9000).into()],
        ]
    }

    #[test]
    fn parts_are_those_of_the_decoded_message() {
        for &framing in Framing::ALL {
            for values in messages() {
                let message = encoded(framing, &values);
                let rest = message.clone().without_first().to_values().expect("values");
                assert_eq!(rest, values[values.len().min(1)..], "{framing}");
                let lists: Vec<_> = message.lists().collect();
                let of_values: Vec<_> = values.iter().map(Value::as_list).collect();
                assert_eq!(lists.len(), of_values.len(), "{framing} {values:?}");
                for (list, expected) in lists.iter().zip(of_values) {
                    let list = list.as_ref().map(|list| list.to_values().expect("values"));
                    assert_eq!(list.as_deref(), expected, "{framing}");
                }
                for more in messages() {
                    let both = message.clone().with(&more).expect("encodable");
                    let expected = [&values[..], &more[..]].concat();
                    assert_eq!(both.to_values().expect("values"), expected, "{framing}");
                }
            }
        }
    }

    #[test]
    fn any_framing_becomes_any_other() {
        for &from in Framing::ALL {
            for &to in Framing::ALL {
                for values in messages() {
                    let message = encoded(from, &values);
                    let transcoded = Encoded::from_message(to, &message).expect("encodable");
                    assert_eq!(transcoded.to_values().expect("values"), values, "{from} {to}");
                    let (mut direct, mut copied) = (Vec::new(), Vec::new());
                    to.encode("p", &values, &mut direct).expect("encodable");
                    to.encode_encoded("p", &message, &mut copied).expect("encodable");
                    assert_eq!(copied, direct, "{from} {to}");
                }
            }
        }
    }

    #[test]
    fn white_space_and_open_lengths_of_others_are_read() {
        let json = Encoded::new(Framing::Json, (&b"[ \"a\" , [ 1 ] , 2 ]"[..]).into());
        let lists: Vec<_> = json.lists().map(|list| list.is_some()).collect();
        assert_eq!(lists, [false, true, false]);
        assert_eq!(json.without_first().to_values().expect("values").len(), 2);
        let cbor = Encoded::new(Framing::Cbor, (&[0x9f, 1, 2, 0xff, 3][..]).into());
        let lists: Vec<_> = cbor.lists().map(|list| list.map(|list| list.to_values())).collect();
        assert_eq!(lists, [Some(Ok(vec![1.into(), 2.into()])), None]);
        assert_eq!(cbor.without_first().to_values(), Ok(vec![3.into()]));
    }
}
