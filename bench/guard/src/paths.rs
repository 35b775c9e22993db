//! The table of hot paths. A new one is a row here, and a function that does it so many times.

use crate::{local, remote};

/// One of them.
pub(crate) struct HotPath {
    /// Its name in the baseline.
    pub(crate) name: &'static str,
    /// The `n` of the two runs, of which one does `n` operations and the other twice as many; a multiple of
    /// 16, among which some share them out.
    pub(crate) count: usize,
    /// Does that many in [`guard_section`](crate::section::guard_section).
    pub(crate) work: fn(usize),
}

/// All of them.
pub(crate) const ALL: [HotPath; 9] = [
    HotPath { name: "typed tell", count: 16_384, work: local::tell },
    HotPath { name: "tell by ID", count: 8192, work: local::tell_by_id },
    HotPath { name: "typed request", count: 4096, work: local::request },
    HotPath { name: "request by ID", count: 8192, work: local::request_by_id },
    HotPath { name: "spawn and kill", count: 32_768, work: local::spawn_and_kill },
    HotPath { name: "monitor and fire", count: 4096, work: local::monitor_and_fire },
    HotPath { name: "group pick", count: 16_000, work: local::group_pick },
    HotPath { name: "encode and queue", count: 16_384, work: remote::encode_and_queue },
    HotPath { name: "decode and deliver", count: 16_384, work: remote::decode_and_deliver },
];

impl HotPath {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        const { &ALL }.iter().find(|path| path.name == name)
    }
}
