//! Guarantee 8: nodes come and go in turn.

use std::collections::BTreeMap;

use super::Judge;
use crate::sim::torture::record::What;

impl Judge<'_> {
    pub(super) fn nodes(&mut self) {
        let mut up = BTreeMap::new();
        for (moment, event) in self.record.events.iter().enumerate() {
            let (no, other, now) = match &event.what {
                What::Up(no, other) => (*no, other, true),
                What::Down(no, other, _) => (*no, other, false),
                _ => continue,
            };
            if up.insert((no, other), now).unwrap_or(false) == now {
                let host = self.record.host(no);
                let text = format!("{host} is told twice that {other} is up, or down: {now}");
                self.found(8, moment, &[], text);
            }
        }
    }
}
