//! The delivery contract under fire: random programs on simulated networks, judged against the
//! numbered guarantees.
//!
//! ```text
//!   seed ─▶ plan ─▶ program ─┬─ actors and outsiders: send, monitor, kill, spawn, ask
//!                            ├─ chaos: cuts, partitions, crashes …
//!                            └─ record: everything that was done and seen ─▶ judge ─▶ violations
//! ```
//!
//! The program runs as many seeds as it is asked to, and replays one; the tests run a few. With a
//! [`Mutation`] a bug is switched on, which the judge has to find.

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
mod later;
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
mod trees;
mod voice;
mod world;

use std::sync::Arc;

use aemp_actor::fail_points::arm;
use aemp_actor::sim::{FaultCounts, Line, Network, Random};

use self::chaos::Chaos;
use self::plan::Plan;
use self::record::Record;
use self::world::World;

pub use counts::MeshCounts;
pub use report::{Report, Violation};
pub use summary::{Summary, many};
pub use tcp::torture_tcp;
pub use trees::torture_trees;

pub use aemp_actor::fail_points::Mutation;

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
    let run = aemp_actor::sim::run(seed, |network| async move {
        if options.log {
            network.journal().record();
        }
        arm(options.mutation, &mut network.random("mutation"));
        simulated(network, options.mutation).await
    });
    arm(None, &mut Random::new(seed));
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
