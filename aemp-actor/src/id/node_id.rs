//! The name of a node.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::PortId;

/// The name of a node in the mesh, such as `alpha` or `shop/worker-7`.
///
/// Cheap to clone (one reference count). Legal characters are `A-Z a-z 0-9 _ - . : /`
/// (AEMP protocol, section 5). [`FromStr`] checks that; the `From` conversions take any text,
/// because a message to a node that cannot exist must be answered by the monitors
/// (`no_such_node`), not by a panic at the sender.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the ID is made of legal characters only and is not empty.
    pub fn is_valid(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(is_legal)
    }

    /// Whether it is one that a node without a configured name has.
    pub fn is_anonymous(&self) -> bool {
        self.0.starts_with("anon/")
    }

    /// A fresh ID `anon/RANDOM`, for nodes without a configured name.
    pub fn anonymous() -> Self {
        Self(format!("anon/{}", random_text(16)).into())
    }
}

/// `length` random letters and digits (at most 21: a version 4 UUID holds no more).
fn random_text(length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = uuid::Uuid::new_v4().as_u128() | (1 << 127);
    let mut text = String::with_capacity(length);
    for _ in 0..length.min(21) {
        text.push(ALPHABET[(rest % 62) as usize] as char);
        rest /= 62;
    }
    text
}

fn is_legal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/')
}

/// A text that is not a node ID.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is not a node ID: it may only have A-Z a-z 0-9 _ - . : / and must not be empty")]
pub struct ParseNodeIdError {
    text: String,
}

impl FromStr for NodeId {
    type Err = ParseNodeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = Self::from(text);
        if id.is_valid() { Ok(id) } else { Err(ParseNodeIdError { text: text.to_owned() }) }
    }
}

impl From<&str> for NodeId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for NodeId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&String> for NodeId {
    fn from(text: &String) -> Self {
        Self(text.as_str().into())
    }
}

/// The node that the port lives on.
impl From<&PortId> for NodeId {
    fn from(port: &PortId) -> Self {
        port.node().clone()
    }
}

/// The node that the port lives on.
impl From<PortId> for NodeId {
    fn from(port: PortId) -> Self {
        port.node().clone()
    }
}

impl From<&NodeId> for NodeId {
    fn from(id: &NodeId) -> Self {
        id.clone()
    }
}

impl AsRef<str> for NodeId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for NodeId {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for NodeId {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({:?})", &*self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for NodeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for NodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_and_illegal_ids() {
        for good in ["alpha", "shop/worker-7", "anon/x_1.2", "10.0.0.1:4040"] {
            assert_eq!(good.parse::<NodeId>().unwrap(), good);
        }
        for bad in ["", "a b", "a#b", "ü", "a;b", "a\n"] {
            let error = bad.parse::<NodeId>().unwrap_err();
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }

    #[test]
    fn anonymous_ids_are_legal_and_differ() {
        let (one, two) = (NodeId::anonymous(), NodeId::anonymous());
        assert!(one.is_valid() && one.as_str().starts_with("anon/"));
        assert_ne!(one, two);
    }
}
