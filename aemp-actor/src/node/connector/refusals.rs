//! Which refused connections and messages are logged: who makes many is not to fill the log.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// An address is logged once in this time.
const PAUSE: Duration = Duration::from_secs(10);

/// Addresses that are logged by themselves; more share one entry.
const MAX_ADDRESSES: usize = 1000;

/// What was logged of which address.
pub(in crate::node) struct Refusals {
    /// An address is logged so often before it has to wait.
    burst: u32,
    logged: HashMap<String, Logged>,
}

struct Logged {
    /// Until when what is `left` was counted: each [`PAUSE`] later it is one more.
    at: Instant,
    /// How often it may be logged at once.
    left: u32,
    /// Refusals that were not logged since.
    left_out: u64,
}

impl Default for Refusals {
    fn default() -> Self {
        Self::with_burst(1)
    }
}

impl Refusals {
    pub(in crate::node) fn with_burst(burst: u32) -> Self {
        Self { burst, logged: HashMap::new() }
    }

    /// A connection from this address is refused: gives, if that is to be logged, how many were
    /// refused without a word since the last time.
    pub(in crate::node) fn may_log(&mut self, address: &str, now: Instant) -> Option<u64> {
        let is_new = !self.logged.contains_key(address);
        if is_new && self.logged.len() >= MAX_ADDRESSES {
            let full = PAUSE * self.burst;
            self.logged.retain(|_, logged| now.saturating_duration_since(logged.at) < full);
        }
        let others = is_new && self.logged.len() >= MAX_ADDRESSES;
        let address = if others { "" } else { address };
        let fresh = Logged { at: now, left: self.burst, left_out: 0 };
        let logged = self.logged.entry(address.to_owned()).or_insert(fresh);
        let pauses = now.saturating_duration_since(logged.at).as_secs() / PAUSE.as_secs();
        let pauses = u32::try_from(pauses).unwrap_or(u32::MAX);
        if pauses > 0 {
            logged.at = now;
            logged.left = logged.left.saturating_add(pauses).min(self.burst);
        }
        if logged.left == 0 {
            logged.left_out += 1;
            return None;
        }
        logged.left -= 1;
        Some(std::mem::take(&mut logged.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_of_once_in_a_while() {
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.may_log("a", start), Some(0));
        for millisecond in 1..=3 {
            assert_eq!(refusals.may_log("a", start + Duration::from_millis(millisecond)), None);
        }
        assert_eq!(refusals.may_log("b", start), Some(0), "each by itself");
        assert_eq!(refusals.may_log("a", start + PAUSE), Some(3));
        assert_eq!(refusals.may_log("a", start + 3 * PAUSE), Some(0));
    }

    #[test]
    fn an_address_may_have_some_at_once() {
        let (mut refusals, start) = (Refusals::with_burst(3), Instant::now());
        let mut at = |pauses| refusals.may_log("a", start + pauses * PAUSE);
        assert_eq!([at(0), at(0), at(0), at(0), at(0)], [Some(0), Some(0), Some(0), None, None]);
        assert_eq!([at(1), at(1)], [Some(2), None]);
        assert_eq!([at(9), at(9), at(9), at(9)], [Some(1), Some(0), Some(0), None]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut refusals, now) = (Refusals::default(), Instant::now());
        let logged = (0..5000).filter(|n| refusals.may_log(&n.to_string(), now).is_some()).count();
        assert_eq!((logged, refusals.logged.len()), (MAX_ADDRESSES + 1, MAX_ADDRESSES + 1));
        assert_eq!(refusals.may_log("x", now + PAUSE), Some(0), "the old ones are forgotten");
        assert_eq!(refusals.logged.len(), 1);
    }
}
