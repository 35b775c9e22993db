//! Ordered, reliable byte streams: the part that can be plugged.
//!
//! Knows addresses and connections, and nothing of what is said on them.

mod address;
mod admission;
mod host;
mod liveness;
mod memory;
mod network;
#[cfg(feature = "quic")]
mod quic;
mod tcp;
mod transport;

pub use address::{Address, AddressError, Scheme};
pub use admission::{AdmissionLimit, Admitted, Permit, Refusal};
pub use liveness::Liveness;
pub use memory::Memory;
pub use network::Network;
#[cfg(feature = "quic")]
pub use quic::Quic;
pub use tcp::Tcp;
pub use transport::{BoxReader, BoxStream, BoxWriter, Listener, Reach, Session, Stream, Transport};
