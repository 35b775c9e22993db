//! What goes wrong in a run, at random.

use std::sync::Arc;
use std::time::Duration;

use aemp_actor::sim::{Crash, Network};

use super::ground::boot;
use super::plan::Fault;
use super::world::World;

/// How long a host is down, in milliseconds: mostly no longer than it takes others to notice.
const LONGEST_DOWN: [usize; 4] = [6000, 6000, 6000, 30_000];

/// How long a node that is shut down has for it, in milliseconds: too short, or long enough.
const SHUTDOWNS: [usize; 2] = [2000, 20_000];

/// The faults of one run.
pub(super) struct Chaos {
    world: Arc<World>,
    network: Network,
}

impl Chaos {
    pub(super) fn new(world: &Arc<World>, network: &Network) -> Self {
        Self { world: world.clone(), network: network.clone() }
    }

    /// Does harm until it is dropped.
    pub(super) async fn rage(&self) {
        loop {
            let calm = self.world.plan.calm.clone();
            let pause = self.world.draw(|random| random.duration(&calm));
            tokio::time::sleep(pause).await;
            let Some(fault) = self.world.pick(&self.world.plan.faults) else {
                return std::future::pending().await;
            };
            self.harm(fault).await;
        }
    }

    async fn harm(&self, fault: Fault) {
        let world = &self.world;
        let hosts = world.plan.hosts.clone();
        let Some(a) = world.pick(&hosts) else { return };
        let others: Vec<&str> = hosts.into_iter().filter(|host| *host != a).collect();
        let Some(b) = world.pick(&others) else { return };
        world.log.note(format!("{fault:?} {a} {b}"));
        match fault {
            Fault::Latency => {
                let longest = world.millis(0, 100);
                self.network.latency(a, b, Duration::ZERO..=longest);
            }
            Fault::CrashProcess => self.crash(a, Crash::Process),
            Fault::CrashMachine => self.crash(a, Crash::Machine),
            Fault::Shutdown => self.shutdown(a),
            _ => self.disturb(fault, a, b),
        }
    }

    /// Something between two hosts, for a while.
    fn disturb(&self, fault: Fault, a: &'static str, b: &'static str) {
        let (world, network) = (&self.world, &self.network);
        world.log.disturb(a, b);
        match fault {
            Fault::Cut => drop(network.cut(a, b)),
            Fault::CutAfter => {
                network.cut_after(a, b, world.draw(|random| random.below(5000)));
            }
            Fault::Fragile => {
                let longest = *world.draw(|random| random.pick(&[700, 5000])).unwrap_or(&700);
                network.make_fragile(a, b, Some(longest));
                network.cut(a, b);
            }
            Fault::Partition => network.partition(a, b),
            Fault::Block => network.block(a, b),
            Fault::StopReading => network.stop_reading(a, b),
            Fault::Throttle => {
                network.throttle(a, b, Some(world.draw(|random| random.within(100..=5000))));
            }
            Fault::Refuse => network.refuse_dials(a, b, true),
            _ => {}
        }
        let longest = *world.draw(|random| random.pick(&[500, 3000, 15_000])).unwrap_or(&500);
        let lasting = if fault == Fault::Cut { Duration::ZERO } else { world.millis(0, longest) };
        let (world, network) = (world.clone(), network.clone());
        tokio::spawn(async move {
            tokio::time::sleep(lasting).await;
            network.heal_between(a, b);
            world.log.calm(a, b);
        });
    }

    fn crash(&self, host: &'static str, crash: Crash) {
        let Some((no, node)) = self.world.stopped(host) else { return };
        self.world.log.crash(no);
        self.network.crash(host, crash);
        drop(node);
        self.come_back(host);
    }

    fn shutdown(&self, host: &'static str) {
        let Some((no, node)) = self.world.stopped(host) else { return };
        let world = self.world.clone();
        let longest = world.pick(&SHUTDOWNS).unwrap_or(SHUTDOWNS[0]);
        let deadline = world.millis(0, longest);
        let (chaos, log) = (Self::new(&world, &self.network), world.log.clone());
        log.shutdown(no, deadline);
        tokio::spawn(async move {
            node.shutdown(deadline).await;
            log.shutdown_done(no);
            drop(node);
            chaos.come_back(host);
        });
    }

    /// Has the host come back after a while, or not at all.
    fn come_back(&self, host: &'static str) {
        if self.world.percent(10) && !self.world.plan.are_strangers() {
            return;
        }
        let longest = self.world.pick(&LONGEST_DOWN).unwrap_or(LONGEST_DOWN[0]);
        let pause = self.world.millis(0, longest);
        let world = self.world.clone();
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            boot(&world, host).await;
        });
    }

    /// Ends everything that is wrong.
    pub(super) fn heal(&self) {
        self.network.heal();
        let hosts = &self.world.plan.hosts;
        for (index, a) in hosts.iter().enumerate() {
            for b in &hosts[index + 1..] {
                self.world.log.calm(a, b);
            }
        }
    }
}
