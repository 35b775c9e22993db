//! What the doctor looks at: what all nodes tell of themselves and of each other, and whether the names of
//! hosts in their addresses are known here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use aemp_transport::{Address, Scheme};
use tokio::task::JoinSet;

use crate::ask::death_of;
use crate::{NetworkConnection, looking};
use aemp_actor::introspection::NodeInfo;
use aemp_actor::log::one_line;
use aemp_actor::{NodeId, PeerInfo, PeerState, PortId, SeedInfo};

/// A picture of the network.
pub(super) struct Network {
    /// The nodes that are connected with the command, sorted; other people's commands are left out.
    pub(super) nodes: Vec<Asked>,
    /// Nodes that are known, and cannot be reached from here: where, and why.
    pub(super) unreachable: BTreeMap<NodeId, Unreachable>,
    /// The seeds of the command.
    pub(super) seeds: Vec<SeedInfo>,
    /// Names of hosts in addresses that are not known here, and why.
    pub(super) unknown_hosts: BTreeMap<String, String>,
}

/// What a node has answered.
pub(super) struct Asked {
    pub(super) node: NodeId,
    /// What it tells, or why it does not.
    pub(super) told: Result<Box<NodeInfo>, String>,
    /// Where it can be dialled, as the command was told.
    pub(super) addresses: Vec<String>,
    /// Seconds that its clock is ahead of the one here.
    pub(super) ahead: f64,
    /// How long the answer has taken: the clock is not known better than that.
    pub(super) took: Duration,
}

/// A node without a connection.
pub(super) struct Unreachable {
    pub(super) addresses: Vec<String>,
    pub(super) why: String,
}

impl Network {
    /// How many of the other nodes it is connected with, as it says itself.
    pub(super) fn connected_with(&self, asked: &Asked) -> usize {
        let others = self.nodes.iter().filter(|other| other.node != asked.node);
        others.filter(|other| asked.link_to(&other.node).is_some()).count()
    }
}

impl Asked {
    /// What it knows of another node that it is connected with.
    pub(super) fn link_to(&self, other: &NodeId) -> Option<&PeerInfo> {
        let peers = &self.told.as_ref().ok()?.peers;
        peers.iter().find(|peer| peer.node == *other && peer.state == PeerState::Up)
    }
}

/// Looks at all of it, within the time of the command.
pub(super) async fn network(connection: &NetworkConnection) -> Network {
    // What does not answer has only a part of the time: the rest is still to be told.
    let limit = connection.left() / 2;
    let own = &connection.node;
    let (mut asked, mut lost) = (JoinSet::new(), JoinSet::new());
    for (node, is_up) in looking::known(own).into_iter().filter(|(node, _)| !node.is_anonymous()) {
        let addresses = own.peer(&node).map(|peer| peer.addresses).unwrap_or_default();
        if is_up {
            let look = own.introspect(&node).timeout(limit);
            asked.spawn(async move {
                let (begun, before) = (Instant::now(), SystemTime::now());
                let told = look.info().await.map_err(|error| error.to_string());
                let (told, took) = (told.map(Box::new), begun.elapsed());
                let ahead = told.as_ref().map_or(0.0, |info| ahead(info.time, before + took / 2));
                Asked { node, told, addresses, ahead, took }
            });
        } else {
            let death = death_of(connection, &PortId::of_node(&node));
            lost.spawn(async move {
                let why = match tokio::time::timeout(limit, death).await {
                    Ok(reason) => one_line(&reason.text()).into_owned(),
                    Err(_) => format!("no answer within {limit:?}"),
                };
                (node, Unreachable { addresses, why })
            });
        }
    }
    let (mut nodes, unreachable) = (asked.join_all().await, lost.join_all().await);
    nodes.sort_by(|a, b| a.node.cmp(&b.node));
    let addresses = nodes.iter().flat_map(|asked| asked.addresses.clone());
    let unknown_hosts = unknown_hosts(addresses.collect(), limit).await;
    let unreachable = unreachable.into_iter().collect();
    Network { nodes, unreachable, seeds: own.seeds(), unknown_hosts }
}

fn ahead(there: SystemTime, here: SystemTime) -> f64 {
    match there.duration_since(here) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    }
}

/// The hosts of these addresses whose names nobody knows here.
async fn unknown_hosts(addresses: BTreeSet<String>, limit: Duration) -> BTreeMap<String, String> {
    let mut lookups = JoinSet::new();
    for target in addresses.iter().filter_map(|address| host_and_port(address)) {
        lookups.spawn(async move {
            let found = tokio::time::timeout(limit, tokio::net::lookup_host(&target)).await;
            let problem = match found {
                Ok(Ok(_)) => return None,
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {limit:?}"),
            };
            let host = target.rsplit_once(':').map_or(&*target, |(host, _)| host).to_owned();
            Some((host, problem))
        });
    }
    lookups.join_all().await.into_iter().flatten().collect()
}

fn host_and_port(address: &str) -> Option<String> {
    let address: Address = address.parse().ok()?;
    let is_of_network = matches!(address.scheme(), Scheme::Tcp | Scheme::Quic);
    is_of_network.then(|| address.text().to_owned())
}
