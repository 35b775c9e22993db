//! The watches on one port.

/// Names one watch within its node.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct WatchId(pub(crate) u64);

/// The watches on one port, in the order they were made. An empty list holds no memory, since
/// most ports are never watched.
pub(crate) struct Watchers<W> {
    /// Boxed, so that a port without watches holds one word.
    #[expect(clippy::box_collection)]
    list: Option<Box<Vec<(WatchId, W)>>>,
}

impl<W> Default for Watchers<W> {
    fn default() -> Self {
        Self { list: None }
    }
}

impl<W> Watchers<W> {
    pub(crate) fn add(&mut self, id: WatchId, watch: W) {
        self.list.get_or_insert_default().push((id, watch));
    }

    /// Takes one watch out; `None` when it fired or was removed before.
    pub(crate) fn remove(&mut self, id: WatchId) -> Option<W> {
        let list = self.list.as_mut()?;
        let index = list.iter().position(|(other, _)| *other == id)?;
        let (_, watch) = list.remove(index);
        if list.is_empty() {
            self.list = None;
        }
        Some(watch)
    }

    /// Takes all out, in the order they were made.
    pub(crate) fn take_all(&mut self) -> Vec<W> {
        self.list.take().map(|list| list.into_iter().map(|(_, w)| w).collect()).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.as_ref().map_or(0, |list| list.len())
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
        assert_eq!(watchers.take_all(), [0, 1, 3]);
        assert_eq!(watchers.take_all(), [0; 0]);
        assert!(watchers.is_empty());
        assert_eq!(watchers.remove(WatchId(0)), None);
    }
}
