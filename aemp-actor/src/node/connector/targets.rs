//! How often an address is dialled that is only known by hearsay.

use std::collections::HashMap;
use std::time::Duration;

use aemp_transport::Address;
use parking_lot::Mutex;
use tokio::time::Instant;

/// The pause after the first dial.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause between two dials of an address.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// An address that was not dialled for so long is as new.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// Addresses that are remembered; beyond, those go that may be dialled again at once.
const MAX_TARGETS: usize = 10_000;

/// Addresses that members have named, and at which the node was not found so far: whoever names one
/// can have all nodes dial it. So each is dialled in growing pauses, for however many nodes it is
/// named.
#[derive(Default)]
pub(crate) struct Targets {
    by_address: Mutex<HashMap<Address, Target>>,
}

struct Target {
    pause: Duration,
    not_before: Instant,
}

impl Targets {
    /// Whether the address may be dialled now, which it is to be then; if not, when it may be.
    pub(crate) fn begin(&self, address: &Address, now: Instant) -> Result<(), Instant> {
        let mut targets = self.by_address.lock();
        if !targets.contains_key(address) && targets.len() >= MAX_TARGETS {
            targets.retain(|_, target| target.not_before > now);
            if targets.len() >= MAX_TARGETS {
                return Err(now + LONGEST_PAUSE);
            }
        }
        let fresh = || Target { pause: Duration::ZERO, not_before: now };
        let target = targets.entry(address.clone()).or_insert_with(fresh);
        if now < target.not_before {
            return Err(target.not_before);
        }
        let forgotten = now >= target.not_before + FORGOTTEN;
        target.pause = match forgotten || target.pause.is_zero() {
            true => FIRST_PAUSE,
            false => LONGEST_PAUSE.min(2 * target.pause),
        };
        target.not_before = now + target.pause;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: usize) -> Address {
        format!("victim:{n}").parse().unwrap()
    }

    /// How often it is dialled from `start` on, when somebody wants to all the time.
    fn dials(targets: &Targets, start: Instant, seconds: u64) -> usize {
        let steps = (0..seconds * 100).map(|n| start + Duration::from_millis(10 * n));
        steps.filter(|now| targets.begin(&address(1), *now).is_ok()).count()
    }

    #[test]
    fn an_address_is_dialled_in_growing_pauses() {
        let (targets, start) = (Targets::default(), Instant::now());
        assert_eq!(dials(&targets, start, 40), 9);
        let minute = Duration::from_secs(60);
        assert_eq!(dials(&targets, start + minute, 60), 6);
        assert_eq!(dials(&targets, start + 60 * minute, 1), 3, "as new");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (targets, now) = (Targets::default(), Instant::now());
        assert_eq!(
            (0..20_000).filter(|n| targets.begin(&address(*n), now).is_ok()).count(),
            10_000
        );
        assert!(targets.begin(&address(20_000), now + FIRST_PAUSE).is_ok());
        assert_eq!(targets.by_address.lock().len(), 1);
    }
}
