//! A node that many others are connected to, which are not connected to each other.

use super::Cost;
use super::mesh::Mesh;
use crate::figures::Figures;
use crate::machine::runtime;
use crate::peers::aemp::{Worker, WorkerRef, unbounded};

/// Operations that are measured.
const OPERATIONS: usize = 4000;

/// Messages of one operation, and a request after them.
const RUN: usize = 20;

pub(super) fn measure(count: usize) -> Figures {
    runtime().block_on(async {
        let mesh = Mesh::new().await;
        let mut others = Vec::new();
        for _ in 0..count {
            let node = mesh.visitor().await;
            node.wait_up("seed").await;
            mesh.seed.wait_up(node.id()).await;
            let port = node.port_with(Worker::default(), unbounded());
            let far = WorkerRef::at(&mesh.seed, &port);
            others.push((node, far));
        }
        let ports: Vec<WorkerRef> = others.iter().map(|(_, port)| port.clone()).collect();
        turns(&ports, OPERATIONS / 4).await;
        let turn = turns(&ports, OPERATIONS).await;
        Figures::from([(format!("{RUN} messages and a request, to each in turn"), turn)])
    })
}

/// One after the other, so that nothing is shared that would be more with more of them.
pub(super) async fn turns(ports: &[WorkerRef], count: usize) -> f64 {
    let ports = ports.to_vec();
    let work = async move {
        let cost = Cost::start();
        for port in ports.iter().cycle().take(count) {
            (0..RUN).for_each(|_| port.add(1));
            port.sum().await.expect("an answer");
        }
        cost.each(count)
    };
    tokio::spawn(work).await.expect("it does not panic")
}
