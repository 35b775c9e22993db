//! [`Elements`]: a message that is encoded, as something that serialises.

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::reader::Reader;
use crate::framing::binary::{Item, Length, Read};

/// The elements of an encoded message, for any other framing: serialises exactly as the message
/// did, sequences of `u8` included.
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reader = Reader::new(self.0);
        let mut seq = serializer.serialize_seq(None)?;
        while reader.left() > 0 {
            seq.serialize_element(&Next::of(&mut reader))?;
        }
        seq.end()
    }
}

/// The next value of a reader. Serialises once, which moves the reader on.
struct Next<'r, 'de>(std::cell::RefCell<&'r mut Reader<'de>>);

impl<'r, 'de> Next<'r, 'de> {
    fn of(reader: &'r mut Reader<'de>) -> Self {
        Self(std::cell::RefCell::new(reader))
    }
}

impl Serialize for Next<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reader = self.0.borrow_mut();
        match reader.item().map_err(S::Error::custom)? {
            Item::Null => serializer.serialize_unit(),
            Item::Bool(truth) => serializer.serialize_bool(truth),
            Item::Int(number) => serializer.serialize_i64(number),
            Item::UInt(number) => serializer.serialize_u64(number),
            Item::Float(number) => serializer.serialize_f64(number),
            Item::Str(text) => serializer.serialize_str(&text),
            Item::Bytes(bytes) => serializer.serialize_bytes(&bytes),
            Item::ByteList(bytes) => serializer.collect_seq(bytes),
            Item::List(length) => {
                let count = known::<S>(length)?;
                let mut seq = serializer.serialize_seq(usize::try_from(count).ok())?;
                for _ in 0..count {
                    seq.serialize_element(&Next::of(&mut reader))?;
                }
                seq.end()
            }
            Item::Map(length) => {
                let count = known::<S>(length)?;
                let mut map = serializer.serialize_map(usize::try_from(count).ok())?;
                for _ in 0..count {
                    let key = reader.key().map_err(S::Error::custom)?;
                    map.serialize_entry(&key, &Next::of(&mut reader))?;
                }
                map.end()
            }
        }
    }
}

fn known<S: Serializer>(length: Length) -> Result<u64, S::Error> {
    match length {
        Length::Known(count) => Ok(count),
        Length::UntilBreak | Length::UntilEnd => Err(S::Error::custom("a length is missing")),
    }
}
