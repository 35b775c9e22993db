//! The watches on one port.

/// Names one watch within its node.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct WatchId(pub(crate) u64);

/// The watches on one port, in the order they were made, which is that of their IDs. An empty list
/// holds no memory, since most ports are never watched.
pub(crate) struct Watchers<W> {
    /// Boxed, so that a port without watches holds one word.
    list: Option<Box<List<W>>>,
}

/// Sorted by ID. What is removed leaves a gap, and gaps are closed when they are the majority: so
/// that removing costs a search, whichever watch it is.
struct List<W> {
    entries: Vec<(WatchId, Option<W>)>,
    gaps: usize,
}

impl<W> Default for Watchers<W> {
    fn default() -> Self {
        Self { list: None }
    }
}

impl<W> Default for List<W> {
    fn default() -> Self {
        Self { entries: Vec::new(), gaps: 0 }
    }
}

impl<W> Watchers<W> {
    /// Adds a watch. IDs grow, but those of two threads may come in the other order.
    pub(crate) fn add(&mut self, id: WatchId, watch: W) {
        let entries = &mut self.list.get_or_insert_default().entries;
        let place = match entries.last() {
            Some((last, _)) if *last > id => entries.partition_point(|(other, _)| *other < id),
            _ => entries.len(),
        };
        entries.insert(place, (id, Some(watch)));
    }

    /// Takes one watch out; `None` when it fired or was removed before.
    pub(crate) fn remove(&mut self, id: WatchId) -> Option<W> {
        let list = self.list.as_mut()?;
        let index = list.entries.binary_search_by_key(&id, |(other, _)| *other).ok()?;
        let watch = list.entries[index].1.take()?;
        list.gaps += 1;
        if list.gaps == list.entries.len() {
            self.list = None;
        } else if list.gaps > list.entries.len() / 2 {
            list.entries.retain(|(_, watch)| watch.is_some());
            list.gaps = 0;
        }
        Some(watch)
    }

    /// Takes all out, in the order they were made.
    pub(crate) fn take_all(&mut self) -> Vec<W> {
        let Some(list) = self.list.take() else { return Vec::new() };
        list.entries.into_iter().filter_map(|(_, watch)| watch).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.as_ref().map_or(0, |list| list.entries.len() - list.gaps)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_watch_comes_out_once() {
        let mut watchers = Watchers::default();
        for n in 0..4 {
            watchers.add(WatchId(n), n);
        }
        assert_eq!(watchers.remove(WatchId(2)), Some(2));
        assert_eq!(watchers.remove(WatchId(2)), None);
        assert_eq!(watchers.len(), 3);
        assert_eq!(watchers.take_all(), [0, 1, 3]);
        assert_eq!(watchers.take_all(), [0; 0]);
        assert!(watchers.is_empty());
        assert_eq!(watchers.remove(WatchId(0)), None);
    }

    #[test]
    fn they_are_sorted_whatever_order_they_come_in() {
        let mut watchers = Watchers::default();
        for n in [5, 3, 1 << 63, 4, 9, 2] {
            watchers.add(WatchId(n), n);
        }
        for n in [3, 5, 9, 4] {
            assert_eq!(watchers.remove(WatchId(n)), Some(n));
            assert_eq!(watchers.remove(WatchId(n)), None);
        }
        watchers.add(WatchId(3), 3);
        assert_eq!(watchers.take_all(), [2, 3, 1 << 63]);
    }

    /// Half a minute in an unoptimised build, if each removal moved all that come behind.
    #[test]
    fn many_are_removed_in_any_order() {
        const COUNT: u64 = 200_000;
        for reversed in [false, true] {
            let mut watchers = Watchers::default();
            (0..COUNT).for_each(|n| watchers.add(WatchId(n), n));
            for n in 0..COUNT - 1 {
                let n = if reversed { COUNT - 1 - n } else { n };
                assert_eq!(watchers.remove(WatchId(n)), Some(n));
            }
            assert_eq!((watchers.len(), watchers.is_empty()), (1, false));
        }
    }
}
