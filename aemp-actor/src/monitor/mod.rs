//! Tables of who watches whom: plain data.
//!
//! [`Watchers`] is for one local port, [`RemoteWatches`] for the ports of one other node. They never call
//! anything; whoever removes a watch from a table fires it (`node/monitors/fire`), and since a removed
//! watch cannot be removed again, it fires once.

mod remote_watches;
mod watchers;

pub(crate) use remote_watches::RemoteWatches;
pub(crate) use watchers::{WatchId, Watchers};
