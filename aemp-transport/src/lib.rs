//! Octets between two processes: values, framings, the handshake, transports and links.

mod auth;
mod framing;
mod lenient;
mod md6;
mod value;

pub use auth::{AuthMethod, Secret, UnknownAuthMethod};
pub use framing::{
    DecodeError, Decoder, EncodeError, Encoded, FrameError, Framing, Limits, Packet, UnknownFraming,
};
pub use lenient::Lenient;
pub use value::{Value, ValueError, from_value, from_value_ref, to_value, to_values};
