//! The handle on a [`Record`]: whoever does or sees something says so here.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::sim::Journal;
use aemp_actor::{NodeId, PortId, Reason};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::record::{
    Answer, CalEntry, CalNo, Disturbance, Event, Form, Moment, MonEntry, MonNo, NodeEntry, NodeNo,
    PortEntry, PortKind, PortNo, Record, Sender, What, WordEntry, WordKind, WordNo, pair,
};

/// Writes the record of a run. What the remains of a crashed node say is ignored.
#[derive(Clone)]
pub(super) struct Log {
    begun: Instant,
    journal: Journal,
    record: Arc<Mutex<Record>>,
}

impl Log {
    pub(super) fn new(journal: Journal) -> Self {
        Self { begun: Instant::now(), journal, record: Arc::default() }
    }

    pub(super) fn read<R>(&self, read: impl FnOnce(&Record) -> R) -> R {
        read(&self.record.lock())
    }

    pub(super) fn write<R>(&self, write: impl FnOnce(&mut Record) -> R) -> R {
        write(&mut self.record.lock())
    }

    pub(super) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn event(&self, record: &mut Record, what: What) -> Moment {
        record.events.push(Event { at: self.now(), line: self.journal.len(), what });
        record.events.len() - 1
    }

    pub(super) fn note(&self, text: impl Into<String>) {
        self.write(|record| self.event(record, What::Note(text.into())));
    }

    /// Guarantee `number` is broken.
    pub(super) fn broken(&self, number: u8, text: impl Into<String>) {
        self.write(|record| self.event(record, What::Broken(number, text.into())));
    }

    pub(super) fn settled(&self) {
        self.write(|record| {
            let moment = self.event(record, What::Settled);
            record.settled.push(moment);
        });
    }

    pub(super) fn boot(&self, host: &str) -> NodeNo {
        self.write(|record| {
            let no = record.nodes.len();
            let (ended, crashed, farewell) = (None, false, None);
            record.nodes.push(NodeEntry { host: host.to_owned(), ended, crashed, farewell });
            self.event(record, What::Boot(no));
            no
        })
    }

    pub(super) fn crash(&self, node: NodeNo) {
        self.write(|record| {
            let moment = self.event(record, What::Crash(node));
            record.nodes[node].ended.get_or_insert(moment);
            record.nodes[node].crashed = true;
        });
    }

    pub(super) fn shutdown(&self, node: NodeNo, deadline: Duration) {
        self.write(|record| {
            let moment = self.event(record, What::Shutdown(node));
            record.nodes[node].ended.get_or_insert(moment);
            record.nodes[node].farewell = Some(deadline);
        });
    }

    pub(super) fn shutdown_done(&self, node: NodeNo) {
        self.write(|record| self.event(record, What::ShutdownDone(node)));
    }

    /// The number of a port ID, a new one if it was not heard of before.
    pub(super) fn port(&self, id: &PortId, kind: PortKind, node: Option<NodeNo>) -> PortNo {
        self.write(|record| {
            if let Some(no) = record.port_numbers.get(id) {
                return *no;
            }
            let no = record.ports.len();
            record.port_numbers.insert(id.clone(), no);
            let id = id.clone();
            record.ports.push(PortEntry::new(id, node, kind));
            no
        })
    }

    /// A port that is about to be spawned: its ID is not known yet.
    pub(super) fn port_to_be(&self, kind: PortKind, node: Option<NodeNo>) -> PortNo {
        self.write(|record| {
            let id = PortId::of_node(NodeId::from(""));
            record.ports.push(PortEntry::new(id, node, kind));
            record.ports.len() - 1
        })
    }

    /// The ID that the port was given.
    pub(super) fn named(&self, port: PortNo, id: &PortId) {
        self.write(|record| {
            record.ports[port].id = id.clone();
            if record.port_numbers.insert(id.clone(), port).is_some() {
                let text = format!("the name of port p{port}, {id}, is used again");
                self.event(record, What::Broken(9, text));
            }
        });
    }

    /// The port lives from now on, on that node.
    pub(super) fn born(&self, port: PortNo, node: NodeNo) {
        self.write(|record| {
            if record.is_crashed(node) {
                return;
            }
            let moment = self.event(record, What::Born(port));
            let again = record.ports[port].born.replace(moment).is_some();
            record.ports[port].node = Some(node);
            if again {
                let text = format!("the name of port p{port} is used again");
                self.event(record, What::Broken(9, text));
            }
        });
    }

    /// The port has died; so much that nobody had said to it waited in its mailbox at the most.
    pub(super) fn died(&self, port: PortNo, node: NodeNo, reason: &Reason, posted: usize) {
        self.write(|record| {
            if record.is_crashed(node) {
                return;
            }
            let moment = self.event(record, What::Died(port, reason.clone()));
            record.ports[port].posted = posted;
            if record.ports[port].died.replace((moment, reason.clone())).is_some() {
                let text = format!("port p{port} died twice");
                self.event(record, What::Broken(3, text));
            }
            if let Some(word) = kill_of(reason)
                && record.words.get(word).is_some_and(|word| word.to == port)
            {
                record.words[word].delivered.push(moment);
            }
        });
    }

    /// A port is about to end itself.
    pub(super) fn resigned(&self, port: PortNo) {
        self.write(|record| record.ports[port].resigned = true);
    }

    pub(super) fn dropped(&self, port: PortNo, node: NodeNo) {
        self.write(|record| {
            if !record.is_crashed(node) {
                let moment = self.event(record, What::Dropped(port));
                record.ports[port].dropped.get_or_insert(moment);
            }
        });
    }

    pub(super) fn sent(&self, by: Sender, on: NodeNo, to: PortNo, kind: WordKind) -> WordNo {
        self.write(|record| {
            let no = record.words.len();
            let sent = self.event(record, What::Sent(no));
            record.words.push(WordEntry {
                by,
                on,
                to,
                kind,
                names: None,
                sent,
                done: sent + 1,
                delivered: Vec::new(),
            });
            no
        })
    }

    /// The word is on its way.
    pub(super) fn done(&self, word: WordNo) {
        self.write(|record| record.words[word].done = record.events.len());
    }

    /// The word was not sent after all.
    pub(super) fn unsent(&self, word: WordNo) {
        self.write(|record| record.words[word].kind = WordKind::Unsent);
    }

    pub(super) fn delivered(&self, port: PortNo, node: NodeNo, word: WordNo) {
        self.write(|record| {
            if record.is_crashed(node) {
                return;
            }
            let moment = self.event(record, What::Delivered(word));
            match record.words.get_mut(word) {
                Some(entry) if entry.to == port => entry.delivered.push(moment),
                _ => {
                    let text = format!("p{port} was given word {word}, which is not for it");
                    self.event(record, What::Broken(1, text));
                }
            }
        });
    }

    pub(super) fn monitored(&self, by: Sender, on: NodeNo, target: PortNo, form: Form) -> MonNo {
        self.write(|record| {
            let no = record.mons.len();
            let made = self.event(record, What::Monitored(no));
            let (cancelled, fired) = (None, Vec::new());
            record.mons.push(MonEntry { by, on, target, form, made, cancelled, fired });
            no
        })
    }

    pub(super) fn cancelled(&self, mon: MonNo) {
        self.write(|record| {
            let moment = self.event(record, What::Cancelled(mon));
            record.mons[mon].cancelled.get_or_insert(moment);
        });
    }

    pub(super) fn fired(&self, mon: MonNo, reason: &Reason) {
        self.write(|record| {
            if !record.is_crashed(record.mons[mon].on) {
                let moment = self.event(record, What::Fired(mon, reason.clone()));
                record.mons[mon].fired.push((moment, reason.clone()));
            }
        });
    }

    pub(super) fn called(
        &self,
        by: Sender,
        on: NodeNo,
        target: PortNo,
        timeout: Duration,
    ) -> CalNo {
        self.write(|record| {
            let no = record.cals.len();
            let called = self.event(record, What::Called(no));
            let (forwarded, answered) = (Vec::new(), Vec::new());
            record.cals.push(CalEntry { by, on, target, timeout, called, forwarded, answered });
            no
        })
    }

    /// Who was asked leaves the answer to another port.
    pub(super) fn forwarded(&self, cal: CalNo, on: NodeNo, to: PortNo) {
        self.write(|record| record.cals[cal].forwarded.push((on, to)));
    }

    pub(super) fn answered(&self, cal: CalNo, answer: Answer) {
        self.write(|record| {
            if !record.is_crashed(record.cals[cal].on) {
                let moment = self.event(record, What::Answered(cal, answer.clone()));
                record.cals[cal].answered.push((moment, answer));
            }
        });
    }

    pub(super) fn up(&self, node: NodeNo, other: &str, relayed: bool) {
        self.write(|record| {
            if !record.is_crashed(node) {
                if relayed {
                    let host = record.host(node).to_owned();
                    record.relayed.insert(pair(&host, other));
                }
                self.event(record, What::Up(node, other.to_owned()));
            }
        });
    }

    pub(super) fn down(&self, node: NodeNo, other: &str, reason: &Reason) {
        self.write(|record| {
            if !record.is_crashed(node) {
                self.event(record, What::Down(node, other.to_owned(), reason.clone()));
            }
        });
    }

    /// Something is wrong between two hosts from now on.
    pub(super) fn disturb(&self, a: &str, b: &str) {
        let (begin, hosts) = (self.now(), (a.to_owned(), b.to_owned()));
        self.write(|record| record.disturbances.push(Disturbance { hosts, begin, end: None }));
    }

    /// Something is wrong between two hosts at this moment only.
    pub(super) fn glitch(&self, a: &str, b: &str) {
        let (begin, hosts) = (self.now(), (a.to_owned(), b.to_owned()));
        let glitch = Disturbance { hosts, begin, end: Some(begin) };
        self.write(|record| record.disturbances.push(glitch));
        self.note(format!("a connection of {a} and {b} is broken off"));
    }

    /// Whatever was wrong between two hosts is over.
    pub(super) fn calm(&self, a: &str, b: &str) {
        let now = self.now();
        self.write(|record| {
            for disturbance in &mut record.disturbances {
                if disturbance.joins(a, b) {
                    disturbance.end.get_or_insert(now);
                }
            }
        });
    }
}

impl Disturbance {
    pub(super) fn joins(&self, a: &str, b: &str) -> bool {
        let (x, y) = (self.hosts.0.as_str(), self.hosts.1.as_str());
        (x, y) == (a, b) || (x, y) == (b, a)
    }
}

/// The reason of a kill, which names it.
pub(super) fn kill_reason(word: WordNo) -> Reason {
    Reason::from(("killed", word as u64))
}

/// The kill that a reason names.
pub(super) fn kill_of(reason: &Reason) -> Option<WordNo> {
    (reason.kind() == "killed").then(|| reason.text().parse().ok()).flatten()
}
