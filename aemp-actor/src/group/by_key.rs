//! Which member has a key: rendezvous hashing, also called highest random weight.
//!
//! Each pair of key and member has a weight, and the member with the highest one has the key. So all nodes that
//! know the same members choose the same one, whatever came before; a member that leaves gives up its own keys and
//! no other moves; one that joins takes its share, and no other key moves. The weights are part of what nodes of
//! different versions have in common: they are made of FNV-1a and the finaliser of SplitMix64, and do not change.

use crate::id::PortId;

/// The hash of a key.
pub(super) fn hash(key: &[u8]) -> u64 {
    mix(add(BASIS, key))
}

/// The member with the highest weight; with the lowest ID of several that have it.
pub(super) fn pick<'a>(key: u64, members: impl Iterator<Item = &'a PortId>) -> Option<&'a PortId> {
    let weighed = members.map(|port| (weight(key, port), port));
    weighed.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, port)| port)
}

fn weight(key: u64, port: &PortId) -> u64 {
    let node = add(BASIS, port.node().as_str().as_bytes());
    mix(mix(add(add(node, b"#"), port.port().as_bytes())) ^ key)
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, 64 bits.
fn add(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// The finaliser of SplitMix64: FNV leaves the high bits of similar texts alike.
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: usize = 10_000;

    fn members(count: usize) -> Vec<PortId> {
        (0..count).map(|n| format!("node-{}#k2wEu4.{n}", n % 3).as_str().into()).collect()
    }

    fn places(members: &[PortId]) -> Vec<PortId> {
        let place = |n: usize| pick(hash(format!("user-{n}").as_bytes()), members.iter());
        (0..KEYS).map(|n| place(n).expect("there are members").clone()).collect()
    }

    #[test]
    fn nobody_has_a_key_of_an_empty_group() {
        assert_eq!(pick(hash(b"joe"), [].iter()), None);
    }

    /// Nodes of different versions have to agree.
    #[test]
    fn the_weights_do_not_change() {
        assert_eq!(add(BASIS, b"foobar"), 0x8594_4171_f739_67e8, "FNV-1a's own vector");
        assert_eq!(mix(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf, "SplitMix64's first from 0");
        let members = members(5);
        let joe = pick(hash(b"joe"), members.iter());
        assert!(joe.is_some() && joe == pick(hash(b"joe"), members.iter().rev()), "in any order");
    }

    #[test]
    fn keys_are_spread_evenly() {
        let members = members(10);
        let places = places(&members);
        for member in &members {
            let share = places.iter().filter(|place| *place == member).count();
            assert!((850..1150).contains(&share), "{member} has {share} of {KEYS}");
        }
    }

    #[test]
    fn who_leaves_moves_no_key_but_its_own() {
        let all = members(10);
        let before = places(&all);
        for gone in 0..all.len() {
            let left: Vec<PortId> = all.iter().filter(|m| **m != all[gone]).cloned().collect();
            for (was, is) in before.iter().zip(places(&left)) {
                assert!(*was == is || *was == all[gone], "from {was} to {is}");
            }
        }
    }

    #[test]
    fn who_joins_takes_its_share_and_moves_no_other_key() {
        let (before, all) = (places(&members(10)), members(11));
        let after = places(&all);
        let moved: Vec<&PortId> =
            before.iter().zip(&after).filter(|(was, is)| was != is).map(|(_, is)| is).collect();
        assert!(moved.iter().all(|to| **to == all[10]), "only to the new one");
        assert!((750..1070).contains(&moved.len()), "{} of {KEYS} for one of 11", moved.len());
    }
}
