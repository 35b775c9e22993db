//! Guarantees 3 and 5: monitors fire once, always, and after the last words.

use aemp_actor::kind;

use super::Judge;
use crate::record::{Form, Moment, MonNo, Sender};

impl Judge<'_> {
    pub(super) fn monitors(&mut self) {
        for no in 0..self.record.mons.len() {
            self.fires_once(no);
            self.fires_always(no);
            self.is_told_in_time(no);
            self.has_a_reason(no);
            self.comes_after_the_words(no);
        }
    }

    fn fires_once(&mut self, no: MonNo) {
        let mon = &self.record.mons[no];
        let ports = mon.parties();
        if let [_, (again, _), ..] = mon.fired[..] {
            self.found(3, again, &ports, format!("monitor {no} fired twice"));
        }
        let Some((fired, _)) = mon.fired.first() else { return };
        if mon.cancelled.is_some_and(|cancelled| cancelled < *fired) {
            self.found(3, *fired, &ports, format!("monitor {no} fired after it was cancelled"));
        }
        if let Sender::Port(owner) = mon.by
            && self.record.ports[owner].died.as_ref().is_some_and(|(died, _)| died < fired)
        {
            self.found(3, *fired, &ports, format!("monitor {no} fired after its owner died"));
        }
    }

    /// At each rest everything that was to fire has.
    fn fires_always(&mut self, no: MonNo) {
        let mon = &self.record.mons[no];
        let Some(end) = self.end_of(mon) else { return };
        let since = self.time(end.max(mon.made));
        let rest = self.record.settled.iter().copied().find(|rest| {
            let rest = self.time(*rest);
            let calm = self.calm(mon.on, self.host_of(mon.target), since, rest);
            rest >= since + if calm { self.quiet } else { self.healing }
        });
        let Some(rest) = rest.filter(|_| !self.ended_normally(mon.target, mon.form)) else {
            return;
        };
        if mon.ended() > rest && self.listens(mon.by, mon.on, rest) {
            let text = format!("monitor {no} has not fired though its port is dead");
            self.found(3, rest, &mon.parties(), text);
        }
    }

    /// Whether a link to the port may end without anybody noticing.
    fn ended_normally(&self, port: usize, form: Form) -> bool {
        let died = self.record.ports[port].died.as_ref();
        form == Form::Link && died.is_some_and(|(_, reason)| reason.is_normal())
    }

    /// 4: with a reason that has a cause.
    fn has_a_reason(&mut self, no: MonNo) {
        let mon = &self.record.mons[no];
        let Some((fired, reason)) = mon.fired.first() else { return };
        if let Err(doubt) = self.explain(mon.on, mon.by, mon.target, mon.made, *fired, reason) {
            let text = format!("monitor {no} fired with \"{reason}\": {doubt}");
            self.found(4, *fired, &mon.parties(), text);
        }
    }

    /// 5: what the port said before it died came before the news of its death.
    fn comes_after_the_words(&mut self, no: MonNo) {
        let mon = &self.record.mons[no];
        let (Sender::Port(owner), Some((fired, reason))) = (mon.by, mon.fired.first()) else {
            return;
        };
        if [kind::TRANSPORT_ERROR, kind::OVERFLOW].contains(&reason.kind()) {
            return;
        }
        let (from, to) = (self.time(mon.made), self.time(*fired));
        let calm = self.calm(mon.on, self.host_of(mon.target), from, to);
        let words = self.streams.get(&(Sender::Port(mon.target), owner));
        let late = words.into_iter().flatten().find(|word| {
            let word = &self.record.words[**word];
            match word.delivered.first() {
                Some(delivered) => delivered > fired,
                None => calm && word.sent > mon.made && self.was_heard_for(owner, *fired),
            }
        });
        if let Some(word) = late.copied() {
            let text = format!("word {word} did not come before the news that its sender is dead");
            self.found(5, *fired, &mon.parties(), text);
        }
    }

    /// Whether the port still lived after that moment; else it may have left something unread.
    fn was_heard_for(&self, port: usize, moment: Moment) -> bool {
        self.alive(port, moment)
    }
}
