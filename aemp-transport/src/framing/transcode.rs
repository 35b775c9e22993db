//! [`Transcode`]: a value that is being read, as something that serialises, without a tree in between.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

/// What a deserialiser reads. Serialises once, which reads it.
pub(super) struct Transcode<D>(RefCell<Option<D>>);

impl<D> Transcode<D> {
    pub(super) fn new(from: D) -> Self {
        Self(RefCell::new(Some(from)))
    }
}

impl<'de, D: Deserializer<'de>> Serialize for Transcode<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let from = self.0.take().ok_or_else(|| S::Error::custom("a message is read once"))?;
        from.deserialize_any(To(serializer)).map_err(S::Error::custom)
    }
}

/// Writes whatever is visited.
struct To<S>(S);

macro_rules! scalars {
    ($($visit:ident($kind:ty) $serialize:ident)*) => {$(
        fn $visit<E: serde::de::Error>(self, value: $kind) -> Result<S::Ok, E> {
            self.0.$serialize(value).map_err(E::custom)
        }
    )*};
}

impl<'de, S: Serializer> Visitor<'de> for To<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    scalars! {
        visit_bool(bool) serialize_bool
        visit_i64(i64) serialize_i64
        visit_f64(f64) serialize_f64
        visit_str(&str) serialize_str
        visit_bytes(&[u8]) serialize_bytes
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<S::Ok, E> {
        match i64::try_from(number) {
            Ok(number) => self.0.serialize_i64(number),
            Err(_) => self.0.serialize_u64(number),
        }
        .map_err(E::custom)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<S::Ok, E> {
        self.0.serialize_unit().map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<S::Ok, A::Error> {
        let mut to = self.0.serialize_seq(None).map_err(A::Error::custom)?;
        while from.next_element_seed(Element(&mut to))?.is_some() {}
        to.end().map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<S::Ok, A::Error> {
        let mut to = self.0.serialize_map(None).map_err(A::Error::custom)?;
        while let Some(key) = from.next_key::<String>()? {
            to.serialize_key(&key).map_err(A::Error::custom)?;
            from.next_value_seed(Entry(&mut to))?;
        }
        to.end().map_err(A::Error::custom)
    }
}

/// The next element of a list.
struct Element<'a, S>(&'a mut S);

impl<'de, S: SerializeSeq> DeserializeSeed<'de> for Element<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.0.serialize_element(&Transcode::new(from)).map_err(D::Error::custom)
    }
}

/// What belongs to the key that was written last.
struct Entry<'a, S>(&'a mut S);

impl<'de, S: SerializeMap> DeserializeSeed<'de> for Entry<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.0.serialize_value(&Transcode::new(from)).map_err(D::Error::custom)
    }
}
