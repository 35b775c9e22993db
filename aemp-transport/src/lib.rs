//! Octets between two processes: values, framings, the handshake, transports and links.

mod auth;
mod framing;
mod handshake;
mod lenient;
mod link;
mod md6;
mod stream;
mod value;
#[cfg(test)]
mod vectors;

pub use auth::{AuthMethod, Secret, UnknownAuthMethod};
pub use framing::{
    DecodeError, Decoder, EncodeError, Encoded, FrameError, Framing, Limits, Packet, UnknownFraming,
};
pub use handshake::{
    Handshake, HandshakeConfig, HandshakeError, Line, MAX_LINE, Outcome, PeerGreeting, nonce,
};
pub use lenient::Lenient;
pub use link::{
    CloseReason, EstablishError, Established, LinkConfig, LinkCounters, LinkSender, PacketSink,
    SendError, establish, start,
};
pub use stream::{
    Address, AddressError, BoxReader, BoxStream, BoxWriter, Listener, Memory, Scheme, Stream, Tcp,
    Transport,
};
pub use value::{Value, ValueError, from_value, from_value_ref, to_value, to_values};
