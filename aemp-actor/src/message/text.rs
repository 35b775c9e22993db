//! One element of a message, read for its text only.

use std::fmt;

use aemp_transport::Value;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The text of an element that is a string or bytes; of any other nothing is kept.
pub(super) struct Text(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

/// What is no text.
macro_rules! none {
    ($($visit:ident: $of:ty),*) => {
        $(fn $visit<E>(self, _: $of) -> Result<Text, E> {
            Ok(Text(None))
        })*
    };
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
        let bytes = Value::Bytes(bytes.to_vec().into());
        Ok(Text(bytes.to_text().map(std::borrow::Cow::into_owned)))
    }

    none!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64);

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_none<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        Text::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text(None))
    }
}

#[cfg(test)]
mod tests {
    use aemp_transport::{Encoded, Framing, Value};

    use crate::message::Message;

    fn last_texts(values: Vec<Value>) -> Vec<Option<String>> {
        let framings = [Framing::Json, Framing::Bincode, Framing::Cbor];
        let encoded = framings.map(|framing| Encoded::from_message(framing, &values));
        let read = encoded.map(|encoded| Message::from_encoded(encoded.expect("values encode")));
        let own = [Message::from_values(values)];
        read.iter().chain(&own).map(Message::last_text).collect()
    }

    #[test]
    fn the_last_element_is_read_if_it_is_text() {
        let none = [None, None, None, None];
        let nested = Value::List(vec![Value::List(vec![Value::from("x")]), Value::Null]);
        for last in [Value::Null, Value::from(7), Value::from(1.5), Value::from(true), nested] {
            assert_eq!(last_texts(vec!["tag".into(), last]), none);
        }
        assert_eq!(last_texts(Vec::new()), none);
        let some = [(); 4].map(|()| Some("a#b?".to_owned()));
        assert_eq!(last_texts(vec![Value::from(1), Value::from("a#b?")]), some);
        assert_eq!(last_texts(vec![Value::Bytes(b"a#b?".as_slice().into())]), some);
    }
}
