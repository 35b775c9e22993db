//! Decoding that forgives what loosely typed nodes do, and nothing else.
//!
//! The whole list: numbers accept strings of digits (and integers a float without a fraction),
//! strings accept numbers and byte strings (one character per byte), booleans accept 0, 1 and
//! their texts and the empty string, bytes accept strings of characters up to U+00FF and lists of
//! small numbers, and lists of numbers accept bytes (lists of `u8` also such strings). A list is no string, null is no number, and `"abc"` is an error.

mod access;
mod byte_list;
mod deserializer;
mod enums;
mod key;
mod option;
mod text;
mod visitor;

pub use deserializer::Lenient;
pub(crate) use key::LenientKey;
pub(crate) use text::{float_text, latin1};
