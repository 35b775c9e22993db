//! Random numbers from a seed.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Random numbers that follow from a seed, the same ones for ever (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The numbers of this seed for one purpose: those of another purpose have nothing to do with
    /// them.
    #[must_use]
    pub fn of(seed: u64, purpose: &str) -> Self {
        let mut random = Self::new(seed);
        for byte in purpose.bytes() {
            random.state = random.number() ^ u64::from(byte);
        }
        random
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        // The high half of a product, whose bias is far below anything a test could notice.
        ((u128::from(self.number()) * limit as u128) >> 64) as usize
    }

    /// A number of the range.
    pub fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end().saturating_sub(*range.start()) + 1)
    }

    /// A duration of the range, in whole milliseconds.
    pub fn duration(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        let millis = |duration: &Duration| usize::try_from(duration.as_millis()).unwrap_or(0);
        Duration::from_millis(self.within(millis(range.start())..=millis(range.end())) as u64)
    }

    /// Whether something of so many percent probability happens.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them; `None` if there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_range_and_repeat() {
        let draw = |seed| {
            let mut random = Random::of(seed, "test");
            (0..1000).map(|_| random.within(3..=7)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let numbers = draw(1);
        assert!(
            (3..=7).all(|n| numbers.contains(&n)) && numbers.iter().all(|n| (3..=7).contains(n))
        );
        assert_eq!(Random::new(1).below(0), 0);
    }
}
