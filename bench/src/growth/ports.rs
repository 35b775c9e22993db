//! A node with many ports.

use aemp_actor::prelude::*;

use super::Cost;
use crate::figures::Figures;
use crate::machine::runtime;
use crate::peers::aemp::{Worker, WorkerRef, unbounded};

/// Operations that are measured.
const OPERATIONS: usize = 50_000;

/// Of how many ports, spread over all, some are spoken to: more than keep their task while they wait, and so
/// few that the memory of the machine is not what is measured.
const SPOKEN_TO: usize = 10_000;

pub(super) fn measure(count: usize) -> Figures {
    runtime().block_on(async {
        let node = Node::local();
        let ports: Vec<WorkerRef> =
            (0..count).map(|_| node.port_with(Worker::default(), unbounded())).collect();
        let step = count.div_ceil(SPOKEN_TO);
        let ids: Vec<PortId> = ports.iter().step_by(step).map(PortId::from).collect();
        // Once for warming up.
        requests(&node, &ids).await;
        lives(&node).await;
        Figures::from([
            ("request by ID".to_owned(), requests(&node, &ids).await),
            ("spawn, tell and kill".to_owned(), lives(&node).await),
        ])
    })
}

async fn requests(node: &Node, ids: &[PortId]) -> f64 {
    let (node, ids) = (node.clone(), ids.to_vec());
    let work = async move {
        let cost = Cost::start();
        for id in ids.iter().cycle().take(OPERATIONS) {
            let (_sum,): (u64,) = node.cal(id, ("sum",)).await.expect("an answer");
        }
        cost.each(OPERATIONS)
    };
    tokio::spawn(work).await.expect("it does not panic")
}

async fn lives(node: &Node) -> f64 {
    let node = node.clone();
    let work = async move {
        let before = node.port_count();
        let cost = Cost::start();
        for done in 1..=OPERATIONS {
            let port = node.port(Worker::default());
            port.add(1);
            node.kil(&port, Reason::normal());
            if done % 128 == 0 {
                tokio::task::yield_now().await;
            }
        }
        while node.port_count() > before {
            tokio::task::yield_now().await;
        }
        cost.each(OPERATIONS)
    };
    tokio::spawn(work).await.expect("it does not panic")
}
