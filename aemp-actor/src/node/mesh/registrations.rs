//! The registrations of a node, read element by element: what is too much is never in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::group::{LONGEST_NAME, Refused, Registrations};
use crate::id::PortId;

/// Gives the same for whatever scalar there is.
macro_rules! scalars {
    ($value:expr; $($visit:ident($kind:ty))*) => {$(
        fn $visit<E: Error>(self, _: $kind) -> Result<Self::Value, E> {
            Ok($value)
        }
    )*};
}

/// Reads `{GROUP: [PORTID…]…}`; what is no port ID is left out, and so is a group without any: only
/// ports are counted, so nothing else may take memory.
pub(super) struct ReadRegistrations {
    limit: usize,
    read: Registrations,
    /// Registrations so far, or why no more are wanted.
    count: Result<usize, Refused>,
}

impl ReadRegistrations {
    /// So many at the most.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, read: BTreeMap::new(), count: Ok(0) }
    }
}

impl<'de> DeserializeSeed<'de> for ReadRegistrations {
    type Value = Result<Registrations, Refused>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadRegistrations {
    type Value = Result<Registrations, Refused>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ports by group")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(group) = map.next_key::<String>()? {
            if group.len() > LONGEST_NAME {
                self.count = self.count.and(Err(Refused::LongName));
            }
            let Ok(count) = self.count else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let mut ports = Ports { room: self.limit - count, read: BTreeSet::new(), full: false };
            map.next_value_seed(&mut ports)?;
            self.count = if ports.full {
                Err(Refused::TooMany { limit: self.limit })
            } else {
                Ok(count + ports.read.len())
            };
            // Of a name that comes twice the last one counts.
            if ports.read.is_empty() {
                self.read.remove(&group);
            } else {
                self.read.insert(group, ports.read);
            }
        }
        Ok(self.count.map(|_| self.read))
    }
}

/// The ports of one group.
struct Ports {
    room: usize,
    read: BTreeSet<PortId>,
    full: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Ports {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Ports {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ports")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while !self.full
            && let Some(Text(text)) = seq.next_element()?
        {
            let Some(Ok(port)) = text.map(|text| text.parse()) else { continue };
            self.full = self.read.len() == self.room && !self.read.contains(&port);
            if !self.full {
                self.read.insert(port);
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    // What is no list has no ports.
    scalars! {
        ();
        visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str)
        visit_bytes(&[u8])
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A text, or a number as its text: foreign nodes are loosely typed, and `7` is a node ID.
struct Text(Option<String>);

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text(std::str::from_utf8(bytes).ok().map(str::to_owned)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text(Some(number.to_string())))
    }

    scalars! { Text(None); visit_f64(f64) visit_bool(bool) }

    fn visit_unit<E: Error>(self) -> Result<Text, E> {
        Ok(Text(None))
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
    use serde_json::json;

    use super::*;

    fn read(groups: serde_json::Value, limit: usize) -> Result<Registrations, Refused> {
        ReadRegistrations::new(limit).deserialize(groups).expect("a map")
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let groups =
            json!({"g": ["a#1", 7, "no id!", null, [1], {"a": 1}, 2.5, true, "a#1"], "h": []});
        let odd = json!({"text": "a#1", "null": null, "number": 1, "map": {"a#1": ["a#1"]}});
        assert_eq!(read(odd, 0), Ok(BTreeMap::new()));
        let expected = BTreeMap::from([("g".to_owned(), ["a#1", "7"].map(PortId::from).into())]);
        assert_eq!(read(groups, 2), Ok(expected));
    }

    #[test]
    fn of_a_group_that_comes_twice_the_last_counts() {
        let read = |text: &str| {
            let mut from = serde_json::Deserializer::from_str(text);
            ReadRegistrations::new(2).deserialize(&mut from).expect("a map")
        };
        assert_eq!(read(r#"{"g": ["a#1"], "g": []}"#), Ok(BTreeMap::new()));
        let last = BTreeMap::from([("g".to_owned(), BTreeSet::from([PortId::from("a#2")]))]);
        assert_eq!(read(r#"{"g": ["a#1"], "g": ["a#2"]}"#), Ok(last));
    }

    #[test]
    fn too_much_is_refused() {
        let refused = Err(Refused::TooMany { limit: 2 });
        assert_eq!(read(json!({"g": ["a#1", "a#2", "a#3"], "h": ["a#1"]}), 2), refused);
        assert_eq!(read(json!({"g": ["a#1", "a#2"], "h": ["a#1"]}), 2), refused);
        assert!(read(json!({"g": ["a#1", "a#2"], "h": []}), 2).is_ok());
        assert_eq!(read(json!({"n".repeat(257): []}), 2), Err(Refused::LongName));
    }
}
