//! Data connections: octets between two nodes, beside their messages.
//!
//! ```text
//!   the node that asks                            the other node
//!   draws an ID, expects it from the other node
//!   _expect ID PORT TIMEOUT INIT ARGS… ──▶         expects the ID, to hand it to INIT with ARGS
//!   snd PORT (an echo) ──▶ ──▶ PORT                 so it expects the ID by now
//!   dials a listener: aemp-dataconn;…;dataconn_id=ID ──▶
//!      or, if there is none: _connect ID ──▶        dials a listener, the same way round
//!   octets ◀─▶ octets
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
mod seats;

pub use connection::{DataConn, DataReader, DataWriter};
pub use error::DataConnError;
pub(crate) use handing_over::{Unexpected, admits, arrived};
pub(crate) use requests::{CONNECT, EXPECT, ExpectError, dial, expect};

use expectations::Expectations;
use functions::Functions;
use seats::Seats;

/// The sub-protocol that such a connection asks for in its greeting.
pub(crate) const DATA_CONN: &str = "dataconn";

/// The key of the greeting that has the ID.
const ID_KEY: &str = "dataconn_id";

/// What a node knows of data connections.
#[derive(Default)]
pub(crate) struct Data {
    functions: Functions,
    expectations: Expectations,
    seats: Seats,
}

impl Data {
    /// The node is shut down.
    pub(crate) fn close(&self) {
        self.expectations.clear();
    }
}
