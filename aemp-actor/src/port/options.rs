//! Settings of one port.

/// Bounds of one port's mailbox. What would exceed them kills the port with the reason
/// `overflow`, so that a loss is never silent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PortOptions {
    pub(crate) max_messages: usize,
    pub(crate) max_octets: usize,
}

impl Default for PortOptions {
    /// 1,000,000 messages and 256 MiB of encoded messages.
    fn default() -> Self {
        Self { max_messages: 1_000_000, max_octets: 256 << 20 }
    }
}

impl PortOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many messages may wait.
    #[must_use]
    pub fn max_messages(mut self, messages: usize) -> Self {
        self.max_messages = messages;
        self
    }

    /// How many octets of untyped messages may wait (typed messages are counted, not weighed).
    #[must_use]
    pub fn max_octets(mut self, octets: usize) -> Self {
        self.max_octets = octets;
        self
    }
}
