//! What nodes tell of themselves.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, PortId};
use crate::node::{DroppedCounts, PeerInfo};
use crate::port::{PortState, kind};
use crate::seconds;

/// A node, as it describes itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct NodeInfo {
    /// Its ID.
    pub node: NodeId,
    /// The software that it runs: `aemp-actor`.
    pub software: String,
    /// The version of the software.
    pub version: String,
    /// The versions of this protocol that it understands.
    pub introspection: Vec<i64>,
    /// How long ago it was set up.
    #[serde(with = "seconds")]
    pub uptime: Duration,
    /// Its time of day when it answered.
    #[serde(with = "seconds::since_1970")]
    pub time: SystemTime,
    /// Where it listens; empty for a private node.
    pub listeners: Vec<String>,
    /// How many ports it has, reply ports and those of the mesh included.
    pub ports: u64,
    /// Messages that its ports have taken out of their mailboxes since it was set up. Ports that
    /// are busy tell the node once in a thousand messages, so it may lag behind.
    pub handled: u64,
    /// Messages that it has dropped, by cause.
    #[serde(default)]
    pub dropped: DroppedCounts,
    /// How many groups with members it knows of.
    pub groups: u64,
    /// The other nodes that it is connected to, or knows.
    #[serde(default)]
    pub peers: Vec<PeerInfo>,
    /// Whether it runs under a watchdog that would start it again.
    #[serde(default)]
    pub watched: bool,
    /// Its process, which other nodes may share; `None` where the system does not say.
    #[serde(default)]
    pub process: Option<ProcessInfo>,
}

/// The process of a node.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its number.
    pub pid: u32,
    /// Bytes of its memory that are resident.
    pub resident: u64,
    /// Processor time that it has used.
    #[serde(with = "seconds")]
    pub cpu: Duration,
}

/// A port, as its node describes it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PortInfo {
    /// Its name on its node; `NODE#NAME` is its ID.
    pub name: String,
    /// The well-known names that it was given ([`Node::name`](crate::Node::name)), sorted; `NODE#NAME` reaches
    /// it, too. A map without the key has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The name of the type of a struct, or `closure`, `receiving`, `reply` (of a request that
    /// waits) or `rendezvous` (by which another node tells of the mesh).
    pub kind: String,
    /// Where it is in its life.
    pub state: PortState,
    /// Messages in its mailbox, those of the batch that it is handling included.
    pub waiting: u64,
    /// Bytes of the untyped messages in its mailbox.
    #[serde(rename = "octets")]
    pub bytes: u64,
    /// How many monitors watch it.
    pub watchers: u64,
    /// Messages that it has taken out of its mailbox, modulo 2^32. The difference of two answers
    /// is a rate.
    pub handled: u32,
}

impl PortInfo {
    /// Whether the port is there for one request, or for one connection, and nobody sends to it by its
    /// name: a reply port, or one by which another node tells of the mesh.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind.as_str(), kind::REPLY | kind::RENDEZVOUS)
    }
}

/// The last deaths of a node's ports, but for normal ends and the end of the node.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Deaths {
    /// How many ports have died so since the node was set up.
    pub total: u64,
    /// The last hundred of them, the latest first.
    pub last: Vec<DeathInfo>,
}

/// The death of a port, as its node remembers it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DeathInfo {
    /// The name that it had on its node; `NODE#NAME` was its ID.
    pub name: String,
    /// What it was: see [`PortInfo::kind`]. `unknown` is one whose init function does not exist.
    pub kind: String,
    /// Why it died, as a text: the middle of a long one is left out.
    pub reason: String,
    /// When, by the clock of its node.
    #[serde(with = "seconds::since_1970")]
    pub at: SystemTime,
}

/// What a node can be asked to run by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FunctionInfo {
    /// Its registered name.
    pub name: String,
    /// What it is.
    pub kind: FunctionKind,
    /// Whether the node that asks may run it.
    pub allowed: bool,
}

/// What can be run by name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FunctionKind {
    /// It is spawned, and makes a port.
    Init,
    /// It is called, and was registered by the program.
    Function,
    /// Every node has it. It is called; that of the mesh is spawned.
    Builtin,
}

/// A group, as a node knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupInfo {
    /// Its name.
    pub name: String,
    /// How many members it has.
    pub members: u64,
    /// The first hundred of them, sorted.
    pub ports: Vec<PortId>,
}
