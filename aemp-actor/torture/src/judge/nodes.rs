//! Guarantee 8: nodes come and go in turn.

use std::collections::BTreeMap;

use super::Judge;
use crate::outside::FIRST_EXCLAIMER;
use crate::record::{Moment, NodeNo, Sender, What};

impl Judge<'_> {
    pub(super) fn nodes(&mut self) {
        let mut up = BTreeMap::new();
        for (moment, event) in self.record.events.iter().enumerate() {
            let (no, other, now) = match &event.what {
                What::Up(no, other) => (*no, other, true),
                What::Down(no, other, _) => (*no, other, false),
                _ => continue,
            };
            if !now && self.blur.is_zero() {
                self.monitors_fired(moment, no, other);
            }
            if up.insert((no, other), now).unwrap_or(false) == now {
                let host = self.record.host(no);
                let text = format!("{host} is told twice that {other} is up, or down: {now}");
                self.found(8, moment, &[], text);
            }
        }
    }

    /// When a node is told that another is down, those outside of ports have been told of its
    /// ports.
    fn monitors_fired(&mut self, moment: Moment, no: NodeNo, other: &str) {
        let untold = self.record.mons.iter().position(|mon| {
            let outside = matches!(mon.by, Sender::Outside(by) if by < FIRST_EXCLAIMER);
            let there = mon.on == no && self.host_of(mon.target) == other;
            outside && there && mon.made < moment && mon.ended() > moment
        });
        if let Some(mon) = untold {
            let text = format!("{other} is down, and monitor {mon} has not fired");
            self.found(3, moment, &self.record.mons[mon].parties(), text);
        }
    }
}
