//! Makes connections: accepts them, dials them, and runs the handshake on them.

mod accept;
mod backoff;
mod dial;
mod dials;
mod greet;
mod pursue;
mod refusals;
mod targets;
mod unknown;

pub(super) use accept::listen;
pub(crate) use accept::run_accepted;
pub(crate) use backoff::Backoff;
pub(crate) use dial::{DialError, dial};
pub(crate) use dials::{Dials, Purpose};
pub(super) use pursue::want;
pub(crate) use pursue::{DIAL_LIMIT, reach};
pub(super) use refusals::Refusals;
pub(crate) use targets::Targets;
