//! No socket on this system: a child is never watched.

use std::io;

/// What one says to the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WatchdogMessage {
    /// The node is up.
    Up,
    /// The node lives.
    Beat,
    /// It is to be started again.
    Restart,
    /// The watchdog says: read secrets and certificates again.
    Reload,
}

/// There is none.
pub(super) enum Socket {}

impl Socket {
    /// This process is no child.
    pub(super) fn of_watchdog() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never reached.
    pub(super) fn open(self) -> io::Result<OpenSocket> {
        match self {}
    }
}

/// There is none.
pub(super) enum OpenSocket {}

impl OpenSocket {
    /// Never reached.
    pub(super) async fn say(&mut self, _: WatchdogMessage) {
        match *self {}
    }

    /// Never reached.
    pub(super) async fn next(&mut self) -> Option<WatchdogMessage> {
        match *self {}
    }
}
