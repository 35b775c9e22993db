//! What the fuzz targets run.

mod targets;

pub use targets::{auth_line, bincode, cbor, greeting, json, lenient, rendezvous, requests};
