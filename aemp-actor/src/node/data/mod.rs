//! Data connections: bytes between two nodes, beside their messages.
//!
//! ```text
//!   the node that asks                            the other node
//!   draws an ID, expects it from the other node
//!   _expect ID PORT TIMEOUT INIT ARGS… ──▶         expects the ID, to hand it to INIT with ARGS
//!   snd PORT (an echo) ──▶ ──▶ PORT                 so it expects the ID by now
//!   dials a listener: aemp-dataconn;…;dataconn_id=ID ──▶
//!      or, if there is none: _connect ID ──▶        dials a listener, the same way round
//!   bytes ◀─▶ bytes
//! ```
//!
//! Whatever goes wrong over there kills PORT, a port that exists for the one attempt. Its death, by
//! whatever cause, ends the expectation of the other node.

mod attempt;
mod connect;
mod connection;
mod dialling;
mod error;
mod expectations;
mod functions;
mod handing_over;
mod requests;
mod state;
mod wire;

pub use connection::{DataConn, DataReader, DataWriter};
pub use error::DataConnError;
pub(crate) use handing_over::{Unexpected, admits, arrived};
pub(crate) use requests::{CONNECT_BUILTIN, EXPECT_BUILTIN};
pub(crate) use state::Data;
pub(crate) use wire::DATA_CONN;
