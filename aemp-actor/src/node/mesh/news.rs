//! The messages to a rendezvous port, read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aemp_transport::{MAX_LINE, Value};

use super::registrations::ReadRegistrations;
use crate::group::{Refused, Registrations};
use crate::id::{NodeId, PortId};
use crate::message::{Message, shortened};
use crate::node::{MAX_ADDRESS, MAX_ADDRESSES};

/// What is longer than this, in bytes, is not decoded, which takes up to 40 times the memory:
/// the addresses of some 70,000 nodes. Registrations are bounded by their number.
const LONGEST: usize = 4 << 20;

/// One message of the global protocol (AEMP protocol, section 6).
#[derive(Debug, PartialEq)]
pub(super) enum News {
    Addr(Vec<String>),
    Nodes(BTreeMap<NodeId, Vec<String>>),
    /// Registrations, or that there are too many.
    Set(Result<Registrations, Refused>),
    Registered(String, PortId),
    Unregistered(String, PortId),
    Setup,
    SeedMe(bool),
    Find(NodeId),
}

impl News {
    /// Reads a message; parts of lists that make no sense are left out, a message that makes
    /// none is an error. Of registrations not more than `limit` are kept.
    pub(super) fn read(message: &Message, limit: usize) -> Result<Self, String> {
        let error = |error: crate::ArgError| error.to_string();
        if message.weight() > LONGEST && message.tag() != "set" {
            return Err(format!("news of {} bytes are too much", message.weight()));
        }
        Ok(match message.tag() {
            "addr" => Self::Addr(addresses(&message.arg::<Value>(0).map_err(error)?)),
            "nodes" => Self::Nodes(nodes(&message.arg::<Value>(0).map_err(error)?)),
            "set" => Self::Set(message.arg_with(0, ReadRegistrations::new(limit)).map_err(error)?),
            "reg1" => {
                let (group, port) = message.args().map_err(error)?;
                Self::Registered(group, port)
            }
            "reg0" => {
                let (group, port) = message.args().map_err(error)?;
                Self::Unregistered(group, port)
            }
            "setup" => Self::Setup,
            "seedme1" => Self::SeedMe(true),
            "seedme0" => Self::SeedMe(false),
            "find" => Self::Find(message.arg(0).map_err(error)?),
            tag => {
                let tag = shortened(tag);
                return Err(format!("{tag:?} is no message of the global protocol"));
            }
        })
    }

    pub(super) fn addr(addresses: &[String]) -> Vec<Value> {
        vec!["addr".into(), list(addresses)]
    }

    pub(super) fn nodes<'a>(
        nodes: impl IntoIterator<Item = (&'a NodeId, Vec<String>)>,
    ) -> Vec<Value> {
        let entries = nodes.into_iter().map(|(node, known)| (node.to_string(), list(&known)));
        vec!["nodes".into(), Value::Map(entries.collect())]
    }

    pub(super) fn set(groups: &Registrations) -> Vec<Value> {
        let ids = |ports: &BTreeSet<PortId>| {
            Value::List(ports.iter().map(|port| Value::from(port.to_string())).collect())
        };
        let entries = groups.iter().map(|(group, ports)| (group.clone(), ids(ports)));
        vec!["set".into(), Value::Map(entries.collect())]
    }

    pub(super) fn registered(group: &str, port: &PortId, begin: bool) -> Vec<Value> {
        let tag = if begin { "reg1" } else { "reg0" };
        vec![tag.into(), group.into(), port.to_string().into()]
    }
}

fn list(texts: &[String]) -> Value {
    Value::List(texts.iter().map(|text| Value::from(text.as_str())).collect())
}

/// Texts, and numbers as theirs: foreign nodes are loosely typed, and `7` is a node ID.
fn texts(value: &Value) -> Vec<String> {
    let text = |item: &Value| match item {
        Value::Int(_) | Value::UInt(_) => Some(item.to_string()),
        other => other.to_text().map(Cow::into_owned),
    };
    value.as_list().unwrap_or_default().iter().filter_map(text).collect()
}

/// As many addresses as are remembered of a node, and told on.
fn addresses(value: &Value) -> Vec<String> {
    let texts = texts(value).into_iter().filter(|text| text.len() <= MAX_ADDRESS);
    texts.take(MAX_ADDRESSES).collect()
}

fn nodes(value: &Value) -> BTreeMap<NodeId, Vec<String>> {
    let Some(map) = value.as_map() else { return BTreeMap::new() };
    // No node has an ID that does not fit into the line of a greeting.
    let named = map.iter().filter(|(node, _)| node.len() <= MAX_LINE);
    named.filter_map(|(node, known)| Some((node.parse().ok()?, addresses(known)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: Vec<Value>) -> Result<News, String> {
        News::read(&Message::from_values(values), 10)
    }

    #[test]
    fn what_is_written_is_read() {
        let addresses = vec!["127.0.0.1:4040".to_owned()];
        assert_eq!(read(News::addr(&addresses)), Ok(News::Addr(addresses.clone())));
        let nodes = BTreeMap::from([(NodeId::from("a"), addresses)]);
        let told = News::nodes(nodes.iter().map(|(node, known)| (node, known.clone())));
        assert_eq!(read(told), Ok(News::Nodes(nodes)));
        let port = PortId::from("a#1");
        let set = BTreeMap::from([("g".to_owned(), BTreeSet::from([port.clone()]))]);
        assert_eq!(read(News::set(&set)), Ok(News::Set(Ok(set))));
        let registered = News::registered("g", &port, true);
        assert_eq!(read(registered), Ok(News::Registered("g".into(), port)));
    }

    #[test]
    fn as_many_addresses_are_read_as_are_remembered() {
        let many: Vec<String> = (0..1000).map(|n| format!("h:{n}")).collect();
        let long = format!("{}:1", "x".repeat(MAX_ADDRESS));
        let told = [vec![long.clone()], many.clone()].concat();
        let first = many[..MAX_ADDRESSES].to_vec();
        assert_eq!(read(News::addr(&told)), Ok(News::Addr(first.clone())));
        let (a, long) = (NodeId::from("a"), NodeId::from("x".repeat(MAX_LINE + 1)));
        let nodes = News::nodes([(&a, told.clone()), (&long, told)]);
        assert_eq!(read(nodes), Ok(News::Nodes(BTreeMap::from([(a, first)]))));
    }

    #[test]
    fn nonsense_is_an_error_or_left_out() {
        assert!(read(vec!["nonsense".into()]).is_err());
        assert!(read(vec!["x".repeat(1 << 20).into()]).unwrap_err().len() < 1000);
        assert!(read(vec!["reg1".into(), "g".into()]).is_err());
        assert!(read(vec!["addr".into()]).is_err());
        let long = Value::from("x".repeat(LONGEST));
        assert!(read(vec!["addr".into(), Value::List(vec![long])]).is_err());
        let odd = Value::Map([("bad node id!".to_owned(), Value::Null)].into());
        assert_eq!(read(vec!["nodes".into(), odd]), Ok(News::Nodes(BTreeMap::new())));
    }
}
