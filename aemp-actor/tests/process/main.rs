//! What belongs to the whole process: its memory, and its hook for panics. One test at a time.

#[path = "../support/mod.rs"]
mod support;

mod caller;
mod corpus;
mod memory;

/// Held by the test that runs.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
