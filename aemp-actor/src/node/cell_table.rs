//! Cells by the names that they have themselves: an entry is one pointer, not a name and a pointer,
//! which matters with millions of ports.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::RwLock;

use crate::port::AnyCell;

/// How many parts the table has, each behind a lock of its own: some times the cores of usual machines, so
/// that two of them rarely want the same part, and few enough that an empty table stays small.
const SHARDS: usize = 64;

/// The ports of a node by name, in parts that are locked one by one. Locks are held for one look-up, or
/// for the copy of one part.
pub(super) struct CellTable {
    /// Drawn for each table: names are chosen by other nodes, too.
    hasher: RandomState,
    shards: Box<[RwLock<Shard>]>,
    len: AtomicUsize,
}

type Shard = HashTable<Arc<dyn AnyCell>>;

impl Default for CellTable {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            len: AtomicUsize::new(0),
        }
    }
}

impl CellTable {
    /// Adds a cell; false, and nothing is added, when the name is taken.
    pub(super) fn insert(&self, cell: Arc<dyn AnyCell>) -> bool {
        let hash = self.hash(cell.name());
        let mut shard = self.shard(hash).write();
        let same = |other: &Arc<dyn AnyCell>| other.name() == cell.name();
        match shard.entry(hash, same, |other| self.hash(other.name())) {
            Entry::Occupied(_) => false,
            Entry::Vacant(slot) => {
                slot.insert(cell);
                self.len.fetch_add(1, Ordering::Relaxed);
                true
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<Arc<dyn AnyCell>> {
        let hash = self.hash(name);
        self.shard(hash).read().find(hash, |cell| cell.name() == name).cloned()
    }

    /// Whether there was one.
    pub(super) fn remove(&self, name: &str) -> bool {
        let hash = self.hash(name);
        let mut shard = self.shard(hash).write();
        let Ok(entry) = shard.find_entry(hash, |cell| cell.name() == name) else { return false };
        let (cell, _) = entry.remove();
        self.len.fetch_sub(1, Ordering::Relaxed);
        drop(shard);
        // Outside of the lock: it may be the last handle.
        drop(cell);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// All cells, part by part: one that is added or removed meanwhile may be missed.
    pub(super) fn all(&self) -> Vec<Arc<dyn AnyCell>> {
        self.parts().flatten().collect()
    }

    /// The same, one part of the table at a time: the only lock is held while a part is copied.
    pub(super) fn parts(&self) -> impl Iterator<Item = Vec<Arc<dyn AnyCell>>> {
        self.shards.iter().map(|shard| shard.read().iter().cloned().collect())
    }

    fn hash(&self, name: &str) -> u64 {
        self.hasher.hash_one(name)
    }

    /// The table in the shard uses the highest seven and the lowest bits: others choose the shard.
    fn shard(&self, hash: u64) -> &RwLock<Shard> {
        &self.shards[(hash >> 48) as usize % SHARDS]
    }
}
