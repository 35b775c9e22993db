//! The bodies of the fuzz targets: each takes any bytes, and panics when something is wrong.
//!
//! The fuzzer runs them on what it makes up, the tests of aemp-actor (`tests/process/corpus.rs`) on the
//! corpus.

mod framing;
mod handshake;
mod lenient;
mod node;

pub use framing::{bincode, cbor, json};
pub use handshake::{auth_line, greeting};
pub use lenient::lenient;
pub use node::{rendezvous, requests};
