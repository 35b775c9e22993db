//! Who watches whom, and what happens when the watched port dies.
//!
//! The tables are plain data: [`Watchers`] for one local port, [`RemoteWatches`] for the ports of
//! one other node. They never call anything; whoever removes a watch from a table fires it, and
//! since a removed watch cannot be removed again, it fires once.

mod action;
mod remote_watches;
mod token;
mod watchers;

pub(crate) use action::{Action, Watch};
pub use action::{Kil, MonAction, Snd};
pub(crate) use remote_watches::RemoteWatches;
pub use token::{MonGuard, MonToken};
pub(crate) use watchers::{WatchId, Watchers};
