//! Lists and maps, while they are written.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::serializer::{JsonSerializer, write_string};
use crate::framing::EncodeError;
use crate::value::{KeySerializer, Written};

/// What encloses the elements.
#[derive(Clone, Copy, Debug)]
pub(super) enum Brackets {
    /// Nothing: the array of the packet is open already.
    None,
    List,
    Map,
    /// A list within the map of an enum variant.
    ListVariant,
    /// A map within the map of an enum variant.
    MapVariant,
}

impl Brackets {
    fn opening(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::List | Self::ListVariant => b"[",
            Self::Map | Self::MapVariant => b"{",
        }
    }

    fn closing(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::List => b"]",
            Self::Map => b"}",
            Self::ListVariant => b"]}",
            Self::MapVariant => b"}}",
        }
    }
}

pub(super) struct Compound<'a> {
    out: &'a mut Vec<u8>,
    brackets: Brackets,
    /// Whether the next element needs a comma before it.
    comma: bool,
}

impl<'a> Compound<'a> {
    /// The elements of a message, each with a comma before it.
    pub(super) fn elements(out: &'a mut Vec<u8>) -> Self {
        Self { out, brackets: Brackets::None, comma: true }
    }

    pub(super) fn open(out: &'a mut Vec<u8>, brackets: Brackets) -> Self {
        out.extend_from_slice(brackets.opening());
        Self { out, brackets, comma: false }
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    fn element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        self.separate();
        element.serialize(JsonSerializer::value(self.out)).map(drop)
    }

    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        self.separate();
        write_string(name, self.out);
        self.value(value)
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.out.push(b':');
        value.serialize(JsonSerializer::value(self.out)).map(drop)
    }

    fn close(self) {
        self.out.extend_from_slice(self.brackets.closing());
    }
}

macro_rules! list {
    ($($kind:ident $method:ident)*) => {$(
        impl $kind for Compound<'_> {
            type Ok = Written;
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
                self.element(element)
            }

            fn end(self) -> Result<Written, EncodeError> {
                self.close();
                Ok(Written::Value)
            }
        }
    )*};
}

list! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($kind:ident)*) => {$(
        impl $kind for Compound<'_> {
            type Ok = Written;
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.entry(name, value)
            }

            fn end(self) -> Result<Written, EncodeError> {
                self.close();
                Ok(Written::Value)
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Compound<'_> {
    type Ok = Written;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.separate();
        let out = &mut *self.out;
        key.serialize(KeySerializer::new(|text: &str| write_string(text, out)))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.value(value)
    }

    fn end(self) -> Result<Written, EncodeError> {
        self.close();
        Ok(Written::Value)
    }
}
