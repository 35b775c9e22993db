//! Requests: they always end, in time.

use std::time::Duration;

use super::Judge;
use crate::record::{Answer, CalNo, PortKind, Sender};

/// Timers are as fine as this.
const TICK: Duration = Duration::from_millis(2);

impl Judge<'_> {
    pub(super) fn calls(&mut self) {
        for no in 0..self.record.cals.len() {
            self.resolves(no);
        }
    }

    fn resolves(&mut self, no: CalNo) {
        let cal = &self.record.cals[no];
        let ports = cal.parties();
        let deadline = self.time(cal.called) + cal.timeout;
        let Some((answered, answer)) = cal.answered.first() else {
            let abandoned = match cal.by {
                Sender::Port(port) => self.record.ports[port].died.is_some(),
                Sender::Outside(_) => false,
            };
            if !abandoned && self.record.nodes[cal.on].ended.is_none() {
                self.found(0, cal.called, &ports, format!("request {no} never ended"));
            }
            return;
        };
        let (answered, at) = (*answered, self.time(*answered));
        if cal.answered.len() > 1 {
            self.found(0, answered, &ports, format!("request {no} ended twice"));
        }
        if at > deadline + TICK + self.blur && !matches!(cal.by, Sender::Port(_)) {
            self.found(0, answered, &ports, format!("request {no} ended too late"));
        }
        let doubt = match answer {
            Answer::Good(true) => None,
            Answer::Good(false) => Some("it has the answer of another".to_owned()),
            Answer::Died(reason) => {
                let of_asked =
                    self.explain(cal.on, cal.by, cal.target, cal.called, answered, reason);
                let of_heirs = cal.forwarded.iter().any(|(on, heir)| {
                    let by = Sender::Port(cal.target);
                    self.explain(*on, by, *heir, cal.called, answered, reason).is_ok()
                });
                of_asked.err().filter(|_| !of_heirs)
            }
            Answer::Timeout => (at < deadline).then(|| "it was given up early".to_owned()),
            Answer::Itself if cal.by == Sender::Port(cal.target) => None,
            Answer::Itself => Some("somebody else was asked".to_owned()),
            Answer::Refused if self.record.ports[cal.target].kind == PortKind::Node => None,
            Answer::Refused => Some("only node ports refuse".to_owned()),
            Answer::Failed(true) => None,
            Answer::Failed(false) => Some("it failed for the reason of another".to_owned()),
            Answer::Other(text) => Some(text.clone()),
        };
        if let Some(doubt) = doubt {
            self.found(4, answered, &ports, format!("request {no} ended with {answer:?}: {doubt}"));
        }
    }
}
