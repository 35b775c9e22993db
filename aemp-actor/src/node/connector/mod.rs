//! Makes connections: accepts them, dials them, and runs the handshake on them.

mod accept;
mod backoff;
mod dial;
mod greet;
mod pursue;
mod refusals;
mod unknown;

pub(crate) use accept::greet_accepted;
pub(super) use accept::listen;
pub(crate) use backoff::Backoff;
pub(crate) use dial::{DialError, dial};
pub(super) use pursue::want;
pub(crate) use pursue::{DIAL_LIMIT, reach};
pub(super) use refusals::Refusals;
