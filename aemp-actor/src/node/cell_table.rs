//! Cells by the names that they have themselves: an entry is one pointer, not a name and a pointer,
//! which matters with millions of ports.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::RwLock;

use crate::id::REPLY_END;
use crate::port::AnyCell;

/// How many parts the table has, each behind a lock of its own: some times the cores of usual machines, so
/// that two of them rarely want the same part, and few enough that an empty table stays small.
const SHARDS: usize = 64;

/// The ports of a node by name, in parts that are locked one by one. Locks are held for one look-up, or
/// for the copy of one part.
pub(super) struct CellTable {
    /// Drawn for each table: names are chosen by other nodes, too.
    hasher: RandomState,
    /// What names begin with that this node draws, each with a number behind it.
    prefix: String,
    /// By which the numbers are mixed.
    keys: [u64; 2],
    shards: Box<[RwLock<Shard>]>,
    len: AtomicUsize,
}

/// Digits of the highest number.
const MOST_DIGITS: usize = 13;

type Shard = HashTable<Arc<dyn AnyCell>>;

impl CellTable {
    /// For a node that draws names of this prefix.
    pub(super) fn new(prefix: &str) -> Self {
        let hasher = RandomState::new();
        Self {
            keys: [0, 1].map(|key| hasher.hash_one(key) | 1),
            hasher,
            prefix: prefix.to_owned(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            len: AtomicUsize::new(0),
        }
    }

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

    /// A name that this node draws, as those of nearly all ports are, hashes by its number.
    fn hash(&self, name: &str) -> u64 {
        let Some(number) = name.strip_prefix(&self.prefix).and_then(number) else {
            return self.hasher.hash_one(name);
        };
        self.mix(number)
    }

    /// Twice: with some keys, numbers at equal distances collide after one multiplication.
    fn mix(&self, number: u64) -> u64 {
        let once = folded_product(number ^ self.keys[0], self.keys[1]);
        folded_product(once ^ self.keys[1], self.keys[0])
    }

    /// The table in the shard uses the highest seven and the lowest bits: others choose the shard.
    fn shard(&self, hash: u64) -> &RwLock<Shard> {
        &self.shards[(hash >> 48) as usize % SHARDS]
    }
}

fn folded_product(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product >> 64) as u64 ^ product as u64
}

/// The number behind the prefix of a name, as it is drawn: two names have the same only if one of them is that
/// of a reply port, or has zeros in front.
fn number(digits: &str) -> Option<u64> {
    let digits = digits.strip_suffix(REPLY_END).unwrap_or(digits).as_bytes();
    if digits.is_empty() || digits.len() > MOST_DIGITS {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'v' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 5 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a node draws them, and as others may write them.
    #[test]
    fn names_hash_by_their_number() {
        assert_eq!(["0", "v", "10", "1v?"].map(number), [0, 31, 32, 63].map(Some));
        for bad in ["", "?", "w", "A", "1-", "1??", "00000000000000"] {
            assert_eq!(number(bad), None, "{bad}");
        }
        assert_eq!(number("fvvvvvvvvvvvv"), Some(u64::MAX));
        for _ in 0..100 {
            let table = CellTable::new("p.");
            let numbers = (0..10_000_u64).chain((14..44).map(|bit| 1 << bit)).map(|n| n << 20);
            let mut buckets = vec![0; 0x1000];
            numbers.for_each(|number| buckets[(table.mix(number) & 0xfff) as usize] += 1);
            assert!(buckets.iter().all(|count| *count < 24), "{:?}: numbers collide", table.keys);
        }
    }
}
