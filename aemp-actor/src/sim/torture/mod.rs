//! The delivery contract under fire: random programs on simulated networks, judged against the
//! numbered guarantees.
//!
//! ```text
//!   seed ─▶ plan ─▶ program ─┬─ actors and outsiders: send, monitor, kill, spawn, ask
//!                            ├─ chaos: cuts, partitions, crashes …
//!                            └─ record: everything that was done and seen ─▶ judge ─▶ violations
//! ```
//!
//! Not part of the public interface: it is here so that the tests and the `torture` example share
//! it.

mod actor;
mod body;
mod bounds;
mod chaos;
mod counts;
mod elsewhere;
mod ground;
mod group_log;
mod groups;
mod holdings;
mod judge;
mod log;
mod mesh;
mod ops;
mod outside;
mod plan;
mod program;
mod record;
mod report;
mod summary;
mod tcp;
mod trap;
mod voice;
mod world;

use std::sync::Arc;

use self::chaos::Chaos;
use self::plan::Plan;
use self::record::Record;
use self::world::World;
use super::{FaultCounts, Line, Network};

pub use counts::MeshCounts;
pub use report::{Report, Violation};
pub use summary::{Summary, many};
pub use tcp::torture_tcp;

pub use crate::mutation::Mutation;

/// How to run a seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// A bug that is switched on.
    pub mutation: Option<Mutation>,
    /// Whether the report has a log of everything.
    pub log: bool,
}

/// Runs the program of a seed and judges it.
#[must_use]
pub fn torture(seed: u64, options: Options) -> Report {
    let run = super::run(seed, |network| async move {
        if options.log {
            network.journal().record();
        }
        crate::mutation::arm(options.mutation, &mut network.random("mutation"));
        simulated(network, options.mutation).await
    });
    crate::mutation::arm(None, &mut super::Random::new(seed));
    let violations = judge::judge(&run.record, &run.plan);
    Report::new(seed, run, violations, options.log)
}

/// Runs the program of the network's seed.
async fn simulated(network: Network, mutation: Option<Mutation>) -> Run {
    let mut random = network.random("torture");
    let plan = Plan::draw(&mut random).with_bounds_for(mutation);
    network.latency_everywhere(plan.latency.clone());
    network.window(plan.window);
    for host in plan.hosts.iter().filter(|host| plan.firewalled && plan.is_private(host)) {
        network.drop_dials(host, true);
    }
    let world = World::new(Arc::new(network.clone()), plan, random, network.journal());
    let chaos = Chaos::new(&world, &network);
    let record = program::run(&world, chaos.rage(), || chaos.heal()).await;
    let plan = world.plan.clone();
    Run { record, plan, faults: network.counts(), journal: network.journal().lines() }
}

/// What a run leaves behind.
struct Run {
    record: Record,
    plan: Plan,
    faults: FaultCounts,
    journal: Vec<Line>,
}
