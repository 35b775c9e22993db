//! What the fuzz targets run.

mod targets;

pub use targets::{auth_line, greeting, json, lenient, rendezvous, requests};
