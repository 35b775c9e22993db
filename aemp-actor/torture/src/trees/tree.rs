//! A tree of supervisors on several nodes, and what is done to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{Crash, Network, Random};
use aemp_actor::supervisor::{
    Backoff, Child, Restart, Strategy, Supervisor, SupervisorPort, SupervisorRef,
};
use tokio::time::sleep;

use super::restarts::Hurt;
use super::worker::{Lives, Worker, worker};

const SECOND: Duration = Duration::from_secs(1);

/// The host of the top supervisor, which stays, and the others.
const TOP: &str = "a";
const OTHERS: [&str; 3] = ["b", "c", "d"];

/// After the last fault everything is noticed, told and started anew within this: silence of 5 seconds, the
/// pauses of dials and restarts, and those of a supervisor below.
pub(super) const HEALING: Duration = Duration::from_secs(90);

#[init("Trees::below")]
fn below(ctx: &mut Init, run: u64, names: Vec<String>) -> SupervisorPort {
    let workers = names.into_iter().map(|name| Child::init(name.clone(), worker, (run, name)));
    let supervisor = Supervisor::new(Strategy::RestForOne).any_intensity().backoff(backoff());
    workers.fold(supervisor, Supervisor::child).start_in(ctx)
}

fn backoff() -> Backoff {
    Backoff::new(SECOND / 20, 2 * SECOND)
}

/// Runs the tree of a seed, and says what is wrong with it in the end.
#[must_use]
pub fn torture_trees(seed: u64) -> Vec<String> {
    aemp_actor::sim::run(seed, move |network| async move {
        let mut tree = Tree::new(network).await;
        let supervisor = tree.plant();
        tree.rage(&supervisor).await;
        tree.heal().await;
        tree.judge(&supervisor).await;
        tree.probe(&supervisor).await;
        tree.end(&supervisor).await
    })
}

pub(super) struct Tree {
    network: Network,
    pub(super) random: Random,
    pub(super) top: Node,
    others: BTreeMap<&'static str, Option<Node>>,
    /// The workers that there are to be, with the rules of those that are children of the top supervisor.
    expected: BTreeMap<String, Option<Restart>>,
    /// The children of the top supervisor that were started anew on demand.
    asked: BTreeSet<String>,
    pub(super) violations: Vec<String>,
}

impl Tree {
    async fn new(network: Network) -> Self {
        let mut random = network.random("trees");
        let slow = random.within(1..=80) as u64;
        network.latency_everywhere(Duration::ZERO..=Duration::from_millis(slow));
        let top = boot(&network, TOP).await;
        let mut others = BTreeMap::new();
        for host in OTHERS {
            others.insert(host, Some(boot(&network, host).await));
        }
        let (expected, asked, violations) = Default::default();
        Self { network, random, top, others, expected, asked, violations }
    }

    pub(super) fn run(&self) -> u64 {
        self.network.seed()
    }

    fn name(&mut self, restart: Option<Restart>) -> String {
        let name = format!("worker {}", self.expected.len());
        self.expected.insert(name.clone(), restart);
        name
    }

    /// Whether it is a worker, and a child of the top supervisor.
    pub(super) fn is_worker(&self, name: &str) -> bool {
        self.expected.get(name).is_some_and(Option::is_some)
    }

    /// A random tree of two levels.
    fn plant(&mut self) -> SupervisorRef {
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let strategy = *self.random.pick(&strategies).unwrap_or(&strategies[0]);
        let mut supervisor = Supervisor::new(strategy).any_intensity().backoff(backoff());
        for _ in 0..self.random.within(2..=6) {
            supervisor = match self.random.below(5) {
                0..3 => self.plant_worker(supervisor),
                3 => self.plant_below(supervisor),
                _ => self.plant_beside(supervisor),
            };
        }
        supervisor.start(&self.top)
    }

    fn plant_worker(&mut self, supervisor: Supervisor) -> Supervisor {
        let restarts = [Restart::Permanent, Restart::Transient, Restart::Temporary];
        let restart = match self.random.below(6) {
            at @ 1..=2 => restarts[at],
            _ => Restart::Permanent,
        };
        let (run, name) = (self.run(), self.name(Some(restart)));
        let host = *self.random.pick(&OTHERS).unwrap_or(&OTHERS[0]);
        let far = Child::init(name.clone(), worker, (run, name.clone()));
        let child = match self.random.below(3) {
            0 => {
                let named = name.clone();
                Child::new(name, move |init: &mut Init| {
                    Worker::begin(run, named.clone(), init.id())
                })
            }
            1 => far.on(host),
            _ => far.place(|nodes| nodes.iter().rfind(|node| node.as_str() != TOP).cloned()),
        };
        supervisor.child(child.restart(restart))
    }

    /// A supervisor on another node.
    fn plant_below(&mut self, supervisor: Supervisor) -> Supervisor {
        let (run, names) = (self.run(), vec![self.name(None), self.name(None)]);
        let host = *self.random.pick(&OTHERS).unwrap_or(&OTHERS[0]);
        let name = format!("below {}", names[0]);
        supervisor.child(Child::init(name, below, (run, names)).on(host))
    }

    /// One on the same node, which gives up soon.
    fn plant_beside(&mut self, supervisor: Supervisor) -> Supervisor {
        let (run, one, two) = (self.run(), self.name(None), self.name(None));
        let host = *self.random.pick(&OTHERS).unwrap_or(&OTHERS[0]);
        let name = format!("beside {one}");
        let inner = Supervisor::new(Strategy::OneForAll)
            .intensity(1, SECOND)
            .child(Child::init(one.clone(), worker, (run, one)).on(host))
            .child(Child::init(two.clone(), worker, (run, two)));
        supervisor.child(Child::supervisor(name, inner))
    }

    async fn rage(&mut self, supervisor: &SupervisorRef) {
        for _ in 0..self.random.within(20..=60) {
            let calm = self.random.duration(&(Duration::ZERO..=4 * SECOND));
            sleep(calm).await;
            let host = *self.random.pick(&OTHERS).unwrap_or(&OTHERS[0]);
            let other = *self.random.pick(&[TOP, "b", "c"]).unwrap_or(&TOP);
            match self.random.below(9) {
                0 | 1 => drop(self.network.cut(host, other)),
                2 if host != other => self.network.partition(host, other),
                3 => self.network.heal_between(host, other),
                4 => self.crash(host, Crash::Process),
                5 => self.crash(host, Crash::Machine),
                6 => self.come_back().await,
                7 => self.restart(supervisor).await,
                _ => self.hurt_any(),
            }
        }
    }

    fn crash(&mut self, host: &'static str, crash: Crash) {
        if let Some(node) = self.others.get_mut(host).and_then(Option::take) {
            self.network.crash(host, crash);
            drop(node);
        }
    }

    async fn come_back(&mut self) {
        for (host, node) in &mut self.others {
            if node.is_none() {
                *node = Some(boot(&self.network, host).await);
            }
        }
    }

    /// Has a child started anew by its supervisor.
    async fn restart(&mut self, supervisor: &SupervisorRef) {
        let Ok(info) = supervisor.which_children().await else { return };
        if let Some(child) = self.random.pick(&info.children) {
            self.asked.insert(child.name.clone());
            drop(supervisor.restart_child(child.name.as_str()).await);
        }
    }

    /// Ends a worker in one way or the other.
    fn hurt_any(&mut self) {
        let live: Vec<PortId> = Lives::of(self.run()).live.into_keys().collect();
        let Some(port) = self.random.pick(&live).cloned() else { return };
        let ways = [Hurt::Fail, Hurt::Finish, Hurt::Kil, Hurt::KilNow];
        let how = *self.random.pick(&ways).unwrap_or(&Hurt::Fail);
        self.hurt(&port, how);
    }

    async fn heal(&mut self) {
        self.network.heal();
        self.come_back().await;
        sleep(HEALING).await;
    }

    async fn judge(&mut self, supervisor: &SupervisorRef) {
        let lives = Lives::of(self.run());
        let wrong = self.wrong(&lives);
        if !wrong.is_empty() {
            let info = supervisor.which_children().await;
            self.violations.push(format!("{wrong:?}: {lives:?}: {info:?}"));
        }
        sleep(HEALING).await;
        let later = Lives::of(self.run()).live;
        if later != lives.live {
            self.violations.push(format!("no rest: {:?} became {later:?}", lives.live));
        }
    }

    /// The workers of which too many or too few live, or were started.
    fn wrong(&self, lives: &Lives) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, restart) in &self.expected {
            let live = lives.live.values().filter(|live| *live == name).count();
            let of = |counts: &BTreeMap<String, usize>| counts.get(name).copied().unwrap_or(0);
            let asked = self.asked.contains(name);
            let right = match restart {
                Some(Restart::Temporary) => live <= 1 && (of(&lives.starts) <= 1 || asked),
                // What has finished may have been started again with others, or when its end was not heard of.
                Some(Restart::Transient) if of(&lives.finished) > 0 => live <= 1,
                _ => live == 1,
            };
            if !right {
                wrong.push(format!("{live} of {name}, {restart:?}"));
            }
        }
        let unknown = lives.live.values().filter(|name| !self.expected.contains_key(*name));
        wrong.extend(unknown.cloned());
        wrong
    }

    async fn end(self, supervisor: &SupervisorRef) -> Vec<String> {
        let Self { network, mut violations, top: _top, others: _others, .. } = self;
        supervisor.shutdown();
        sleep(HEALING).await;
        let live = Lives::of(network.seed()).live;
        if !live.is_empty() {
            violations.push(format!("these run on after the end: {live:?}"));
        }
        Lives::forget(network.seed());
        violations
    }
}

async fn boot(network: &Network, host: &str) -> Node {
    let hosts = OTHERS.iter().chain([&TOP]).filter(|other| **other != host);
    let seeds = hosts.map(|other| format!("mem:{other}"));
    let config = network.config(host).monitor_timeout(5 * SECOND).connect_timeout(3 * SECOND);
    let config = seeds.fold(config, aemp_actor::Config::seed);
    Node::configure(config).await.expect("the configuration of a simulated node is valid")
}
