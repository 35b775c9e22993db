//! Trees of supervisors under fire: children on several nodes, cuts, partitions, crashes and restarts. After
//! the last fault the tree is as its rules say, within a bounded time, and nothing runs beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{Crash, Network, Random};
use aemp_actor::supervisor::{Backoff, Child, Strategy, Supervisor, SupervisorPort, SupervisorRef};
use parking_lot::Mutex;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

/// The host of the top supervisor, which stays, and the others.
const TOP: &str = "a";
const OTHERS: [&str; 3] = ["b", "c", "d"];

/// After the last fault everything is noticed, told and started anew within this: silence of 5 seconds, the
/// pauses of dials and restarts, and those of a supervisor below.
const HEALING: Duration = Duration::from_secs(90);

/// The workers of all runs that live, wherever they run: by the number of the run, and their names.
static LIVE: Mutex<BTreeMap<(u64, PortId), String>> = Mutex::new(BTreeMap::new());

/// A worker that is seen as long as it lives.
#[derive(Port)]
struct Worker {
    key: (u64, PortId),
}

#[rcv]
impl Worker {
    fn fail(&mut self) -> Result<(), Die> {
        Err(die!("told to"))
    }

    fn finish(&mut self, ctx: &mut Ctx<Self>) {
        ctx.stop(());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        LIVE.lock().remove(&self.key);
    }
}

impl Worker {
    fn begin(run: u64, name: String, id: PortId) -> Self {
        LIVE.lock().insert((run, id.clone()), name);
        Self { key: (run, id) }
    }
}

#[init("Trees::worker")]
fn worker(ctx: &mut Init, run: u64, name: String) -> Worker {
    Worker::begin(run, name, ctx.id())
}

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
        tree.judge(&supervisor).await
    })
}

struct Tree {
    network: Network,
    random: Random,
    top: Node,
    others: BTreeMap<&'static str, Option<Node>>,
    /// The workers that there are to be.
    expected: Vec<String>,
    violations: Vec<String>,
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
        Self { network, random, top, others, expected: Vec::new(), violations: Vec::new() }
    }

    fn run(&self) -> u64 {
        self.network.seed()
    }

    fn name(&mut self) -> String {
        let name = format!("worker {}", self.expected.len());
        self.expected.push(name.clone());
        name
    }

    /// A random tree of two levels.
    fn plant(&mut self) -> SupervisorRef {
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let strategy = *self.random.pick(&strategies).unwrap_or(&strategies[0]);
        let mut supervisor = Supervisor::new(strategy).any_intensity().backoff(backoff());
        for _ in 0..self.random.within(2..=6) {
            let (run, kind) = (self.run(), self.random.below(5));
            let host = *self.random.pick(&OTHERS).unwrap_or(&OTHERS[0]);
            supervisor = match kind {
                0 => {
                    let name = self.name();
                    let named = name.clone();
                    let made = move |init: &mut Init| Worker::begin(run, named.clone(), init.id());
                    supervisor.child(Child::new(name, made))
                }
                1 => {
                    let name = self.name();
                    supervisor.child(Child::init(name.clone(), worker, (run, name)).on(host))
                }
                2 => {
                    let name = self.name();
                    let elsewhere =
                        |nodes: &[NodeId]| nodes.iter().rfind(|n| n.as_str() != TOP).cloned();
                    let child = Child::init(name.clone(), worker, (run, name)).place(elsewhere);
                    supervisor.child(child)
                }
                3 => {
                    let names = vec![self.name(), self.name()];
                    let name = format!("below {}", names[0]);
                    supervisor.child(Child::init(name, below, (run, names)).on(host))
                }
                _ => {
                    let (one, two) = (self.name(), self.name());
                    let name = format!("beside {one}");
                    let inner = Supervisor::new(Strategy::OneForAll)
                        .intensity(1, SECOND)
                        .child(Child::init(one.clone(), worker, (run, one)).on(host))
                        .child(Child::init(two.clone(), worker, (run, two)));
                    supervisor.child(Child::supervisor(name, inner))
                }
            };
        }
        supervisor.start(&self.top)
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
                _ => self.hurt(),
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
            drop(supervisor.restart_child(child.name.as_str()).await);
        }
    }

    /// Ends a worker, or a supervisor below, in one way or the other.
    fn hurt(&mut self) {
        let live: Vec<PortId> = self.live().into_keys().collect();
        let Some(port) = self.random.pick(&live).cloned() else { return };
        match self.random.below(4) {
            0 => self.top.snd(&port, ("fail",)),
            1 => self.top.snd(&port, ("finish",)),
            2 => self.top.kil(&port, "hurt"),
            _ => self.top.kil_now(&port, "hurt"),
        }
    }

    async fn heal(&mut self) {
        self.network.heal();
        self.come_back().await;
        sleep(HEALING).await;
    }

    /// The workers of this run that live.
    fn live(&self) -> BTreeMap<PortId, String> {
        let (run, live) = (self.run(), LIVE.lock());
        let own = live.iter().filter(|((of, _), _)| *of == run);
        own.map(|((_, port), name)| (port.clone(), name.clone())).collect()
    }

    async fn judge(mut self, supervisor: &SupervisorRef) -> Vec<String> {
        let names = |live: &BTreeMap<PortId, String>| {
            let mut names: Vec<String> = live.values().cloned().collect();
            names.sort();
            names
        };
        self.expected.sort();
        let live = self.live();
        if names(&live) != self.expected {
            let info = supervisor.which_children().await;
            let text = format!("these run: {live:?}, and not: {:?}: {info:?}", self.expected);
            self.violations.push(text);
        }
        sleep(HEALING).await;
        if self.live() != live {
            self.violations.push(format!("no rest: {live:?} became {:?}", self.live()));
        }
        supervisor.shutdown();
        sleep(HEALING).await;
        if !self.live().is_empty() {
            self.violations.push(format!("these run on after the end: {:?}", self.live()));
        }
        LIVE.lock().retain(|(run, _), _| *run != self.network.seed());
        self.violations
    }
}

async fn boot(network: &Network, host: &str) -> Node {
    let hosts = OTHERS.iter().chain([&TOP]).filter(|other| **other != host);
    let seeds = hosts.map(|other| format!("mem:{other}"));
    let config = network.config(host).monitor_timeout(5 * SECOND).connect_timeout(3 * SECOND);
    let config = seeds.fold(config, aemp_actor::Config::seed);
    Node::configure(config).await.expect("the configuration of a simulated node is valid")
}
