//! The `json` framing: JSON texts one after another.
//!
//! ```text
//! ["a.b","say","joe"] ["","mon1","x.1"][]
//!  └port └───message       └port        └keepalive
//! ```
//!
//! A message alone is the array text of its elements, `["say","joe"]`: in a packet that was read,
//! the comma after the port name is overwritten by the bracket that the message needs, so that no
//! byte is moved.

mod compound;
mod mend;
mod message;
mod scan;
mod serializer;
mod splitter;
#[cfg(test)]
mod tests;

pub(crate) use message::json_text;
pub(super) use message::{
    append, elements, encode, encode_elements, encode_message, first_text, first_texts, to_values,
    value_end, visit_elements, without_first,
};
pub(super) use splitter::Splitter;
