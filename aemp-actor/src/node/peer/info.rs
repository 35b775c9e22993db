//! What a node knows of another one.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Peer;
use super::facts::Facts;
use super::state::Stage;
use crate::id::NodeId;
use crate::node::core::Core;
use crate::seconds;

/// How far the connection to a node is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PeerState {
    /// There is none and none is wanted; it can be dialled, or something of it is remembered.
    Known,
    /// Something waits for one to be made.
    Connecting,
    /// There is one.
    Up,
    /// It was lost just now, and monitors are firing.
    Falling,
}

/// How long a question to a node and its answer take, the processing on both sides included.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoundTrip {
    /// The latest.
    #[serde(with = "seconds")]
    pub last: Duration,
    /// Smoothed as TCP does it: each new one counts for an eighth.
    #[serde(with = "seconds")]
    pub smoothed: Duration,
}

/// What has passed on the present connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Traffic {
    /// Packets that came.
    pub packets_in: u64,
    /// Packets that were queued to be written.
    pub packets_out: u64,
    /// Bytes that were read.
    #[serde(rename = "octets_in")]
    pub bytes_in: u64,
    /// Bytes that were written.
    #[serde(rename = "octets_out")]
    pub bytes_out: u64,
}

/// The present connection to a node.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Connection {
    /// The other side's address: the one that was dialled, or where it came from; `None` if the
    /// transport has no such thing.
    pub address: Option<String>,
    /// Whether this node has dialled; else the other one has.
    pub dialled: bool,
    /// The name of the transport.
    pub transport: String,
    /// How the other node writes.
    pub reads: String,
    /// How this node writes.
    pub writes: String,
    /// What the other node has proved itself with.
    pub auth: String,
    /// What keeps others from reading along; `None` if nothing does.
    pub encryption: Option<String>,
    /// The other node's software, if it says.
    pub provider: Option<String>,
    /// What tells the other node's process from earlier ones of its ID, if it says.
    pub instance: Option<String>,
    /// When it was made.
    #[serde(with = "seconds::since_1970")]
    pub since: SystemTime,
    /// What has passed on it.
    pub traffic: Traffic,
}

/// What a node knows of another one: see [`Node::peers`](crate::Node::peers).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PeerInfo {
    /// The node.
    pub node: NodeId,
    /// How far its connection is.
    pub state: PeerState,
    /// Where it can be dialled, as far as is known, the best first.
    pub addresses: Vec<String>,
    /// The connection, while it is up.
    pub connection: Option<Connection>,
    /// How long questions and answers take; `None` until one was answered. The heartbeat measures
    /// it, and so does [`Node::ping`](crate::Node::ping).
    pub round_trip: Option<RoundTrip>,
    /// Bytes that wait: to be written, or for a connection to be made.
    #[serde(rename = "queued_octets")]
    pub queued_bytes: usize,
    /// Packets that wait.
    pub queued_packets: usize,
    /// Messages to this node that were lost since it was heard of.
    pub lost: u64,
    /// Monitors that this node holds on its ports.
    pub monitors: usize,
    /// Ports of this node that it monitors.
    pub monitored: usize,
    /// Ports of this node that it has spawned and that live.
    pub spawned: usize,
}

impl PeerInfo {
    /// A node that nothing is known of but its addresses.
    pub(crate) fn known(core: &Core, node: &NodeId) -> Self {
        let addresses = core.addresses(node).iter().map(ToString::to_string).collect();
        Self {
            node: node.clone(),
            state: PeerState::Known,
            addresses,
            connection: None,
            round_trip: None,
            queued_bytes: 0,
            queued_packets: 0,
            lost: 0,
            monitors: 0,
            monitored: 0,
            spawned: 0,
        }
    }

    /// What is known of the peer.
    pub(crate) fn of(core: &Core, peer: &Peer) -> Self {
        let mut info = Self::known(core, peer.id());
        info.lost = peer.lost();
        let measured = peer.round_trips.lock().measured();
        info.round_trip = measured.map(|(last, smoothed)| RoundTrip { last, smoothed });
        let state = peer.state.lock();
        info.monitors = state.watches.len() + state.late.len();
        info.monitored = state.watched.len();
        info.spawned = state.spawned;
        let waiting = match &state.stage {
            Stage::Idle => None,
            Stage::Connecting(waiting) => {
                info.state = PeerState::Connecting;
                Some(waiting)
            }
            Stage::Falling(waiting) => {
                info.state = PeerState::Falling;
                Some(waiting)
            }
            Stage::Up(up) => {
                info.state = PeerState::Up;
                info.queued_bytes = up.link.queued_bytes();
                info.queued_packets = up.link.lost_packets();
                let counts = up.link.counters();
                info.connection = Some(Connection::new(
                    &up.facts,
                    Traffic {
                        packets_in: counts.packets_in,
                        packets_out: counts.packets_out,
                        bytes_in: counts.bytes_in,
                        bytes_out: counts.bytes_out,
                    },
                ));
                None
            }
        };
        if let Some(waiting) = waiting {
            info.queued_bytes = waiting.bytes();
            info.queued_packets = waiting.len();
        }
        info
    }
}

impl Connection {
    fn new(facts: &Facts, traffic: Traffic) -> Self {
        Self {
            address: facts.address.clone(),
            dialled: facts.dialled,
            transport: facts.transport.clone(),
            reads: facts.reads.to_owned(),
            writes: facts.writes.to_owned(),
            auth: facts.auth.to_owned(),
            encryption: facts.protection.is_encrypted().then(|| facts.protection.to_string()),
            provider: facts.provider.clone(),
            instance: facts.instance.clone(),
            since: SystemTime::UNIX_EPOCH + facts.since,
            traffic,
        }
    }
}
