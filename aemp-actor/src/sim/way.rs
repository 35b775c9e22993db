//! One direction between two hosts: what it does to bytes.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::random::Random;

/// The conditions of one direction.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// How long bytes take; drawn anew for each write, but what is written later never arrives
    /// earlier.
    pub(super) latency: RangeInclusive<Duration>,
    /// Bytes a second, if limited.
    pub(super) rate: Option<usize>,
    /// Nothing passes; the bytes wait where they are.
    pub(super) held: bool,
    /// The receiving program does not read.
    pub(super) stopped: bool,
    /// Dials are refused.
    pub(super) refusing: bool,
    /// New connections are cut within so many bytes.
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
    /// How long bytes that set out now take, beside what limits them.
    pub(super) fn draw(&self, random: &mut Random) -> Duration {
        random.duration(&self.latency)
    }

    /// How many bytes arrive together: a limit makes them trickle, ten times a second.
    pub(super) fn at_once(&self) -> usize {
        self.rate.map_or(usize::MAX, |rate| rate.div_ceil(10).max(1))
    }

    /// How long so many bytes take to pass because of the limit.
    pub(super) fn passing(&self, bytes: usize) -> Duration {
        let millis = |rate: usize| (bytes * 1000 / rate.max(1)) as u64;
        self.rate.map_or(Duration::ZERO, |rate| Duration::from_millis(millis(rate)))
    }
}
