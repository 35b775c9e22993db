//! A mesh of many nodes, each connected to each.

use std::time::{Duration, Instant};

use aemp_actor::prelude::*;

use super::connections::turns;
use super::mesh::Mesh;
use crate::figures::Figures;
use crate::machine::{cpu_time, runtime};
use crate::peers::aemp::{Worker, WorkerRef, unbounded};

/// Operations that are measured.
const OPERATIONS: usize = 5000;

pub(super) fn measure(count: usize) -> Figures {
    runtime().block_on(async {
        let before = cpu_time(std::process::id());
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
        let spent = (cpu_time(std::process::id()) - before).as_nanos() as f64;
        let ports: Vec<WorkerRef> = nodes[1..]
            .iter()
            .map(|node| WorkerRef::at(&nodes[0], &node.port_with(Worker::default(), unbounded())))
            .collect();
        turns(&ports, OPERATIONS / 4).await;
        let turn = turns(&ports, OPERATIONS).await;
        Figures::from([
            ("processor time of a connection".to_owned(), spent / connections as f64),
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

/// Processor time for each node that is there, when another joins.
async fn join(mesh: &Mesh, count: usize) -> f64 {
    let before = cpu_time(std::process::id());
    let node = mesh.node(count).await;
    until_up(&node, count).await;
    // Time that was spent while nobody waited any more.
    let mut spent = cpu_time(std::process::id()) - before;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = cpu_time(std::process::id()) - before;
        if now.saturating_sub(spent) < Duration::from_micros(200) {
            break;
        }
        spent = now;
    }
    spent.as_nanos() as f64 / count as f64
}
