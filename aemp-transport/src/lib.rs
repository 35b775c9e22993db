//! Octets between two processes: values, framings, the handshake, transports and links.

mod lenient;
mod value;

pub use lenient::Lenient;
pub use value::{Value, ValueError, from_value, from_value_ref, to_value, to_values};
