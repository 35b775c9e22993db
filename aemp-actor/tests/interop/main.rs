//! The Perl implementation's side of the wire, played by a node in Python.

#[path = "../peer/mod.rs"]
mod peer;
#[path = "../support/mod.rs"]
mod support;

mod data;
mod finding;
mod log_catcher;
mod nodes;
mod odd;
mod relay_interop;
