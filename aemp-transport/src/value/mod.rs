//! The self-describing datum and its serde serializer and deserializer.
//!
//! Nothing here knows an encoding: the framings turn values into bytes. (A map key that is no plain
//! text is the text of its JSON, in all framings.) The order of the variants of [`Value`] is part of the
//! protocol.

mod convert;
mod datum;
mod de;
mod deserialize;
mod error;
mod key;
mod option;
mod ser;

pub use datum::Value;
pub use de::{from_value, from_value_ref};
pub use error::ValueError;
pub(crate) use key::KeySerializer;
pub(crate) use option::{SOME, Written};
pub use ser::{to_value, to_values};
