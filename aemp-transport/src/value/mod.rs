//! The self-describing datum and its serde serializer and deserializer.
//!
//! Nothing here knows an encoding: the framings turn values into octets. The order of the variants
//! of [`Value`] is part of the protocol.

mod convert;
mod datum;
mod de;
mod deserialize;
mod error;
mod key;
mod ser;

pub use datum::Value;
pub use de::{from_value, from_value_ref};
pub use error::ValueError;
pub(crate) use key::KeySerializer;
pub use ser::{to_value, to_values};
