//! How much work a round does.

use std::time::Duration;

/// The amounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Messages and steps within a process.
    pub(crate) messages: usize,
    /// Requests within a process.
    pub(crate) requests: usize,
    /// Messages to another process.
    pub(crate) remote_messages: usize,
    /// Requests to another process.
    pub(crate) remote_requests: usize,
    /// Bytes that are sent in large messages.
    pub(crate) payload: usize,
    /// When a round in two processes ends in any case: its rate is that of what it has done.
    pub(crate) cap: Duration,
}

impl Scale {
    /// What the published figures are made with.
    pub(crate) const FULL: Self = Self {
        messages: 2_000_000,
        requests: 200_000,
        remote_messages: 500_000,
        remote_requests: 10_000,
        payload: 128 << 20,
        cap: Duration::from_millis(300),
    };

    /// A quarter of that.
    pub(crate) const QUICK: Self = Self {
        messages: 500_000,
        requests: 50_000,
        remote_messages: 125_000,
        remote_requests: 2500,
        payload: 32 << 20,
        cap: Duration::from_millis(120),
    };

    /// For warming up.
    pub(crate) fn quarter(&self) -> Self {
        Self {
            messages: self.messages / 4,
            requests: self.requests / 4,
            remote_messages: self.remote_messages / 4,
            remote_requests: self.remote_requests / 4,
            payload: self.payload / 4,
            cap: self.cap / 4,
        }
    }
}
