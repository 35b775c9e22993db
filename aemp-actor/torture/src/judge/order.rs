//! Guarantees 1, 2 and 6: what one sender sends to one port.

use std::collections::BTreeMap;

use super::Judge;
use crate::record::{Moment, MonNo, PortNo, Sender, WordKind, WordNo};

impl Judge<'_> {
    pub(super) fn order(&mut self) {
        let mut watches: BTreeMap<(Sender, PortNo), Vec<MonNo>> = BTreeMap::new();
        for (no, mon) in self.record.mons.iter().enumerate() {
            watches.entry((mon.by, mon.target)).or_default().push(no);
        }
        let streams = std::mem::take(&mut self.streams);
        for (pair, words) in &streams {
            let watches = watches.get(pair).map(Vec::as_slice).unwrap_or_default();
            self.stays_in_order(words);
            self.has_no_silent_hole(words, watches);
            self.kills_keep_their_place(words);
            for word in words {
                self.arrives_in_peace(*word);
            }
        }
        self.streams = streams;
    }

    /// 1: in the order it was sent, nothing twice; 6: nothing after the end.
    fn stays_in_order(&mut self, words: &[WordNo]) {
        let mut latest: Option<(Moment, WordNo)> = None;
        for no in words {
            let word = &self.record.words[*no];
            let ports = word.parties();
            let end = self.record.ports[word.to].died.as_ref().map(|(died, _)| *died);
            if let [_, again, ..] = word.delivered[..] {
                self.found(1, again, &ports, format!("word {no} was delivered twice"));
            }
            let Some(first) = word.delivered.first().copied() else { continue };
            if let Some((before, other)) = latest.filter(|(before, _)| *before > first) {
                let text = format!("word {no}, sent after word {other}, was delivered before it");
                self.found(1, before, &ports, text);
            }
            if end.is_some_and(|end| end < first) {
                self.found(6, first, &ports, format!("word {no} came after its port had died"));
            }
            latest = latest.max(Some((first, *no)));
        }
    }

    /// 2: after one that was lost nothing arrives until the monitors have fired that its sender
    /// held.
    fn has_no_silent_hole(&mut self, words: &[WordNo], watches: &[MonNo]) {
        for (index, lost) in words.iter().enumerate() {
            let word = &self.record.words[*lost];
            if !word.delivered.is_empty() {
                continue;
            }
            // The last moment at which a monitor was still held that was held then.
            let held = watches.iter().filter_map(|mon| {
                let mon = &self.record.mons[*mon];
                let ended = mon.ended();
                (mon.made < word.sent && ended > word.sent).then_some(ended)
            });
            let Some(until) = held.max() else { continue };
            let later = words[index + 1..].iter().find(|later| {
                let later = &self.record.words[**later];
                later.done <= until && !later.delivered.is_empty()
            });
            if let Some(later) = later {
                let moment = self.record.words[*later].delivered[0];
                let text =
                    format!("word {lost} was lost, word {later} arrived, and no monitor had fired");
                self.found(2, moment, &word.parties(), text);
                return;
            }
        }
    }

    /// 6: what was sent before a kill came before it, unless a connection was lost.
    fn kills_keep_their_place(&mut self, words: &[WordNo]) {
        let killed = |word: &&WordNo| {
            let word = &self.record.words[**word];
            word.kind == WordKind::Kill && !word.delivered.is_empty()
        };
        let Some(kill) = words.iter().find(killed) else { return };
        let end = &self.record.words[*kill];
        let lost = words.iter().take_while(|word| *word < kill).find(|word| {
            let word = &self.record.words[**word];
            let (from, to) = (self.time(word.sent), self.time(end.sent));
            let known = self.record.ports[word.to].born.is_some_and(|born| born < word.sent);
            let calm = self.calm(word.on, self.host_of(word.to), from, to);
            word.delivered.is_empty() && known && calm
        });
        if let Some(lost) = lost {
            let text = format!("word {lost}, sent before kill {kill}, did not come before it");
            self.found(6, end.delivered[0], &end.parties(), text);
        }
    }

    /// Where nothing was wrong nothing is lost.
    fn arrives_in_peace(&mut self, no: WordNo) {
        let word = &self.record.words[no];
        let Some(rest) = self.record.settled.get(1).copied() else { return };
        let sent = self.time(word.sent);
        let early = sent + self.quiet <= self.time(rest);
        if !word.delivered.is_empty() || word.kind == WordKind::Kill || !early {
            return;
        }
        let served = self.alive(word.to, rest) && !self.node_ended(word.on, word.sent);
        let calm = self.calm(word.on, self.host_of(word.to), sent, sent + self.quiet);
        if served && calm && self.is_known(no) {
            let text = format!("word {no} was lost though nothing was wrong");
            self.found(2, word.sent, &word.parties(), text);
        }
    }

    /// Whether the port was there for this sender: it made or spawned it, or heard of it after its
    /// birth.
    fn is_known(&self, no: WordNo) -> bool {
        let word = &self.record.words[no];
        let born = self.record.ports[word.to].born;
        let spawner = self.spawned.get(&word.to).map(|(by, _)| *by);
        born.is_some_and(|born| born < word.sent) || spawner == Some(word.by)
    }
}
