//! Asking all nodes.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::board::Sample;
use crate::cli::Connection;
use crate::id::NodeId;
use crate::introspection::{PortOrder, PortQuery};
use crate::node::Node;

/// A node with more ports is asked for its fullest mailbox only once in a while: that takes it time.
const MANY: u64 = 50_000;

/// How often that is: once in so many rounds.
const SELDOM: u64 = 20;

/// Asks every node that is up, all at the same time.
pub(super) async fn poll(
    connection: &Connection,
    since: Instant,
    round: u64,
    limit: Duration,
) -> Vec<Sample> {
    let mut asked = JoinSet::new();
    for node in connection.node.up_nodes() {
        asked.spawn(ask(connection.node.clone(), node, since, round, limit));
    }
    let mut samples = asked.join_all().await;
    samples.sort_by(|a, b| a.node.cmp(&b.node));
    samples
}

async fn ask(own: Node, node: NodeId, since: Instant, round: u64, limit: Duration) -> Sample {
    let look = own.introspect(&node).timeout(limit);
    let (round_trip, info) = tokio::join!(own.ping(&node, limit), look.info());
    let (round_trip, info) = (round_trip.ok(), info.ok());
    let at = since.elapsed();
    let mut depth = None;
    if let Some(info) = &info
        && (info.ports <= MANY || round.is_multiple_of(SELDOM))
    {
        let query = PortQuery::new().order(PortOrder::Waiting).limit(1);
        let page = look.ports(query).await.ok();
        depth = page.map(|page| page.ports.first().map_or(0, |port| port.waiting));
    }
    Sample { node, at, info, depth, round_trip }
}
