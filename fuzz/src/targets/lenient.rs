//! What a loosely typed node may send in place of anything.

use std::collections::BTreeMap;
use std::fmt::Debug;

use aemp_transport::{Lenient, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Record {
    number: i16,
    name: Option<String>,
    #[serde(default)]
    list: Vec<f32>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
enum Choice {
    Nothing,
    One(u8),
    Two(bool, char),
    Fields { text: String, bytes: Vec<u8> },
}

/// One JSON value, read as every type.
pub fn lenient(data: &[u8]) {
    // Deeper ones the framing refuses.
    let depth = data.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if depth > 100 {
        return;
    }
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    both::<bool>(data, &value);
    both::<i8>(data, &value);
    both::<u64>(data, &value);
    both::<i128>(data, &value);
    both::<f64>(data, &value);
    both::<char>(data, &value);
    both::<String>(data, &value);
    both::<bytes::Bytes>(data, &value);
    both::<Option<u32>>(data, &value);
    both::<()>(data, &value);
    both::<Vec<String>>(data, &value);
    both::<(u8, String, Vec<i64>)>(data, &value);
    both::<BTreeMap<String, Value>>(data, &value);
    // Keys such as "1" and "01" are one here; which of the two counts depends on their order.
    drop(BTreeMap::<u16, String>::deserialize(Lenient(&value)));
    both::<Record>(data, &value);
    both::<Choice>(data, &value);
    both::<Vec<Choice>>(data, &value);
}

/// From text, as it comes from another node, and from the value it stands for.
fn both<T: DeserializeOwned + Debug>(data: &[u8], value: &Value) {
    let mut text = serde_json::Deserializer::from_slice(data);
    let from_text = T::deserialize(Lenient(&mut text)).ok();
    let from_value = T::deserialize(Lenient(value)).ok();
    if let (Some(one), Some(two)) = (from_text, from_value) {
        assert_eq!(format!("{one:?}"), format!("{two:?}"), "as {}", std::any::type_name::<T>());
    }
}
