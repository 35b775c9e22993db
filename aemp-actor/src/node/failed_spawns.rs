//! Ports that died in their init functions.
//!
//! A spawned port has its ID at once, and its monitors are on their way while its init function
//! fails: they are told why it failed, not only that there is no such port (guarantee 7).

use std::collections::{HashMap, VecDeque};

use crate::id::PortName;
use crate::reason::Reason;

/// How many are remembered; older ones are `no_such_port` from then on.
const REMEMBERED: usize = 1024;

/// Why the last ports that died in their init functions did.
#[derive(Default)]
pub(super) struct FailedSpawns {
    reasons: HashMap<PortName, Reason>,
    /// The names, oldest first.
    order: VecDeque<PortName>,
}

impl FailedSpawns {
    pub(super) fn add(&mut self, name: PortName, reason: Reason) {
        if self.order.len() == REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.reasons.remove(&oldest);
        }
        self.order.push_back(name.clone());
        self.reasons.insert(name, reason);
    }

    pub(super) fn reason(&self, name: &str) -> Option<Reason> {
        self.reasons.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_remembered() {
        let mut failed_spawns = FailedSpawns::default();
        for n in 0..=REMEMBERED {
            failed_spawns
                .add(smol_str::format_smolstr!("p.{n}"), Reason::new("die", n.to_string()));
        }
        assert_eq!(failed_spawns.reason("p.0"), None);
        assert_eq!(failed_spawns.reason("p.1"), Some(Reason::new("die", "1")));
        assert_eq!(failed_spawns.reasons.len(), failed_spawns.order.len());
    }
}
