//! The watches of this node on the ports of one other node.

use std::collections::BTreeMap;

use super::watchers::{WatchId, Watchers};
use crate::id::PortName;

/// Watches by the name of the watched port.
///
/// The other node is asked once for each port (`mon1`), however many watch it here, and told to
/// forget (`mon0`) when the last watch goes: [`add`](Self::add) and [`remove`](Self::remove) say
/// when.
pub(crate) struct RemoteWatches<W> {
    ports: BTreeMap<PortName, Watchers<W>>,
}

/// What [`RemoteWatches::remove`] did.
pub(crate) struct Removed<W> {
    /// The watch, unless it had fired or been removed before.
    pub(crate) watch: Option<W>,
    /// It was the last on its port: the other node is to be told `mon0`.
    pub(crate) last: bool,
}

impl<W> Default for RemoteWatches<W> {
    fn default() -> Self {
        Self { ports: BTreeMap::new() }
    }
}

impl<W> RemoteWatches<W> {
    /// Adds a watch; true when it is the first on its port: the other node is to be told `mon1`.
    pub(crate) fn add(&mut self, port: &PortName, id: WatchId, watch: W) -> bool {
        let watchers = self.ports.entry(port.clone()).or_default();
        let first = watchers.is_empty();
        watchers.add(id, watch);
        first
    }

    pub(crate) fn remove(&mut self, port: &str, id: WatchId) -> Removed<W> {
        let Some(watchers) = self.ports.get_mut(port) else {
            return Removed { watch: None, last: false };
        };
        let watch = watchers.remove(id);
        let last = watchers.is_empty();
        if last {
            self.ports.remove(port);
        }
        Removed { watch, last }
    }

    /// The port died: its watches, to be fired.
    pub(crate) fn died(&mut self, port: &str) -> Vec<W> {
        self.ports.remove(port).map(|mut watchers| watchers.take_all()).unwrap_or_default()
    }

    /// The connection is gone: all watches, to be fired.
    pub(crate) fn lost(&mut self) -> Vec<W> {
        let ports = std::mem::take(&mut self.ports);
        ports.into_values().flat_map(|mut watchers| watchers.take_all()).collect()
    }

    /// How many watches there are.
    pub(crate) fn len(&self) -> usize {
        self.counts().map(|(_, count)| count).sum()
    }

    /// How many there are on each port.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&PortName, usize)> {
        self.ports.iter().map(|(port, watchers)| (port, watchers.len()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_once_and_forgets_once() {
        let mut watches = RemoteWatches::default();
        let port = PortName::new("a.1");
        assert!(watches.add(&port, WatchId(1), "one"));
        assert!(!watches.add(&port, WatchId(2), "two"));
        let removed = watches.remove("a.1", WatchId(1));
        assert!(removed.watch == Some("one") && !removed.last);
        let removed = watches.remove("a.1", WatchId(2));
        assert!(removed.watch == Some("two") && removed.last);
        let removed = watches.remove("a.1", WatchId(2));
        assert!(removed.watch.is_none() && !removed.last);
        assert!(watches.is_empty());
    }

    #[test]
    fn a_death_and_a_lost_connection_never_fire_the_same_watch() {
        let mut watches = RemoteWatches::default();
        watches.add(&PortName::new("a.1"), WatchId(1), "one");
        watches.add(&PortName::new("a.2"), WatchId(2), "two");
        assert_eq!(watches.died("a.1"), ["one"]);
        assert_eq!(watches.died("a.1"), [""; 0]);
        assert_eq!(watches.lost(), ["two"]);
        assert_eq!(watches.lost(), [""; 0]);
    }
}
