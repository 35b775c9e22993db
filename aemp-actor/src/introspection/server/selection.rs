//! Which of many ports are told of. Plain data; the ports come from elsewhere.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::introspection::{PortInfo, PortOrder, PortPage};

/// Bytes of names and kinds that an answer may hold.
const BYTES: usize = 1 << 20;

/// The first `most` of many, in memory for so many.
pub(super) struct First<K, T> {
    most: usize,
    kept: BinaryHeap<Entry<K, T>>,
    /// How many were not kept.
    more: u64,
}

struct Entry<K, T> {
    key: K,
    item: T,
}

impl<K: Ord, T> PartialEq for Entry<K, T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<K: Ord, T> Eq for Entry<K, T> {}

impl<K: Ord, T> PartialOrd for Entry<K, T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord, T> Ord for Entry<K, T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl<K: Ord, T> First<K, T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, kept: BinaryHeap::new(), more: 0 }
    }

    /// Whether something with this key would be kept.
    pub(super) fn wants(&self, key: &K) -> bool {
        self.kept.len() < self.most || self.kept.peek().is_some_and(|last| *key < last.key)
    }

    pub(super) fn add(&mut self, key: K, item: T) {
        if !self.wants(&key) {
            self.more += 1;
            return;
        }
        self.kept.push(Entry { key, item });
        if self.kept.len() > self.most {
            self.kept.pop();
            self.more += 1;
        }
    }

    /// The first ones in their order, and how many more there were.
    pub(super) fn into_sorted(self) -> (Vec<T>, u64) {
        let sorted = self.kept.into_sorted_vec();
        (sorted.into_iter().map(|entry| entry.item).collect(), self.more)
    }
}

/// What ports are sorted by: the largest first, then by name.
pub(super) fn key(order: PortOrder, port: &PortInfo) -> (Reverse<u64>, String) {
    let size = match order {
        PortOrder::Name => 0,
        PortOrder::Waiting => port.waiting,
        PortOrder::Bytes => port.bytes,
        PortOrder::Handled => u64::from(port.handled),
    };
    (Reverse(size), port.name.clone())
}

/// The page, cut to a bounded number of bytes.
pub(super) fn page(order: PortOrder, total: u64, mut ports: Vec<PortInfo>, more: u64) -> PortPage {
    let mut bytes = 0;
    let fitting = ports.iter().take_while(|port| {
        bytes += port.name.len() + port.kind.len();
        bytes += port.names.iter().map(String::len).sum::<usize>();
        bytes <= BYTES
    });
    let fitting = fitting.count().max(1);
    let more = more + (ports.len() - fitting.min(ports.len())) as u64;
    ports.truncate(fitting);
    let last = ports.last().filter(|_| more > 0 && order == PortOrder::Name);
    let next = last.map(|port| port.name.clone());
    PortPage { total, ports, more, next }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::introspection::PortState;

    fn port(name: &str, waiting: u64) -> PortInfo {
        PortInfo {
            name: name.into(),
            names: Vec::new(),
            kind: "closure".into(),
            state: PortState::Idle,
            waiting,
            bytes: 0,
            watchers: 0,
            handled: 0,
        }
    }

    #[test]
    fn the_first_are_kept_in_order() {
        let mut first = First::new(3);
        for number in [5, 1, 4, 1, 3, 9, 2] {
            first.add(number, number * 10);
        }
        assert_eq!(first.into_sorted(), (vec![10, 10, 20], 4));
        let mut first = First::new(3);
        first.add(2, "b");
        first.add(1, "a");
        assert_eq!(first.into_sorted(), (vec!["a", "b"], 0));
    }

    #[test]
    fn the_fullest_come_first() {
        let mut ports = [port("b", 2), port("a", 2), port("c", 9), port("d", 0)];
        ports.sort_by_key(|port| key(PortOrder::Waiting, port));
        let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
        assert_eq!(names, ["c", "a", "b", "d"]);
    }

    #[test]
    fn a_page_is_bounded_and_says_where_the_next_begins() {
        let long = "x".repeat(BYTES / 2);
        let ports: Vec<PortInfo> = (0..4).map(|n| port(&format!("{n}{long}"), 0)).collect();
        let cut = page(PortOrder::Name, 4, ports.clone(), 2);
        assert_eq!((cut.ports.len(), cut.more), (1, 5));
        assert_eq!(cut.next.as_deref(), Some(&*ports[0].name));
        assert_eq!(page(PortOrder::Waiting, 4, ports, 1).next, None);
        let whole = page(PortOrder::Name, 2, vec![port("a", 0), port("b", 0)], 0);
        assert_eq!((whole.ports.len(), whole.more, whole.next), (2, 0, None));
        assert_eq!(page(PortOrder::Name, 0, Vec::new(), 0).next, None);
    }
}
