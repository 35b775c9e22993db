//! Asking nodes, each by itself: one that does not answer holds up no other.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::board::{Sample, Told};
use crate::NetworkConnection;
use aemp_actor::Node;
use aemp_actor::NodeId;
use aemp_actor::introspection::{IntrospectError, PortOrder, PortQuery};

/// A node with more ports is asked for its fullest mailbox only once in a while: that takes it time.
const MANY: u64 = 50_000;

/// How often that is: once in so many questions.
const SELDOM: u64 = 20;

/// The questions.
pub(super) struct Poll {
    node: Node,
    since: Instant,
    limit: Duration,
    /// One for each node that has not answered yet.
    asked: JoinSet<Sample>,
    rounds: HashMap<NodeId, Round>,
}

/// How it stands with a node.
#[derive(Default)]
struct Round {
    number: u64,
    /// It has not answered yet.
    waits: bool,
}

impl Poll {
    pub(super) fn new(connection: &NetworkConnection) -> Self {
        Self {
            node: connection.node.clone(),
            since: Instant::now(),
            limit: connection.options.timeout(),
            asked: JoinSet::new(),
            rounds: HashMap::new(),
        }
    }

    /// The time since this was made.
    pub(super) fn now(&self) -> Duration {
        self.since.elapsed()
    }

    /// Asks all nodes that are up and are not asked already; gives those that are up.
    pub(super) fn ask(&mut self) -> Vec<NodeId> {
        let up = self.node.up_nodes();
        self.rounds.retain(|node, round| round.waits || up.contains(node));
        for node in &up {
            let round = self.rounds.entry(node.clone()).or_default();
            if !std::mem::replace(&mut round.waits, true) {
                let question = Question {
                    since: self.since,
                    limit: self.limit,
                    seldom: round.number.is_multiple_of(SELDOM),
                };
                self.asked.spawn(question.ask(self.node.clone(), node.clone()));
                round.number += 1;
            }
        }
        up
    }

    /// Asks all that are up twice, with a pause between; gives them, and what they said.
    pub(super) async fn twice(self, pause: Duration) -> (Vec<NodeId>, Vec<Sample>) {
        let up = self.node.up_nodes();
        let mut nodes = JoinSet::new();
        for node in up.clone() {
            let (own, since, limit) = (self.node.clone(), self.since, self.limit);
            nodes.spawn(async move {
                let question = Question { since, limit, seldom: true };
                let first = question.ask(own.clone(), node.clone()).await;
                if matches!(first.told, Told::Silence) {
                    return vec![first];
                }
                tokio::time::sleep(pause).await;
                vec![first, question.ask(own, node).await]
            });
        }
        (up, nodes.join_all().await.into_iter().flatten().collect())
    }

    /// The next answer; never, if nobody is asked.
    ///
    /// # Cancel safety
    /// No answer is lost.
    pub(super) async fn answer(&mut self) -> Sample {
        loop {
            match self.asked.join_next().await {
                Some(Ok(sample)) => {
                    if let Some(round) = self.rounds.get_mut(&sample.node) {
                        round.waits = false;
                    }
                    return sample;
                }
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }
}

/// One question.
#[derive(Clone, Copy)]
struct Question {
    since: Instant,
    limit: Duration,
    /// Also what takes long.
    seldom: bool,
}

impl Question {
    async fn ask(self, own: Node, node: NodeId) -> Sample {
        let look = own.introspect(&node).timeout(self.limit);
        let (round_trip, info) = tokio::join!(own.ping(&node, self.limit), look.info());
        let told = match info {
            Ok(info) => Told::Info(Box::new(info)),
            Err(IntrospectError::Timeout { .. } | IntrospectError::Down { .. }) => Told::Silence,
            Err(_) => Told::Nothing,
        };
        let (at, mut depth) = (self.since.elapsed(), None);
        if let Told::Info(info) = &told
            && (info.ports <= MANY || self.seldom)
        {
            let query = PortQuery::new().order(PortOrder::Waiting).limit(1);
            let page = look.ports(query).await.ok();
            depth = page.map(|page| page.ports.first().map_or(0, |port| port.waiting));
        }
        Sample { node, at, told, depth, round_trip: round_trip.ok() }
    }
}
