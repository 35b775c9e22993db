//! What connects the nodes of a run: a simulated network, or a real one.

use std::sync::Arc;

use aemp_actor::sim::{Crash, Network};
use aemp_actor::{Config, Node};

use super::world::World;

/// What the nodes of a random program run on: a simulated network, or TCP.
pub(super) trait Ground: Send + Sync {
    /// What a node on that host needs to dial, and to listen if it does.
    fn config(&self, host: &str, listens: bool) -> Config;

    /// Where others dial that host.
    fn address(&self, host: &str) -> String;

    /// The node of that host has started.
    fn started(&self, host: &str, node: &Node);

    /// How many connections there are between two hosts.
    fn connections(&self, a: &str, b: &str) -> usize;

    /// Nothing passes between two hosts until all is healed; false where that cannot be had.
    fn part(&self, _a: &str, _b: &str) -> bool {
        false
    }

    /// The machine is gone from one moment to the next.
    fn crash(&self, _host: &str) {}
}

impl Ground for Network {
    fn config(&self, host: &str, listens: bool) -> Config {
        if listens { self.config(host) } else { self.private_config(host) }
    }

    fn address(&self, host: &str) -> String {
        format!("mem:{host}")
    }

    fn started(&self, _: &str, _: &Node) {}

    fn connections(&self, a: &str, b: &str) -> usize {
        self.connections(a, b)
    }

    fn part(&self, a: &str, b: &str) -> bool {
        self.partition(a, b);
        true
    }

    fn crash(&self, host: &str) {
        self.crash(host, Crash::Machine);
    }
}

/// Starts a node on a host, with a few ports.
pub(super) async fn boot(world: &Arc<World>, host: &str) {
    let ground = &world.ground;
    let config = ground.config(host, world.plan.listens(host));
    let config = world.plan.settle(host, config, |other| ground.address(other));
    match Node::configure(config).await {
        Ok(node) => {
            ground.started(host, &node);
            let no = world.started(host, node.clone());
            for _ in 0..world.draw(|random| random.within(1..=3)) {
                world.make(no, &node);
            }
        }
        Err(error) => world.log.note(format!("{host} does not start: {error}")),
    }
}
