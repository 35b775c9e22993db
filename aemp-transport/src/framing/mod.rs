//! Packets on a stream: one folder per encoding, the same face for all.
//!
//! A packet is the list of a port name and the elements of a message. A [`Decoder`] cuts a stream
//! into packets and checks each of them whole, so that a malformed one ends its connection and
//! never reaches a port; the message stays encoded until its receiver wants it.

mod beginning;
mod binary;
mod bincode;
mod cbor;
mod decoder;
mod encoded;
mod encoding;
mod error;
mod json;
mod kind;
mod limits;
#[cfg(test)]
mod linear;
mod parts;
mod perl;
mod serialize;
mod transcode;

pub use decoder::{Decoder, Packet};
pub use encoded::Encoded;
pub use error::{DecodeError, EncodeError, FrameError};
pub(crate) use json::json_text;
pub use kind::{Framing, UnknownFraming};
pub use limits::Limits;
