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

mod elements;
mod mend;
mod message;
mod scan;
mod splitter;
#[cfg(test)]
mod tests;
mod writer;

pub(super) use message::Json;
pub(crate) use message::json_text;
