//! Which refused connections are told of: who makes many is not to fill the log.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// An address is told of once in this time.
const PAUSE: Duration = Duration::from_secs(10);

/// Addresses that are told of by themselves; more share one entry.
const MAX_ADDRESSES: usize = 1000;

/// What was told of which address.
#[derive(Default)]
pub(super) struct Refusals {
    told: HashMap<String, Told>,
}

struct Told {
    at: Instant,
    /// Refusals that were not told of since.
    untold: u64,
}

impl Refusals {
    /// A connection from this address is refused: gives, if that is to be told, how many were
    /// refused without a word since the last time.
    pub(super) fn told(&mut self, address: &str, now: Instant) -> Option<u64> {
        let is_new = !self.told.contains_key(address);
        if is_new && self.told.len() >= MAX_ADDRESSES {
            self.told.retain(|_, told| now.saturating_duration_since(told.at) < PAUSE);
        }
        let others = is_new && self.told.len() >= MAX_ADDRESSES;
        let address = if others { "" } else { address };
        let Some(told) = self.told.get_mut(address) else {
            self.told.insert(address.to_owned(), Told { at: now, untold: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(told.at) < PAUSE {
            told.untold += 1;
            return None;
        }
        told.at = now;
        Some(std::mem::take(&mut told.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_of_once_in_a_while() {
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.told("a", start), Some(0));
        for millisecond in 1..=3 {
            assert_eq!(refusals.told("a", start + Duration::from_millis(millisecond)), None);
        }
        assert_eq!(refusals.told("b", start), Some(0), "each by itself");
        assert_eq!(refusals.told("a", start + PAUSE), Some(3));
        assert_eq!(refusals.told("a", start + 3 * PAUSE), Some(0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut refusals, now) = (Refusals::default(), Instant::now());
        let told = (0..5000).filter(|n| refusals.told(&n.to_string(), now).is_some()).count();
        assert_eq!((told, refusals.told.len()), (MAX_ADDRESSES + 1, MAX_ADDRESSES + 1));
        assert_eq!(refusals.told("x", now + PAUSE), Some(0), "the old ones are forgotten");
        assert_eq!(refusals.told.len(), 1);
    }
}
