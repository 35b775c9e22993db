//! Ports that were on the screen: they can be completed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;

use aemp_actor::{NodeId, PortId};

/// How many ports are remembered: the latest.
const REMEMBERED: usize = 1000;

/// Ports that were typed or printed. Cheap to clone; clones share the ports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Ports>>);

impl Seen {
    /// Remembers the port IDs in a text.
    pub(crate) fn read(&self, text: &str) {
        if !text.contains('#') {
            return;
        }
        let mut ports = self.0.lock();
        for word in text.split(|c: char| c.is_whitespace() || "\"',[]{}()".contains(c)) {
            let word = word.trim_end_matches([':', ';', '.']);
            if looks_like_port(word) {
                ports.add(word, REMEMBERED);
            }
        }
    }

    /// A port that is dead is no longer proposed.
    pub(crate) fn forget(&self, port: &PortId) {
        self.0.lock().remove(&port.to_string());
    }

    pub(crate) fn ports(&self) -> Vec<String> {
        self.0.lock().turns.keys().cloned().collect()
    }
}

/// The ports, each with the turn at which it was last seen.
#[derive(Debug, Default)]
struct Ports {
    turns: HashMap<String, u64>,
    by_turn: BTreeMap<u64, String>,
    next: u64,
}

impl Ports {
    fn add(&mut self, port: &str, limit: usize) {
        self.remove(port);
        self.turns.insert(port.to_owned(), self.next);
        self.by_turn.insert(self.next, port.to_owned());
        self.next += 1;
        while self.turns.len() > limit
            && let Some((_, oldest)) = self.by_turn.pop_first()
        {
            self.turns.remove(&oldest);
        }
    }

    fn remove(&mut self, port: &str) {
        if let Some(turn) = self.turns.remove(port) {
            self.by_turn.remove(&turn);
        }
    }
}

/// Whether a word has the shape `NODE#PORT`.
fn looks_like_port(word: &str) -> bool {
    word.split_once('#').is_some_and(|(node, port)| {
        !port.is_empty() && node.parse::<NodeId>().is_ok() && !port.contains('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(seen: &Seen) -> Vec<String> {
        let mut ports = seen.ports();
        ports.sort();
        ports
    }

    #[test]
    fn ports_are_found_in_what_is_printed() {
        let seen = Seen::default();
        seen.read("⇒ \"hello\",[\"alpha#x.1\",7],{\"from\":\"beta#y\"}");
        seen.read("[1] gamma#z died: bye");
        seen.read("#half # a#b#c nothing");
        assert_eq!(sorted(&seen), ["alpha#x.1", "beta#y", "gamma#z"]);
        seen.forget(&"beta#y".parse().expect("a port ID"));
        assert_eq!(sorted(&seen), ["alpha#x.1", "gamma#z"]);
    }

    #[test]
    fn the_latest_are_remembered() {
        let mut ports = Ports::default();
        for port in ["a#1", "a#2", "a#1", "a#3", "a#4"] {
            ports.add(port, 3);
        }
        let left: Vec<&str> = ports.by_turn.values().map(String::as_str).collect();
        assert_eq!(left, ["a#1", "a#3", "a#4"]);
        assert_eq!(ports.turns.len(), 3);
    }
}
