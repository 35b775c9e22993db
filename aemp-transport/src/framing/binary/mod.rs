//! What the binary framings share: serde straight from bytes, and messages in bytes.
//!
//! An encoding gives [`Read`] (which part comes next), [`Write`](super::serialize::Write) (how the parts
//! of a value are written) and [`Binary`] (its packets). A message alone is its values one after the
//! other, without a head: in a packet that was read it is what follows the port name, so that no byte
//! is moved.

mod deserializer;
mod encoding;
mod message;
mod read;

pub(super) use encoding::Binary;
pub(super) use message::{count, fill_in, item_text};
pub(super) use read::{Item, Length, Read};
