//! Any `Serialize` to bytes, for all framings.
//!
//! An encoding gives [`Write`], which says how the parts of a value are written; all that serde wants
//! is here. A message is its elements one after the other, without a head.
//!
//! The binary framings write a sequence of `u8` (a `Vec<u8>`, a slice) as one byte string: for a
//! reader that asks for either, [`Lenient`](crate::Lenient) makes a list of bytes and bytes of a
//! list. Tuples, and arrays of a fixed length, stay lists.

mod compound;
mod fold;
mod serializer;
mod write;

pub(super) use serializer::{write_elements, write_value};
pub(super) use write::{Head, Write};
