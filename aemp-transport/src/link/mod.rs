//! A connection at work: the handshake driven, then a reader, a writer and a bounded queue.
//!
//! ```text
//! LinkSender::send ─▶ queue (two lanes, bounded in bytes) ─▶ writer task ─▶ stream
//! stream ─▶ reader task ─▶ PacketSink::packet …, at last PacketSink::closed
//! ```
//!
//! The link knows packets and nothing of what they mean. It ends once, for one [`CloseReason`].

mod admit;
mod batch;
mod bulk;
mod chunk;
mod config;
mod establish;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod inbox;
mod order;
mod pace;
mod queue;
mod reader;
mod reason;
mod receipt;
mod sender;
mod shared;
mod start;
mod urgent;
mod writer;

pub use admit::{Admission, Admit};
pub use config::LinkConfig;
pub use establish::{EstablishError, Established, establish, establish_with};
#[cfg(fuzzing)]
pub use fuzz::chunks as fuzz_chunks;
pub use order::Order;
pub use reason::CloseReason;
pub use sender::{EncodedPacket, LinkCounters, LinkSender, SendError};
pub use start::{PacketSink, start};
