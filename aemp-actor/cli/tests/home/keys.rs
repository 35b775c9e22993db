//! All keys of a profile but `cert`.

use serde_json::{Value as Json, json};

/// Every key, what is written on a command line, and what stands in the file then.
pub(crate) fn keys() -> Vec<(&'static str, &'static str, Json)> {
    vec![
        ("nodeid", "a", json!("a")),
        ("binds", "*:1,*:2", json!(["*:1", "*:2"])),
        ("announce", "h:1,quic:h:2", json!(["h:1", "quic:h:2"])),
        ("seeds", "[\"a:1\"]", json!(["a:1"])),
        ("secret", "7", json!("7")),
        ("secrets", "new,old", json!(["new", "old"])),
        ("services", "A::b,C::d", json!(["A::b", "C::d"])),
        ("monitor_timeout", "2.5", json!(2.5)),
        ("connect_interval", "1", json!(1)),
        ("connect_timeout", "1", json!(1)),
        ("handshake_timeout", "2.5", json!(2.5)),
        ("framing_format", "json,storable", json!(["json", "storable"])),
        ("auth_offer", "hmac_sha3_512", json!(["hmac_sha3_512"])),
        ("auth_accept", "hmac_sha3_512,cleartext", json!(["hmac_sha3_512", "cleartext"])),
        ("accept_cleartext", "0", json!(0)),
        ("stls", "1", json!(1)),
        ("require", "certificate", json!("certificate")),
        ("plain_peers", "0", json!(0)),
        ("anonymous_peers", "0", json!(0)),
        ("check_node_id", "1", json!(1)),
        ("relay", "0", json!(0)),
        ("taps", "0", json!(0)),
        ("access", "{\"rules\":[]}", json!({ "rules": [] })),
        ("transports", "quic,tcp", json!(["quic", "tcp"])),
        ("autocork", "1", json!(1)),
        ("nodelay", "0", json!(0)),
        ("nodes", "{\"a\":\"h:1\"}", json!({ "a": "h:1" })),
        ("max_packet", "100000", json!(100_000)),
        ("max_depth", "9", json!(9)),
        ("max_queue", "100000", json!(100_000)),
        ("max_handshakes", "9", json!(9)),
        ("max_handshakes_per_address", "9", json!(9)),
        ("max_spawned", "9", json!(9)),
        ("max_monitors", "9", json!(9)),
        ("max_registrations", "9", json!(9)),
        ("max_data_connections", "9", json!(9)),
        ("max_messages", "9", json!(9)),
        ("max_bytes", "9000", json!(9000)),
    ]
}
