//! Nodes in one process, connected in memory.

use aemp_actor::prelude::*;
use aemp_actor::{Memory, Require};

/// A network of nodes, of which the first is their seed.
pub(super) struct Mesh {
    memory: Memory,
    pub(super) seed: Node,
}

impl Mesh {
    pub(super) async fn new() -> Self {
        let memory = Memory::new();
        let config = config(&memory).nodeid("seed").bind("mem:seed");
        let seed = Node::configure(config).await.expect("it is configured");
        Self { memory, seed }
    }

    /// A node that is connected to all others.
    pub(super) async fn node(&self, number: usize) -> Node {
        let config = config(&self.memory)
            .nodeid(format!("node/{number}"))
            .bind(format!("mem:{number}"))
            .seed("mem:seed");
        Node::configure(config).await.expect("it is configured")
    }

    /// A node that is connected to the seed alone.
    pub(super) async fn visitor(&self) -> Node {
        let config = config(&self.memory).visitor().seed("mem:seed");
        Node::configure(config).await.expect("it is configured")
    }
}

/// Not encrypted: it is their number that is looked at.
fn config(memory: &Memory) -> Config {
    Config::new()
        .secret("a long secret of the benchmark's, which protects nothing")
        .stls(false)
        .require(Require::None)
        .max_handshakes(usize::MAX)
        .max_handshakes_per_address(usize::MAX)
        .transport(memory.clone())
}
