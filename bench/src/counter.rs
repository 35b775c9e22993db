//! The port that everything is measured with.

use aemp_actor::PortOptions;
use aemp_actor::prelude::*;

/// Counts what it is sent.
#[derive(Default, Port)]
pub(crate) struct Counter {
    sum: u64,
}

#[rcv]
impl Counter {
    pub(crate) fn add(&mut self, n: u64) {
        self.sum += n;
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }
}

/// A mailbox without bounds, as the raw channel has none: producers that outpace the counter are
/// part of the measurement.
pub(crate) fn unbounded() -> PortOptions {
    PortOptions::new().max_messages(usize::MAX).max_bytes(usize::MAX)
}
