//! Lists and maps, while they are written.

use std::marker::PhantomData;

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::fold::Fold;
use super::serializer::{Place, ValueSerializer};
use super::write::{Head, Write};
use crate::framing::EncodeError;
use crate::value::{KeySerializer, Written};

/// A list or a map.
pub(in crate::framing) struct Compound<'a, W> {
    out: &'a mut Vec<u8>,
    kind: Kind<'a>,
    count: usize,
    encoding: PhantomData<W>,
}

enum Kind<'a> {
    /// The elements of the message, which are counted.
    Message(&'a mut usize),
    /// A list that may turn out to be bytes.
    Sequence(Fold),
    /// A list or a map that stays one.
    Fixed(Fold),
    /// The same, within the map of an enum variant.
    Variant(Fold),
}

impl<'a, W: Write> Compound<'a, W> {
    pub(super) fn message(out: &'a mut Vec<u8>, total: &'a mut usize) -> Self {
        Self { out, kind: Kind::Message(total), count: 0, encoding: PhantomData }
    }

    pub(super) fn sequence(out: &'a mut Vec<u8>, length: Option<usize>) -> Self {
        let kind = Kind::Sequence(Fold::open::<W>(Head::List, length, out));
        Self { out, kind, count: 0, encoding: PhantomData }
    }

    pub(super) fn fixed(out: &'a mut Vec<u8>, head: Head, length: Option<usize>) -> Self {
        let kind = Kind::Fixed(Fold::open::<W>(head, length, out));
        Self { out, kind, count: 0, encoding: PhantomData }
    }

    /// As [`fixed`](Self::fixed), within the map of an enum variant, whose name is written.
    pub(super) fn variant(out: &'a mut Vec<u8>, head: Head, length: usize) -> Self {
        let kind = Kind::Variant(Fold::open::<W>(head, Some(length), out));
        Self { out, kind, count: 0, encoding: PhantomData }
    }

    /// One more element or entry follows.
    fn separate(&mut self) {
        if self.count > 0 || matches!(self.kind, Kind::Message(_)) {
            W::separator(self.out);
        }
        self.count += 1;
    }

    fn element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        self.separate();
        let place = match &mut self.kind {
            Kind::Sequence(fold) => Place::Element(fold),
            Kind::Message(_) | Kind::Fixed(_) | Kind::Variant(_) => Place::Inside,
        };
        element.serialize(ValueSerializer::<W>::at(self.out, place)).map(drop)
    }

    fn entry<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        self.separate();
        W::key(name, self.out);
        value.serialize(ValueSerializer::<W>::at(self.out, Place::Inside)).map(drop)
    }

    fn close(self) {
        match self.kind {
            Kind::Message(total) => *total = self.count,
            Kind::Sequence(fold) | Kind::Fixed(fold) => fold.close::<W>(self.count, self.out),
            Kind::Variant(fold) => {
                fold.close::<W>(self.count, self.out);
                W::end(Head::Map, self.out);
            }
        }
    }
}

macro_rules! list {
    ($($kind:ident $method:ident)*) => {$(
        impl<W: Write> $kind for Compound<'_, W> {
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
        impl<W: Write> $kind for Compound<'_, W> {
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

impl<W: Write> SerializeMap for Compound<'_, W> {
    type Ok = Written;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.separate();
        let out = &mut *self.out;
        key.serialize(KeySerializer::new(|text: &str| W::key(text, out)))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(ValueSerializer::<W>::at(self.out, Place::Inside)).map(drop)
    }

    fn end(self) -> Result<Written, EncodeError> {
        self.close();
        Ok(Written::Value)
    }
}
