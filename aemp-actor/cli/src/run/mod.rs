//! `aemp run`: a node from a profile, with its services, under a watchdog.
//!
//! ```text
//!   aemp run PROFILE ─── the watchdog: starts, watches, restarts; tells systemd
//!        │  ▲
//!        │  │ a socket in place of the child's standard input:
//!        │  │   u  the node is up        b  it lives, once a second
//!        ▼  │   r  start me again        (closed: the other side is gone)
//!           │   to the child: h  read secrets and certificates again; before that, in a line, what
//!           │   the watchdog has read from its own standard input
//!   aemp run PROFILE ─── the child: the node; ends in good order when the watchdog is gone
//! ```
//!
//! What is to be done about an end of the child is decided in `restarts`.

mod child;
mod command;
mod notify;
mod plan;
mod restarts;
#[cfg(unix)]
mod socket;
#[cfg(not(unix))]
#[path = "socket_stub.rs"]
mod socket;
#[cfg(unix)]
mod watchdog;
#[cfg(not(unix))]
#[path = "watchdog_stub.rs"]
mod watchdog;

pub(crate) use command::{RunArguments, run};
