//! From any `Serialize` to a [`Value`].

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{KeySerializer, Value, ValueError};

/// Makes a value of anything that serialises.
///
/// Enums are tagged externally, newtypes are transparent, `None` and `()` are null, and map keys
/// with an obvious text become strings. Integers beyond 64 bits become strings of digits, which
/// every lenient reader takes back as numbers.
///
/// # Errors
///
/// A map key without a text, or whatever the type's own implementation objects to.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, ValueError> {
    value.serialize(ValueSerializer { place: Place::Inside })
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
    match message.serialize(ValueSerializer { place: Place::Message })? {
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

struct ValueSerializer {
    place: Place,
}

macro_rules! scalars {
    ($($method:ident($kind:ty))*) => {$(
        fn $method(self, value: $kind) -> Result<Value, ValueError> {
            Ok(Value::from(value))
        }
    )*};
}

impl Serializer for ValueSerializer {
    type Ok = Value;
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

    fn serialize_i128(self, number: i128) -> Result<Value, ValueError> {
        Ok(match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => Value::Int(number),
            (_, Ok(number)) => Value::UInt(number),
            _ => Value::Str(number.to_string()),
        })
    }

    fn serialize_u128(self, number: u128) -> Result<Value, ValueError> {
        Ok(u64::try_from(number).map_or_else(|_| Value::Str(number.to_string()), Value::from))
    }

    fn serialize_char(self, character: char) -> Result<Value, ValueError> {
        Ok(Value::Str(character.into()))
    }

    fn serialize_bytes(self, octets: &[u8]) -> Result<Value, ValueError> {
        Ok(Value::Bytes(Bytes::copy_from_slice(octets)))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(match self.place {
            Place::Message => Value::List(Vec::new()),
            Place::Inside => Value::Null,
        })
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, ValueError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, ValueError> {
        Ok(Value::from(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        Ok(tagged(variant, to_value(value)?))
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

struct ListBuilder {
    elements: Vec<Value>,
}

impl ListBuilder {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.elements.push(to_value(element)?);
        Ok(())
    }
}

impl SerializeSeq for ListBuilder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::List(self.elements))
    }
}

impl SerializeTuple for ListBuilder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        self.push(element)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::List(self.elements))
    }
}

impl SerializeTupleStruct for ListBuilder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &T) -> Result<(), ValueError> {
        self.push(field)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::List(self.elements))
    }
}

#[derive(Default)]
struct MapBuilder {
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
    type Ok = Value;
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

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::Map(self.entries))
    }
}

impl SerializeStruct for MapBuilder {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.insert(name, value)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(Value::Map(self.entries))
    }
}

/// The content of an enum variant that has fields.
struct Tagged<B> {
    variant: &'static str,
    builder: B,
}

impl SerializeTupleVariant for Tagged<ListBuilder> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, field: &T) -> Result<(), ValueError> {
        self.builder.push(field)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(tagged(self.variant, Value::List(self.builder.elements)))
    }
}

impl SerializeStructVariant for Tagged<MapBuilder> {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.builder.insert(name, value)
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(tagged(self.variant, Value::Map(self.builder.entries)))
    }
}
