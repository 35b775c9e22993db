//! Settings of one port.

use std::time::Duration;

/// Bounds of one port's mailbox, and of the time that its handlers may take. What would exceed them
/// kills the port with a reason, so that a loss is never silent.
///
/// What counts is what waits: not the message that is being handled. Messages, and the calls of
/// `psub` and `peval`, count; `kil`, monitors that fire and timers of the port need no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PortOptions {
    pub(crate) max_messages: usize,
    pub(crate) max_bytes: usize,
    pub(crate) handler_timeout: Option<Duration>,
}

impl Default for PortOptions {
    /// 1,000,000 messages and 256 MiB of encoded messages; handlers may take any time.
    fn default() -> Self {
        Self { max_messages: 1_000_000, max_bytes: 256 << 20, handler_timeout: None }
    }
}

impl PortOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages may wait: one more kills the port with `overflow`.
    #[must_use]
    pub fn max_messages(mut self, messages: usize) -> Self {
        self.max_messages = messages;
        self
    }

    /// How many bytes of untyped messages may wait (typed messages are counted, not weighed): more
    /// kill the port with `overflow`.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How long one handler may take: one that awaits longer is dropped where it waits, and kills the
    /// port with `die`. It does not interrupt code that does not await, and does not count for init
    /// functions and for blocks that receive.
    #[must_use]
    pub fn handler_timeout(mut self, timeout: Duration) -> Self {
        self.handler_timeout = Some(timeout);
        self
    }
}
