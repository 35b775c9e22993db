//! How the nodes of a run find each other, and whether they have.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aemp_actor::sim::internals;
use aemp_actor::{Node, NodeId};
use aemp_transport::Scheme;

use super::log::Log;
use super::plan::Seeds;
use super::record::NodeNo;
use super::world::World;

/// The longest that a whole mesh may take when nothing is wrong any more, beyond the plan's
/// `healing`: nodes that miss each other ask for each other once a minute.
const WHOLE_WITHIN: usize = 90;

/// Says so when the node has joined.
pub(super) fn await_join(log: &Log, no: NodeNo, node: &Node) {
    let (log, mut joined) = (log.clone(), internals::joined(node));
    tokio::spawn(async move {
        if joined.wait_for(|joined| *joined).await.is_ok() {
            log.joined(no);
        }
    });
}

/// Whether the node is connected to the other one through a third.
pub(super) fn is_relayed(node: &Node, other: impl Into<NodeId>) -> bool {
    let connection = node.peer(other).and_then(|peer| peer.connection);
    connection.is_some_and(|connection| connection.transport == Scheme::Relay.name())
}

/// Waits until all nodes are connected that seeds join.
pub(super) async fn make_whole(world: &Arc<World>) {
    for _ in 0..WHOLE_WITHIN {
        if apart(world).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for (one, other) in apart(world) {
        world.log.broken(13, format!("{one} is not connected to {other} though seeds join them"));
    }
    let pairs = joined_pairs(world).len();
    world.log.write(|record| record.pairs += pairs);
}

/// The pairs of running nodes that seeds join and that are not connected.
fn apart(world: &Arc<World>) -> Vec<(String, String)> {
    let pairs = joined_pairs(world).into_iter();
    let apart = pairs.filter(|(one, other)| !one.node_is_up(other) || !other.node_is_up(one));
    apart.map(|(one, other)| (one.id().to_string(), other.id().to_string())).collect()
}

/// The pairs of running nodes between which there is a way from seed to seed.
fn joined_pairs(world: &Arc<World>) -> Vec<(Node, Node)> {
    let nodes: Vec<Node> = world.nodes().into_iter().map(|(_, node)| node).collect();
    let running: BTreeSet<&str> = nodes.iter().map(|node| node.id().as_str()).collect();
    let plan = &world.plan;
    let linked = |a: &str, b: &str| plan.seeds_of(a).contains(&b) || plan.seeds_of(b).contains(&a);
    let mut pairs = Vec::new();
    for (index, one) in nodes.iter().enumerate() {
        let mut reached: BTreeSet<&str> = BTreeSet::from([one.id().as_str()]);
        loop {
            let count = reached.len();
            let near: Vec<&str> = running
                .iter()
                .copied()
                .filter(|host| reached.iter().any(|other| linked(host, other)))
                .collect();
            reached.extend(near);
            if reached.len() == count {
                break;
            }
        }
        let others =
            nodes[index + 1..].iter().filter(|other| reached.contains(other.id().as_str()));
        pairs.extend(others.map(|other| (one.clone(), other.clone())));
    }
    pairs
}

impl super::plan::Plan {
    /// The hosts whose addresses this one keeps connected to.
    pub(super) fn seeds_of(&self, host: &str) -> Vec<&'static str> {
        let Some(index) = self.hosts.iter().position(|other| *other == host) else {
            return Vec::new();
        };
        if self.is_private(host) {
            return self.public().to_vec();
        }
        let (first, last) = (self.hosts[0], self.hosts.len() - 1);
        match self.seeds {
            Seeds::None => Vec::new(),
            Seeds::Before => {
                index.checked_sub(1).map(|before| self.hosts[before]).into_iter().collect()
            }
            Seeds::One => vec![first],
            // Two networks of their own; the first node of each knows the last one of all.
            Seeds::Common if index == last => Vec::new(),
            Seeds::Common if index < 2 => vec![self.hosts[last]],
            Seeds::Common => vec![self.hosts[index % 2]],
        }
    }
}
