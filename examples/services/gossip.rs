//! What it costs to join a mesh, and to register a port in a group, as a function of the number of
//! nodes: measured in a simulated network, with everything that really goes over the wire.
//!
//! ```text
//! cargo run --release -p aemp-example-services --example gossip            # 10, 30 and 100 nodes
//! cargo run --release -p aemp-example-services --example gossip -- 50 200
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};

use aemp_actor::Node;
use aemp_actor::sim::{self, Network};

/// Packets and bytes sent by all nodes so far, on connections that are up; what the handshakes
/// took is not in it.
#[derive(Clone, Copy, Default)]
struct Sent {
    packets: u64,
    bytes: u64,
}

impl Sent {
    fn by(nodes: &[Node]) -> Self {
        let connections = nodes.iter().flat_map(Node::peers).filter_map(|peer| peer.connection);
        connections.map(|connection| connection.traffic).fold(Self::default(), |sum, traffic| {
            Self {
                packets: sum.packets + traffic.packets_out,
                bytes: sum.bytes + traffic.bytes_out,
            }
        })
    }

    fn since(self, before: Self) -> Self {
        Self { packets: self.packets - before.packets, bytes: self.bytes - before.bytes }
    }
}

fn main() -> ExitCode {
    let counts: Result<Vec<usize>, _> = std::env::args().skip(1).map(|n| n.parse()).collect();
    let counts = match counts {
        Ok(counts) if counts.is_empty() => vec![10, 30, 100],
        Ok(counts) => counts,
        Err(_) => {
            eprintln!(
                "usage: gossip [NODES]...\n\nNODES: sizes of the meshes to measure, such as 50 200"
            );
            return ExitCode::from(2);
        }
    };
    println!(
        "| nodes | connections | whole after | to form: packets, bytes \
         | to join: packets, bytes | a registration: packets, bytes | measured in |"
    );
    println!("|---|---|---|---|---|---|---|");
    for count in counts {
        let begun = Instant::now();
        let row = sim::run(1, |network| measure(network, count));
        println!("{row} {:.1} s |", begun.elapsed().as_secs_f64());
    }
    ExitCode::SUCCESS
}

/// One row of the table.
async fn measure(network: Network, count: usize) -> String {
    let mut nodes = Vec::new();
    for n in 0..count {
        nodes.push(start(&network, n).await);
    }
    let whole = until_whole(&network, &nodes).await;
    settle().await;
    let formed = Sent::by(&nodes);
    nodes.push(start(&network, count).await);
    until_whole(&network, &nodes).await;
    settle().await;
    let joined = Sent::by(&nodes).since(formed);
    let before = Sent::by(&nodes);
    let port = nodes[0].port_fn(|_, _| ());
    nodes[0].grp_reg("group", &port).expect("a port of this node");
    settle().await;
    let registered = Sent::by(&nodes).since(before);
    format!(
        "| {count} | {} | {:.1} s | {}, {} | {}, {} | {}, {} |",
        count * (count - 1) / 2,
        whole.as_secs_f64(),
        formed.packets,
        formed.bytes,
        joined.packets,
        joined.bytes,
        registered.packets,
        registered.bytes
    )
}

/// A node that knows the first one, has one port in a group, and asks nobody for signs of life
/// while it is measured.
async fn start(network: &Network, n: usize) -> Node {
    let mut config = network.config(&format!("node-{n}"));
    if n > 0 {
        config = config.seed("mem:node-0");
    }
    let node = Node::configure(config.monitor_timeout(Duration::from_secs(36_000))).await;
    let node = node.expect("the settings are right");
    node.grp_reg("everybody", &node).expect("its own node port");
    node
}

/// Waits until everybody is connected to everybody; gives how long that took.
async fn until_whole(network: &Network, nodes: &[Node]) -> Duration {
    let begun = network.elapsed();
    while !nodes.iter().all(|node| node.up_nodes().len() == nodes.len() - 1) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    network.elapsed() - begun
}

/// Lets everything come to rest that is told with a delay.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(30)).await;
}
