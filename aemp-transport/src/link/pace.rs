//! [`Pace`]: how long the chunks of a large packet are. Plain data; times come in as arguments.
//!
//! What is urgent waits for one chunk: on a slow way only short ones make that a short wait, on a fast
//! one long ones cost less.

use std::time::Duration;

use super::chunk::{MAX_CHUNK, STEP};

/// A way is fast on which the longest chunk takes no longer.
const QUICK: Duration = Duration::from_millis(10);

/// A way is fast when so many bytes in a row were written fast: more than what systems take before the
/// network does, which says nothing.
const PROVEN: usize = 512 << 10;

/// Whether the way has been fast lately.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bytes that were written fast, in a row.
    quick: usize,
}

impl Pace {
    /// So many bytes were written in that time. Few bytes say nothing.
    pub(super) fn wrote(&mut self, bytes: usize, took: Duration) {
        if bytes < STEP {
            return;
        }
        let is_quick = took.as_nanos() * MAX_CHUNK as u128 <= QUICK.as_nanos() * bytes as u128;
        self.quick = if is_quick { (self.quick + bytes).min(PROVEN) } else { 0 };
    }

    /// How many bytes a chunk has at most.
    pub(super) fn step(&self) -> usize {
        if self.quick < PROVEN { STEP } else { MAX_CHUNK }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_long_where_many_bytes_went_fast() {
        let mut pace = Pace::default();
        for _ in 0..PROVEN / MAX_CHUNK {
            assert_eq!(pace.step(), STEP);
            pace.wrote(MAX_CHUNK, QUICK);
        }
        assert_eq!(pace.step(), MAX_CHUNK);
        pace.wrote(STEP - 1, QUICK);
        pace.wrote(4 * MAX_CHUNK, 4 * QUICK);
        assert_eq!(pace.step(), MAX_CHUNK);
        pace.wrote(MAX_CHUNK, QUICK + Duration::from_nanos(1));
        assert_eq!(pace.step(), STEP, "at once");
        pace.wrote(PROVEN - 1, Duration::ZERO);
        assert_eq!(pace.step(), STEP);
    }
}
