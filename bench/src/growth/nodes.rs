//! A mesh of many nodes, each connected to each.

use std::time::{Duration, Instant};

use aemp_actor::prelude::*;

use super::Cost;
use super::connections::turns;
use super::mesh::Mesh;
use crate::figures::Figures;
use crate::machine::runtime;
use crate::peers::aemp::{Worker, WorkerRef, unbounded};

/// Operations that are measured.
const OPERATIONS: usize = 5000;

pub(super) fn measure(count: usize) -> Figures {
    runtime().block_on(async {
        let forming = Cost::start();
        let mesh = Mesh::new().await;
        let mut nodes = vec![mesh.seed.clone()];
        for number in 1..count {
            let node = mesh.node(number).await;
            until_up(&node, number).await;
            nodes.push(node);
        }
        for node in &nodes {
            until_up(node, count - 1).await;
        }
        let connections = count * (count - 1) / 2;
        let connection = forming.each(connections);
        let ports: Vec<WorkerRef> = nodes[1..]
            .iter()
            .map(|node| WorkerRef::at(&nodes[0], node.port_with(Worker::default(), unbounded())))
            .collect();
        turns(&ports, OPERATIONS / 4).await;
        let turn = turns(&ports, OPERATIONS).await;
        Figures::from([
            ("forming the mesh, for each connection".to_owned(), connection),
            ("join of one more, for each node".to_owned(), join(&mesh, count).await),
            ("20 messages and a request, to each in turn".to_owned(), turn),
        ])
    })
}

/// Waits until a node is connected to so many others.
async fn until_up(node: &Node, others: usize) {
    let mut events = node.node_events();
    while node.up_nodes().iter().filter(|up| *up != node.id()).count() < others {
        events.next().await.expect("the node goes on");
    }
}

/// For each node that is there, when another joins.
async fn join(mesh: &Mesh, count: usize) -> f64 {
    let cost = Cost::start();
    let node = mesh.node(count).await;
    until_up(&node, count).await;
    // Until what others do about it is done as well.
    let (start, mut spent) = (Instant::now(), cost.spent());
    while start.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let before = std::mem::replace(&mut spent, cost.spent());
        if spent.saturating_sub(before) < Duration::from_micros(200) {
            break;
        }
    }
    spent.as_nanos() as f64 / count as f64
}
