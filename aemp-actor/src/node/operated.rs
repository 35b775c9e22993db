//! What those who operate a network want of a node, and its ports do not: how they died, and its end.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::time::Duration;

use parking_lot::Mutex;

use super::environment::Environment;
use crate::id::PortName;
use crate::message::shortened;
use crate::reason::{Reason, kind};

/// Deaths that are remembered.
const REMEMBERED: usize = 100;

/// Ends the node, as its program has said.
pub(crate) type Stopper = Box<dyn Fn() + Send + Sync>;

/// The last deaths, and how the node is ended.
#[derive(Default)]
pub(crate) struct Operated {
    deaths: Mutex<Deaths>,
    stopper: OnceLock<Stopper>,
}

/// The last deaths that were no normal ends, oldest first.
#[derive(Default)]
struct Deaths {
    total: u64,
    last: VecDeque<Death<Why>>,
}

/// Why a port died, in bounded memory. What most ports die of is made a text when somebody asks: there may be
/// a million deaths a second.
enum Why {
    Short(Reason),
    Text(String),
}

impl Why {
    fn of(reason: &Reason) -> Self {
        if reason.is_short() {
            Self::Short(reason.clone())
        } else {
            Self::Text(shortened(&reason.to_string()).into_owned())
        }
    }
}

impl From<&Why> for String {
    fn from(why: &Why) -> Self {
        match why {
            Why::Short(reason) => shortened(&reason.to_string()).into_owned(),
            Why::Text(text) => text.clone(),
        }
    }
}

/// The death of a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Death<R = String> {
    pub(crate) port: PortName,
    /// What kind of port it was.
    pub(crate) kind: &'static str,
    /// Shortened.
    pub(crate) reason: R,
    /// Since 1970.
    pub(crate) at: Duration,
}

impl Operated {
    /// A port has died. Normal ends, and the ends of all ports when the node is shut down, are not
    /// remembered.
    pub(crate) fn port_died(
        &self,
        port: &PortName,
        of: &'static str,
        why: &Reason,
        clock: &dyn Environment,
    ) {
        if why.is_normal() || why.kind() == kind::SHUTDOWN {
            return;
        }
        let (reason, at) = (Why::of(why), clock.time_of_day());
        self.deaths.lock().add(Death { port: port.clone(), kind: of, reason, at });
    }

    /// How many there were, and the last of them, the latest first.
    pub(crate) fn deaths(&self) -> (u64, Vec<Death>) {
        let deaths = self.deaths.lock();
        let text = |death: &Death<Why>| Death {
            port: death.port.clone(),
            kind: death.kind,
            reason: String::from(&death.reason),
            at: death.at,
        };
        (deaths.total, deaths.last.iter().rev().map(text).collect())
    }

    pub(crate) fn stopper(&self) -> Option<&Stopper> {
        self.stopper.get()
    }

    /// The first one counts.
    pub(super) fn set_stopper(&self, stopper: Stopper) {
        // What comes later is dropped.
        drop(self.stopper.set(stopper));
    }
}

impl Deaths {
    fn add(&mut self, death: Death<Why>) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(death);
        self.total += 1;
    }
}

#[cfg(test)]
mod tests {
    use aemp_transport::Value;

    use super::*;
    use crate::node::environment::System;

    #[test]
    fn the_last_deaths_are_remembered_in_bounded_memory() {
        let operated = Operated::default();
        let died = |n: usize, reason: Reason| {
            let name = smol_str::format_smolstr!("p.{n}");
            operated.port_died(&name, "closure", &reason, &System);
        };
        died(0, Reason::normal());
        died(0, Reason::new(kind::SHUTDOWN, "over"));
        assert_eq!(operated.deaths(), (0, Vec::new()));
        for n in 1..=REMEMBERED + 5 {
            died(n, Reason::new("die", "x".repeat(60_000)));
        }
        let (total, last) = operated.deaths();
        assert_eq!((total, last.len()), (REMEMBERED as u64 + 5, REMEMBERED));
        assert_eq!((&*last[0].port, &*last[REMEMBERED - 1].port), ("p.105", "p.6"));
        assert!(last.iter().all(|death| death.reason.starts_with("die: xxx")));
        assert!(last.iter().all(|death| death.reason.len() < 400), "{}", last[0].reason);
        let mut roomy = String::with_capacity(1 << 20);
        roomy.push_str("roomy");
        for (reason, is_kept) in [
            (Reason::new("out_of_paper", "tray 2"), true),
            (Reason::from(("a", "b", "c", "d")), true),
            (Reason::new("die", "x".repeat(300)), false),
            (Reason::from_values(vec!["die".into(), Value::Bytes(vec![0; 9].into())]), false),
            (Reason::from(roomy), false),
        ] {
            died(0, reason.clone());
            assert_eq!(operated.deaths().1[0].reason, shortened(&reason.to_string()));
            let last = &operated.deaths.lock().last[REMEMBERED - 1].reason;
            assert_eq!(matches!(last, Why::Short(_)), is_kept, "{reason}");
        }
    }
}
