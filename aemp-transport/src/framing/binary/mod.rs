//! What the binary framings share: serde in both directions, straight to and from bytes.
//!
//! An encoding gives [`Write`] (how the parts of a value are written) and [`Read`] (which part comes
//! next); everything that serde wants is here. A message alone is its values one after the other,
//! without a head: in a packet that was read it is what follows the port name, so that no byte is
//! moved.
//!
//! A sequence of `u8` (a `Vec<u8>`, a slice) is written as one byte string: for a reader that asks
//! for either, [`Lenient`](crate::Lenient) makes a list of bytes and bytes of a list. Tuples, and
//! arrays of a fixed length, stay lists.

mod compound;
mod deserializer;
mod fold;
mod message;
mod read;
mod serializer;
mod write;

pub(super) use message::{
    count, elements, encode, encode_message, fill_in, first_element, first_text, first_texts,
    item_text, to_values, visit_elements,
};
pub(super) use read::{Item, Length, Read};
pub(super) use write::{Head, Write};
