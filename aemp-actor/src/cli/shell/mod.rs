//! `aemp shell`: the commands from a prompt, with a port of its own.
//!
//! A thread reads lines; the node runs on tokio beside it. What arrives at the shell's port while
//! a line is edited is printed above it.

mod commands;
mod completion;
mod lines;
mod reader;
mod session;

pub(crate) use session::run;
