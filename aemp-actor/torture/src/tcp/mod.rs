//! The same program over real TCP: two nodes on this machine, on several threads, with a proxy
//! before each that cuts every connection at a random byte.

mod proxy;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aemp_actor::sim::{FaultCounts, Journal, Random};
use aemp_actor::{Config, Node};
use aemp_transport::{Address, BoxStream, Listener, Tcp, Transport};
use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::time::Instant;

use self::proxy::Proxy;
use super::ground::Ground;
use super::plan::Plan;
use super::world::World;
use super::{Report, Run, judge, program};

/// A run is given up when its cuts take longer than this each.
const SLOWEST_CUT: Duration = Duration::from_secs(2);

/// Runs a random program between two nodes until so many connections have been cut, and judges
/// it.
///
/// # Errors
/// When the system has no sockets to spare.
pub fn torture_tcp(seed: u64, cuts: usize) -> io::Result<Report> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
    let run = runtime.block_on(run(seed, cuts))?;
    let violations = judge::judge(&run.record, &run.plan);
    Ok(Report::new(seed, run, violations, false))
}

async fn run(seed: u64, cuts: usize) -> io::Result<Run> {
    let mut random = Random::of(seed, "tcp");
    let plan = Plan::real(&mut random);
    let mut proxies = BTreeMap::new();
    for host in &plan.hosts {
        let random = Random::of(seed, host);
        proxies.insert((*host).to_owned(), Proxy::start(random).await?);
    }
    let real = Arc::new(Real { proxies, routes: Arc::default() });
    let journal = Journal::new(Instant::now());
    let world = World::new(real.clone(), plan, random, &journal);
    let [a, b] = [0, 1].map(|index| world.plan.hosts[index]);
    world.log.disturb(a, b);
    let enough = async {
        let deadline = Instant::now() + SLOWEST_CUT * u32::try_from(cuts).unwrap_or(u32::MAX);
        while real.cuts() < cuts && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let heal = || {
        real.spare();
        world.log.calm(a, b);
    };
    let record = program::run(&world, enough, heal).await;
    let mut faults = FaultCounts::default();
    faults.cuts_at_byte = real.cuts() as u64;
    Ok(Run { record, plan: world.plan.clone(), faults, journal: Vec::new() })
}

/// Two nodes on this machine, each behind its proxy.
struct Real {
    /// By host.
    proxies: BTreeMap<String, Proxy>,
    routes: Routes,
}

/// Which proxy stands before a listener: nodes tell each other where they really listen.
type Routes = Arc<Mutex<BTreeMap<Address, SocketAddr>>>;

impl Real {
    fn cuts(&self) -> usize {
        self.proxies.values().map(Proxy::cuts).sum()
    }

    /// Cuts nothing any more.
    fn spare(&self) {
        for proxy in self.proxies.values() {
            proxy.spare();
        }
    }
}

impl Ground for Real {
    fn config(&self, host: &str, _listens: bool) -> Config {
        let transport = Detour { routes: self.routes.clone() };
        Config::new().nodeid(host).secret("real").bind("127.0.0.1:0").transport(transport)
    }

    fn address(&self, host: &str) -> String {
        self.proxies[host].address().to_string()
    }

    fn started(&self, host: &str, node: &Node) {
        let proxy = &self.proxies[host];
        for listener in node.listeners() {
            if let (Ok(address), Ok(socket)) = (listener.parse(), listener.parse()) {
                self.routes.lock().insert(address, proxy.address());
                proxy.leads_to(socket);
            }
        }
    }

    fn connections(&self, _: &str, _: &str) -> usize {
        self.proxies.values().map(Proxy::open).sum()
    }
}

/// TCP that goes by the proxies.
struct Detour {
    routes: Routes,
}

#[async_trait]
impl Transport for Detour {
    fn scheme(&self) -> &str {
        Tcp.scheme()
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        let proxy = self.routes.lock().get(address).copied();
        match proxy {
            Some(proxy) => Tcp.dial(&Address::from(proxy)).await,
            None => Tcp.dial(address).await,
        }
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        Tcp.bind(address).await
    }
}
