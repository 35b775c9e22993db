//! The handle on a simulated network.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Reach;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::counts::FaultCounts;
use super::environment::Seeded;
use super::journal::Journal;
use super::state::State;
use super::transport::SimTransport;
use crate::node::Config;
use crate::random::Random;

/// The secret that all nodes of a simulated network share.
const SECRET: &str = "simulated";

/// A network in one process, whose faults follow from a seed. A clone is another handle on the
/// same network.
///
/// Hosts are names; on each runs at most one node at a time, listening on `mem:HOST`. What
/// happens between two hosts can be set for each direction and changed at any time. See the
/// [module](super) for how to run one.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

struct Inner {
    seed: u64,
    begun: Instant,
    journal: Journal,
    state: Mutex<State>,
    /// Something that a dial may wait for has changed.
    changed: Notify,
}

impl Network {
    /// A network of this seed on which nothing goes wrong yet: bytes take up to 2 ms.
    ///
    /// # Panics
    /// Outside a tokio runtime with a paused clock: see [`run`](super::run).
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let begun = Instant::now();
        let journal = Journal::new(begun);
        let state = Mutex::new(State::new(Random::of(seed, "network"), journal.clone()));
        let inner = Inner { seed, begun, journal, state, changed: Notify::new() };
        Self { inner: Arc::new(inner) }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.inner.seed
    }

    /// Random numbers that follow from the seed, for what the test itself wants to draw.
    pub fn random(&self, purpose: &str) -> Random {
        Random::of(self.inner.seed, purpose)
    }

    /// How long the network has existed.
    pub fn elapsed(&self) -> Duration {
        self.inner.begun.elapsed()
    }

    /// What happened, for a look at a failed run.
    pub fn journal(&self) -> &Journal {
        &self.inner.journal
    }

    /// Everything that a node on this host needs: its ID, which is the host's name, the address
    /// `mem:HOST`, the network's secret, the transport and a seeded source of environment. Seeds, or
    /// the addresses of other nodes, are still to be added.
    ///
    /// Each call is a new start of the host's program: one for each node.
    pub fn config(&self, host: &str) -> Config {
        self.private_config(host).bind(format!("mem:{host}"))
    }

    /// The same for a node that does not listen: nobody can dial it.
    pub fn private_config(&self, host: &str) -> Config {
        let transport = self.transport(host);
        let random = Random::of(self.inner.seed, &format!("node {host} {}", transport.boot()));
        let mut config = Config::new().nodeid(host).secret(SECRET).transport(transport);
        config.relay_reach = Reach::Process;
        config.environment = Arc::new(Seeded::new(random, self.inner.begun));
        config
    }

    /// The transport of a program that is started on this host, for a configuration of its own.
    pub fn transport(&self, host: &str) -> SimTransport {
        let boot = self.with(|state| {
            let host = state.host(host);
            host.boots += 1;
            host.boots
        });
        SimTransport::new(self, host, boot)
    }

    /// How long bytes take from one host to another; drawn for each write. Streams keep their
    /// order, so that only what goes by different connections can overtake.
    pub fn latency(&self, from: &str, to: &str, latency: RangeInclusive<Duration>) {
        self.with(|state| state.way_mut(from, to).latency = latency);
    }

    /// The same between all hosts whose directions have not been touched before.
    pub fn latency_everywhere(&self, latency: RangeInclusive<Duration>) {
        self.with(|state| state.normal.latency = latency);
    }

    /// How many bytes each direction of a new connection holds before its writer has to wait.
    /// Default 64 KiB.
    pub fn window(&self, bytes: usize) {
        self.with(|state| state.window = bytes.max(1));
    }

    /// Whether reads and writes take random parts of what there is. Default: they do.
    pub fn chop(&self, chop: bool) {
        self.with(|state| state.chopping = chop);
    }

    /// How many connections there are between two hosts that neither end has given up and nothing
    /// has broken.
    pub fn connections(&self, a: &str, b: &str) -> usize {
        self.with(|state| {
            let open = state.connections.values();
            open.filter(|connection| connection.joins(a, b) && connection.is_open()).count()
        })
    }

    /// How many connections were ever made, between any hosts.
    pub fn connected(&self) -> u64 {
        self.with(|state| state.next_connection - 1)
    }

    /// The faults so far that hit something.
    pub fn counts(&self) -> FaultCounts {
        self.with(|state| state.counts)
    }

    /// Locks the state, then wakes those who are to be woken.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.inner.state.lock();
        let result = act(&mut state);
        let woken = std::mem::take(&mut state.woken);
        drop(state);
        for waker in woken {
            waker.wake();
        }
        result
    }

    pub(super) fn changed(&self) -> &Notify {
        &self.inner.changed
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network(seed {})", self.inner.seed)
    }
}
