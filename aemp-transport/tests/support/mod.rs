//! What several tests need. Not every test needs all of it.
#![allow(dead_code, unused_imports)]

#[cfg(feature = "tls")]
pub(crate) mod authority;
pub(crate) mod middle;
#[cfg(feature = "tls")]
pub(crate) mod raw_tls;
pub(crate) mod streams;

use std::sync::Arc;

use aemp_transport::{Handshake, HandshakeConfig, Value, nonce};
use bytes::Bytes;
use proptest::prelude::*;

pub(crate) use self::streams::{LIMIT, greet, greet_over, tcp};

/// One side of a handshake with the secret `geheim`.
pub(crate) fn side(node_id: &str) -> Handshake {
    Handshake::new(Arc::new(HandshakeConfig::new(node_id, "geheim")), nonce(), None)
}

/// Any value, nested a few levels.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::Int),
        any::<u64>().prop_map(Value::UInt),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Bytes::from(bytes).into()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..6).prop_map(Value::from),
        ]
    })
}

/// Text with everything that needs care.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        3 => any::<char>(),
        1 => prop::sample::select(vec!['"', '\\', '\n', '\0', '[', ']', '{', '}', ',', 'ÿ', '😀']),
    ];
    prop::collection::vec(character, 0..12).prop_map(|text| text.into_iter().collect())
}
