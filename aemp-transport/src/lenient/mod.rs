//! Decoding that forgives what loosely typed nodes do, and nothing else.
//!
//! The whole list: numbers accept strings of digits (and integers a float without a fraction),
//! strings accept numbers and octet strings (one character per octet), booleans accept 0, 1 and
//! their texts and the empty string, octets accept strings of characters up to U+00FF and lists of
//! small numbers, and lists of numbers accept octets (lists of `u8` also such strings). A list is no string, null is no number, and `"abc"` is an error.

mod access;
mod deserializer;
mod enums;
mod key;
mod octets;
mod option;
mod text;
mod visitor;

pub use deserializer::Lenient;
pub(crate) use key::LenientKey;
pub(crate) use text::{float_text, latin1};
