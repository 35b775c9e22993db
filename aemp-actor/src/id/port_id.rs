//! The name of a port on a node.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use super::node_id::{NodeId, ParseNodeIdError};

/// The part of a port ID behind the `#`. Names up to 23 bytes, which are all that this crate
/// makes, live inside the value: nothing is allocated for them.
pub(crate) type PortName = SmolStr;

/// How the names of reply ports end, so that other nodes know them. No other name that this crate makes
/// has the character, nor has a node ID.
pub(crate) const REPLY_END: &str = "?";

/// The address of a port: `NODE#PORT`. `NODE` alone, or `NODE#`, is the node port.
///
/// Plain data, cheap to clone; it may be sent in messages (as its text), printed, compared,
/// hashed and stored. Port names are never used twice, not even by a restarted node of the same
/// ID (guarantee 9 of the delivery contract), so an ID never comes to mean another port.
///
/// [`FromStr`] checks the text; the `From` conversions take any text, and what is sent to an ID
/// that cannot exist is answered by the monitors.
///
/// ```
/// use aemp_actor::PortId;
///
/// let port: PortId = "alpha#k2wEu4.1".parse()?;
/// assert_eq!((port.node().as_str(), port.port()), ("alpha", "k2wEu4.1"));
/// assert_eq!(PortId::of_node("alpha").to_string(), "alpha");
/// assert!("two words#1".parse::<PortId>().is_err());
/// # Ok::<(), aemp_actor::ParseNodeIdError>(())
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PortId {
    node: NodeId,
    port: PortName,
}

impl PortId {
    pub(crate) fn new(node: NodeId, port: PortName) -> Self {
        Self { node, port }
    }

    /// The node port of `node`.
    pub fn of_node(node: impl Into<NodeId>) -> Self {
        Self { node: node.into(), port: PortName::default() }
    }

    /// The node the port lives on.
    pub fn node(&self) -> &NodeId {
        &self.node
    }

    /// The name of the port on its node: empty for the node port.
    pub fn port(&self) -> &str {
        &self.port
    }

    pub(crate) fn name(&self) -> &PortName {
        &self.port
    }

    /// Whether this is a node port.
    pub fn is_node(&self) -> bool {
        self.port.is_empty()
    }

    /// Whether this is a reply port: only names of those end like that.
    pub(crate) fn is_reply(&self) -> bool {
        self.port.ends_with(REPLY_END)
    }

    /// Whether `text` has the shape of a full port ID (`NODE#PORT`, legal characters).
    pub(crate) fn looks_like_port(text: &str) -> bool {
        text.split_once('#').is_some_and(|(node, port)| {
            !port.is_empty() && node.parse::<NodeId>().is_ok() && !port.contains('#')
        })
    }
}

impl FromStr for PortId {
    type Err = ParseNodeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (node, port) = text.split_once('#').unwrap_or((text, ""));
        Ok(Self { node: node.parse()?, port: port.into() })
    }
}

impl From<&str> for PortId {
    fn from(text: &str) -> Self {
        let (node, port) = text.split_once('#').unwrap_or((text, ""));
        Self { node: node.into(), port: port.into() }
    }
}

impl From<String> for PortId {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for PortId {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&PortId> for PortId {
    fn from(id: &PortId) -> Self {
        id.clone()
    }
}

impl From<NodeId> for PortId {
    fn from(node: NodeId) -> Self {
        Self::of_node(node)
    }
}

impl From<&NodeId> for PortId {
    fn from(node: &NodeId) -> Self {
        Self::of_node(node)
    }
}

impl PartialEq<str> for PortId {
    fn eq(&self, other: &str) -> bool {
        let (node, port) = other.split_once('#').unwrap_or((other, ""));
        self.node == *node && self.port == port
    }
}

impl PartialEq<&str> for PortId {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_node() {
            write!(f, "{}", self.node)
        } else {
            write!(f, "{}#{}", self.node, self.port)
        }
    }
}

impl fmt::Debug for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PortId({self})")
    }
}

impl Serialize for PortId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        let id: PortId = "alpha#xyz.1".parse().unwrap();
        assert_eq!((id.node().as_str(), id.port()), ("alpha", "xyz.1"));
        assert_eq!(id.to_string(), "alpha#xyz.1");
        assert!(!id.is_node());
        for node in ["alpha", "alpha#"] {
            let id: PortId = node.parse().unwrap();
            assert!(id.is_node());
            assert_eq!(id.to_string(), "alpha");
            assert_eq!(id, PortId::of_node("alpha"));
        }
        assert!("a b#c".parse::<PortId>().is_err());
        assert!("#c".parse::<PortId>().is_err());
    }

    #[test]
    fn names_of_our_making_are_not_allocated() {
        assert!(!PortName::new("0123456789abcd.abcdefg?").is_heap_allocated());
    }

    #[test]
    fn travels_as_text() {
        let id: PortId = "alpha#xyz.1".parse().unwrap();
        let text = serde_json::to_string(&id).unwrap();
        assert_eq!(text, r#""alpha#xyz.1""#);
        assert_eq!(serde_json::from_str::<PortId>(&text).unwrap(), id);
    }
}
