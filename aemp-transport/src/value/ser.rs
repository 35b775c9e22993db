//! From any `Serialize` to a [`Value`].

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::option::SOME;
use super::{KeySerializer, Value, ValueError};

/// Makes a value of anything that serialises.
///
/// Enums are tagged externally, newtypes are transparent, and `None` and `()` are null; what else is
/// null inside a `Some` becomes `{"Some": null}`. Map keys with an obvious text become strings, others
/// the text of their JSON. Integers beyond 64 bits become strings of digits. [`Lenient`](crate::Lenient)
/// readers take all of that back.
///
/// # Errors
///
/// Whatever the type's own implementation objects to.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, ValueError> {
    Ok(value.serialize(ValueSerializer::inside())?.value)
}

/// Makes the elements of a message of anything that serialises.
///
/// A sequence (list, tuple, tuple struct) gives its elements, `()` and unit structs none, and
/// anything else becomes the only element.
///
/// # Errors
///
/// As [`to_value`].
pub fn to_values<T: Serialize + ?Sized>(message: &T) -> Result<Vec<Value>, ValueError> {
    match message.serialize(ValueSerializer { place: Place::Message })?.value {
        Value::List(elements) => Ok(elements),
        single => Ok(vec![single]),
    }
}

/// Where the serialised thing stands: units differ.
#[derive(Clone, Copy)]
enum Place {
    /// The whole message: a unit is the empty list.
    Message,
    /// Somewhere inside: a unit is null.
    Inside,
}

pub(crate) struct ValueSerializer {
    place: Place,
}

impl ValueSerializer {
    pub(crate) fn inside() -> Self {
        Self { place: Place::Inside }
    }
}

/// A value that was made.
pub(crate) struct Made {
    pub(crate) value: Value,
    /// Whether an `Option` with this inside could be taken for `None`.
    null: bool,
}

impl From<Value> for Made {
    fn from(value: Value) -> Self {
        Self { value, null: false }
    }
}

macro_rules! scalars {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, value: $kind) -> Result<Made, ValueError> {
            Ok(Value::from(value).into())
        }
    )*};
}

impl Serializer for ValueSerializer {
    type Ok = Made;
    type Error = ValueError;
    type SerializeSeq = ListBuilder;
    type SerializeTuple = ListBuilder;
    type SerializeTupleStruct = ListBuilder;
    type SerializeTupleVariant = Tagged<ListBuilder>;
    type SerializeMap = MapBuilder;
    type SerializeStruct = MapBuilder;
    type SerializeStructVariant = Tagged<MapBuilder>;

    scalars! {
        serialize_bool(bool) serialize_str(&str) serialize_f32(f32) serialize_f64(f64)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }

    fn serialize_i128(self, number: i128) -> Result<Made, ValueError> {
        Ok(match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => Value::Int(number),
            (_, Ok(number)) => Value::UInt(number),
            _ => Value::Str(number.to_string()),
        }
        .into())
    }

    fn serialize_u128(self, number: u128) -> Result<Made, ValueError> {
        Ok(u64::try_from(number)
            .map_or_else(|_| Value::Str(number.to_string()), Value::from)
            .into())
    }

    fn serialize_char(self, character: char) -> Result<Made, ValueError> {
        Ok(Value::Str(character.into()).into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Made, ValueError> {
        Ok(Value::Bytes(Bytes::copy_from_slice(bytes)).into())
    }

    fn serialize_none(self) -> Result<Made, ValueError> {
        Ok(Made { value: Value::Null, null: true })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Made, ValueError> {
        let Made { value, null } = value.serialize(self)?;
        Ok(Made { value: if null { tagged(SOME, value) } else { value }, null })
    }

    fn serialize_unit(self) -> Result<Made, ValueError> {
        match self.place {
            Place::Message => Ok(Value::List(Vec::new()).into()),
            Place::Inside => self.serialize_none(),
        }
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Made, ValueError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Made, ValueError> {
        Ok(Value::from(variant).into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Made, ValueError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Made, ValueError> {
        Ok(tagged(variant, to_value(value)?).into())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ListBuilder, ValueError> {
        Ok(ListBuilder { elements: Vec::with_capacity(len.unwrap_or(0)) })
    }

    fn serialize_tuple(self, len: usize) -> Result<ListBuilder, ValueError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        len: usize,
    ) -> Result<ListBuilder, ValueError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Tagged<ListBuilder>, ValueError> {
        Ok(Tagged { variant, builder: self.serialize_seq(Some(len))? })
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<MapBuilder, ValueError> {
        Ok(MapBuilder::default())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<MapBuilder, ValueError> {
        Ok(MapBuilder::default())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Tagged<MapBuilder>, ValueError> {
        Ok(Tagged { variant, builder: MapBuilder::default() })
    }
}

fn tagged(variant: &str, value: Value) -> Value {
    Value::Map(BTreeMap::from([(variant.to_owned(), value)]))
}

pub(crate) struct ListBuilder {
    elements: Vec<Value>,
}

impl ListBuilder {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.elements.push(to_value(element)?);
        Ok(())
    }
}

impl SerializeSeq for ListBuilder {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(Value::List(self.elements).into())
    }
}

impl SerializeTuple for ListBuilder {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(Value::List(self.elements).into())
    }
}

impl SerializeTupleStruct for ListBuilder {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &T) -> Result<(), ValueError> {
        self.push(field)
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(Value::List(self.elements).into())
    }
}

#[derive(Default)]
pub(crate) struct MapBuilder {
    entries: BTreeMap<String, Value>,
    /// The key whose value is still to come.
    key: Option<String>,
}

impl MapBuilder {
    fn insert<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.entries.insert(name.to_owned(), to_value(value)?);
        Ok(())
    }
}

impl SerializeMap for MapBuilder {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(key.serialize(KeySerializer::<_, ValueError>::new(str::to_owned))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().ok_or_else(|| ValueError::new("a map value without a key"))?;
        self.entries.insert(key, to_value(value)?);
        Ok(())
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(Value::Map(self.entries).into())
    }
}

impl SerializeStruct for MapBuilder {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.insert(name, value)
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(Value::Map(self.entries).into())
    }
}

/// The content of an enum variant that has fields.
pub(crate) struct Tagged<B> {
    variant: &'static str,
    builder: B,
}

impl SerializeTupleVariant for Tagged<ListBuilder> {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &T) -> Result<(), ValueError> {
        self.builder.push(field)
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(tagged(self.variant, Value::List(self.builder.elements)).into())
    }
}

impl SerializeStructVariant for Tagged<MapBuilder> {
    type Ok = Made;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.builder.insert(name, value)
    }

    fn end(self) -> Result<Made, ValueError> {
        Ok(tagged(self.variant, Value::Map(self.builder.entries)).into())
    }
}
