//! Rendezvous hashing: who of several has a key, so that little changes when one comes or goes.

use aemp_actor::prelude::*;

/// Those that may have the key, the one that has it first. Without it, the second would have it.
pub(crate) fn ranking<'a>(key: &str, shards: &'a [PortId]) -> Vec<&'a PortId> {
    let mut ranking: Vec<&PortId> = shards.iter().collect();
    ranking.sort_by_cached_key(|shard| std::cmp::Reverse(weight(key, shard.node().as_str())));
    ranking
}

/// The same on all nodes: FNV-1a of both names, whose bits are mixed as those of splitmix64 are.
fn weight(key: &str, node: &str) -> u64 {
    let bytes = node.bytes().chain([0]).chain(key.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
