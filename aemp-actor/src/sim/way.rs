//! One direction between two hosts: what it does to octets.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::random::Random;

/// The conditions of one direction.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// How long octets take; drawn anew for each write, but what is written later never arrives
    /// earlier.
    pub(super) latency: RangeInclusive<Duration>,
    /// Octets a second, if limited.
    pub(super) rate: Option<usize>,
    /// Nothing passes; the octets wait where they are.
    pub(super) held: bool,
    /// The receiving program does not read.
    pub(super) stopped: bool,
    /// Dials are refused.
    pub(super) refusing: bool,
    /// New connections are cut within so many octets.
    pub(super) fragile: Option<usize>,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO..=Duration::from_millis(2),
            rate: None,
            held: false,
            stopped: false,
            refusing: false,
            fragile: None,
        }
    }
}

impl Way {
    /// How long so many octets take on their own.
    pub(super) fn draw(&self, random: &mut Random, octets: usize) -> (Duration, Duration) {
        let latency = random.duration(&self.latency);
        let passing = match self.rate {
            Some(rate) => Duration::from_millis((octets * 1000 / rate.max(1)) as u64),
            None => Duration::ZERO,
        };
        (latency, passing)
    }
}
