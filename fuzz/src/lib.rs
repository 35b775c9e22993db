//! What the fuzz targets run.

mod targets;

pub use aemp_actor::fuzz_relay as relay;
pub use aemp_transport::fuzz_chunks as chunks;
pub use targets::{auth_line, bincode, cbor, greeting, json, lenient, rendezvous, requests};
