//! MD6-256, the hash of 1.x nodes: 256 bits, no key, tree of any height (L = 64), 104 rounds.
//!
//! Section numbers are those of "The MD6 hash function" (Rivest et al., 2008). Held by recorded
//! hash values; of use for nothing but talking to nodes that know no other hash.

/// Words of a compression's input beside the data: Q, key, U and V (2.4.2).
const HEAD: usize = 25;
/// Words of data in a compression.
const BLOCK: usize = 64;
/// Words of a chaining value.
const CHAIN: usize = 16;
/// Words of a compression's input.
const INPUT: usize = HEAD + BLOCK;
/// 40 + 256 / 4 (2.1.7).
const ROUNDS: usize = 104;
/// Bytes of data in a compression of the lowest level.
const BLOCK_BYTES: usize = BLOCK * 8;

/// The fractional part of the square root of 6 (appendix A).
const Q: [u64; 15] = [
    0x7311_c281_2425_cfa0,
    0x6432_2864_34aa_c8e7,
    0xb604_50e9_ef68_b7c1,
    0xe8fb_2390_8d9f_06f1,
    0xdd2e_76cb_a691_e5bf,
    0x0cd0_d63b_2c30_bc41,
    0x1f8c_cf68_2305_8f8a,
    0x54e5_ed5b_88e3_775d,
    0x4ad1_2aae_0a6d_6031,
    0x3e7f_16bb_8822_2e0d,
    0x8af8_671d_3fb5_0c2c,
    0x995a_d117_8bd2_5c31,
    0xc878_c1dd_04c4_b633,
    0x3b72_066c_7a15_52ac,
    0x0d6f_3522_631e_ffcb,
];

/// Right and left shifts of the sixteen steps of a round (2.4.5).
const SHIFTS: [(u32, u32); 16] = [
    (10, 11),
    (5, 24),
    (13, 9),
    (10, 16),
    (11, 15),
    (12, 9),
    (2, 27),
    (7, 15),
    (14, 6),
    (15, 2),
    (7, 29),
    (13, 8),
    (11, 15),
    (7, 5),
    (6, 31),
    (12, 9),
];

type Chain = [u64; CHAIN];

/// The MD6-256 of `message`.
pub(crate) fn md6_256(message: &[u8]) -> [u8; 32] {
    let words: Vec<u64> = message.chunks(8).map(word).collect();
    let mut words = words;
    let mut bits = message.len() * 8;
    let mut level = 1;
    let root = loop {
        let blocks = words.len().div_ceil(BLOCK).max(1);
        let next: Vec<Chain> = (0..blocks)
            .map(|index| {
                let end = words.len().min((index + 1) * BLOCK);
                let data = &words[index * BLOCK..end];
                let used = (bits - (index * BLOCK_BYTES * 8).min(bits)).min(BLOCK_BYTES * 8);
                compress(data, level, index, blocks == 1, BLOCK_BYTES * 8 - used)
            })
            .collect();
        if let [root] = next.as_slice() {
            break *root;
        }
        words = next.concat();
        bits = words.len() * 64;
        level += 1;
    };
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(8).zip(&root[CHAIN - 4..]) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// Up to eight bytes as a word, filled with zeros.
fn word(bytes: &[u8]) -> u64 {
    bytes.iter().enumerate().fold(0, |word, (at, byte)| word | u64::from(*byte) << (56 - 8 * at))
}

/// One node of the tree (2.4): `data` is filled up with zeros, of which `padding` bits.
fn compress(data: &[u64], level: u64, index: usize, last: bool, padding: usize) -> Chain {
    let mut a = vec![0_u64; INPUT + ROUNDS * CHAIN];
    a[..15].copy_from_slice(&Q);
    // Words 15 to 22 are the key, which is empty.
    a[23] = level << 56 | index as u64;
    a[24] = (ROUNDS as u64) << 48 | 64 << 40 | u64::from(last) << 36 | (padding as u64) << 20 | 256;
    a[HEAD..HEAD + data.len()].copy_from_slice(data);

    let mut salt = 0x0123_4567_89ab_cdef_u64;
    for round in 0..ROUNDS {
        for (step, (right, left)) in SHIFTS.into_iter().enumerate() {
            let i = INPUT + round * CHAIN + step;
            let mut x = salt ^ a[i - INPUT] ^ a[i - 17];
            x ^= (a[i - 18] & a[i - 21]) ^ (a[i - 31] & a[i - 67]);
            x ^= x >> right;
            a[i] = x ^ (x << left);
        }
        salt = salt.rotate_left(1) ^ (salt & Q[0]);
    }
    let mut chain = [0; CHAIN];
    chain.copy_from_slice(&a[INPUT + (ROUNDS - 1) * CHAIN..]);
    chain
}

#[cfg(test)]
mod tests {
    use super::md6_256;
    use crate::vectors::{hashes, pattern};

    #[test]
    fn recorded_hashes() {
        let recorded = hashes();
        assert_eq!(recorded["md6_256_of_abc"], hex::encode(md6_256(b"abc")));
        for entry in recorded["hashes"].as_array().expect("a list") {
            let length = entry["length"].as_u64().expect("a length");
            assert_eq!(entry["md6_256"], hex::encode(md6_256(&pattern(length))), "{length} bytes");
        }
    }
}
