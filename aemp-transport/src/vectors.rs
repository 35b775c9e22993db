//! The recorded facts, for unit tests.

use serde_json::Value;

/// Hashes and auth values made by the Perl implementation's modules.
pub(crate) fn hashes() -> Value {
    serde_json::from_str(include_str!("../tests/vectors/hashes.json")).expect("JSON")
}

/// One whole conversation between two reference nodes: from the dialling side or not, and bytes.
pub(crate) fn session() -> Vec<(bool, Vec<u8>)> {
    include_str!("../tests/vectors/session-hmac-md6-json.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|read| {
            let data = read["data"].as_str().expect("data");
            let bytes = data.chars().map(|c| u8::try_from(c).expect("a byte")).collect();
            (read["dir"] == ">", bytes)
        })
        .collect()
}

/// The pattern that the hashed data is made of.
pub(crate) fn pattern(length: u64) -> Vec<u8> {
    (0..length).map(|i| 0x20 + ((7 * i + 3) % 0x5f) as u8).collect()
}
