//! What a node is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use aemp_transport::{Address, HandshakeConfig};
use dashmap::DashMap;
use parking_lot::{Mutex, RwLock};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Environment;
use super::addresses::{AddressBook, MAX_ADDRESS, MAX_ADDRESSES};
use super::closing::{Closing, Remaining};
use super::config::Config;
use super::connector::{Dials, Refusals, Targets};
use super::counters::{Counters, Dropped};
use super::events::Events;
use super::functions::Functions;
use super::handle::Alive;
use super::operated::Operated;
use super::peer::Peer;
use super::registry::Registry;
use super::timers::{self, OwnedTimers, Sentinel, Timers};
use super::{directory, router};
use crate::id::{NodeId, PortName};
use crate::log::LogCatching;
use crate::mesh::Mesh;
use crate::monitor::{Action, Watch, WatchId, Watchers};
use crate::panics;
use crate::port::{PortOptions, Standby, on_node};
use crate::reason::{Reason, kind};
use crate::relay::Relays;
use crate::service::Data;
use crate::visible::one_line;

/// Failed handshakes of one address, and messages of one node that ports did not understand, that are
/// told of at once; then it is one in ten seconds.
const TOLD_AT_ONCE: u32 = 20;

/// Peers that are kept whatever is known of them. Beyond, they are swept each time when they have doubled, so
/// that a sweep costs each of them the same however many there are.
const SWEEP_AT: usize = 64;

/// The shared state of a node. [`Node`](crate::Node) is the handle that keeps it running;
/// ports, peers and tasks hold it without keeping it running.
pub(crate) struct Core {
    id: NodeId,
    runtime: Handle,
    config: Config,
    /// For handshakes that begin now.
    handshake: RwLock<Arc<HandshakeConfig>>,
    networked: bool,
    registry: Registry,
    peers: DashMap<NodeId, Arc<Peer>>,
    /// How many peers there may be before unused ones are forgotten.
    sweep_at: AtomicUsize,
    book: AddressBook,
    mesh: Mesh,
    relays: Relays,
    /// Handshakes that failed, and were told of.
    refusals: Mutex<Refusals>,
    /// Messages that ports did not understand, and were told of.
    bad_messages: Mutex<Refusals>,
    dials: Dials,
    targets: Targets,
    functions: Functions,
    data: Data,
    events: Events,
    standby: Standby,
    counters: Counters,
    next_watch: AtomicU64,
    next_attempt: AtomicU64,
    /// Monitors of this node's own node port: they fire when it is shut down.
    own_watchers: Mutex<Watchers<Watch>>,
    timers: OwnedTimers,
    /// Monitors of ports that do not exist: each fires in a moment, unless it is cancelled.
    due: Mutex<BTreeMap<WatchId, Watch>>,
    listeners: Mutex<Vec<Address>>,
    /// Listeners, seeds and dials, ended by `close`.
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// The ports that are to be told that the node is shut down.
    remaining: Mutex<Option<Arc<Remaining>>>,
    pub(super) alive: Mutex<Weak<Alive>>,
    started: Instant,
    /// The node is shut down.
    ended: watch::Sender<bool>,
    /// Ends the node so that its watchdog starts it again, if it has one.
    restarter: OnceLock<Restarter>,
    /// What the service that shows the logs of all nodes does, if it runs.
    log_catcher: Mutex<Option<LogCatching>>,
    operated: Operated,
}

type Restarter = Box<dyn Fn() + Send + Sync>;

impl Core {
    pub(super) fn new(
        id: NodeId,
        runtime: Handle,
        config: Config,
        handshake: HandshakeConfig,
        networked: bool,
    ) -> Arc<Self> {
        let prefix = config.environment.text(14);
        let mesh = Mesh::new(id.clone(), config.node_limits.max_registrations);
        if let Some(certificates) = &handshake.certificates {
            config.show_certificates(Some(certificates));
        }
        let relays = Relays::new(
            config.node_limits.max_handshakes,
            config.node_limits.max_handshakes_per_address,
        );
        let core = Arc::new(Self {
            id,
            runtime,
            config,
            handshake: RwLock::new(Arc::new(handshake)),
            networked,
            registry: Registry::new(prefix),
            peers: DashMap::new(),
            sweep_at: AtomicUsize::new(SWEEP_AT),
            book: AddressBook::default(),
            mesh,
            relays,
            refusals: Mutex::new(Refusals::with_burst(TOLD_AT_ONCE)),
            bad_messages: Mutex::new(Refusals::with_burst(TOLD_AT_ONCE)),
            dials: Dials::default(),
            targets: Targets::default(),
            functions: Functions::default(),
            data: Data::default(),
            events: Events::default(),
            standby: Standby::default(),
            counters: Counters::default(),
            next_watch: AtomicU64::new(0),
            next_attempt: AtomicU64::new(0),
            own_watchers: Mutex::default(),
            timers: OwnedTimers::default(),
            due: Mutex::default(),
            listeners: Mutex::default(),
            tasks: Mutex::default(),
            remaining: Mutex::default(),
            alive: Mutex::default(),
            started: Instant::now(),
            ended: watch::Sender::new(false),
            restarter: OnceLock::new(),
            log_catcher: Mutex::default(),
            operated: Operated::default(),
        });
        directory::add(&core);
        let sentinel = Sentinel { core: Arc::downgrade(&core), timers: core.timers.0.clone() };
        core.runtime.spawn(timers::drive(sentinel));
        core
    }

    pub(crate) fn id(&self) -> &NodeId {
        &self.id
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn environment(&self) -> &dyn Environment {
        &*self.config.environment
    }

    pub(crate) fn handshake(&self) -> Arc<HandshakeConfig> {
        self.handshake.read().clone()
    }

    pub(super) fn set_handshake(&self, handshake: Arc<HandshakeConfig>) {
        self.config.show_certificates(handshake.certificates.as_deref());
        *self.handshake.write() = handshake;
    }

    /// Whether the node was set up to talk to others.
    pub(super) fn is_networked(&self) -> bool {
        self.networked
    }

    pub(crate) fn standby(&self) -> &Standby {
        &self.standby
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    pub(crate) fn relays(&self) -> &Relays {
        &self.relays
    }

    pub(super) fn refusals(&self) -> &Mutex<Refusals> {
        &self.refusals
    }

    pub(super) fn bad_messages(&self) -> &Mutex<Refusals> {
        &self.bad_messages
    }

    pub(crate) fn dials(&self) -> &Dials {
        &self.dials
    }

    pub(crate) fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Where the other nodes can be dialled.
    pub(crate) fn book(&self) -> &AddressBook {
        &self.book
    }

    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
    }

    pub(crate) fn data(&self) -> &Data {
        &self.data
    }

    pub(crate) fn events(&self) -> &Events {
        &self.events
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// When the node was set up.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn restarter(&self) -> Option<&Restarter> {
        self.restarter.get()
    }

    /// The first one counts.
    pub(super) fn set_restarter(&self, restarter: Restarter) {
        // What comes later is dropped.
        drop(self.restarter.set(restarter));
    }

    pub(crate) fn operated(&self) -> &Operated {
        &self.operated
    }

    pub(crate) fn log_catcher(&self) -> &Mutex<Option<LogCatching>> {
        &self.log_catcher
    }

    pub(crate) fn port_options(&self) -> &PortOptions {
        &self.config.port_options
    }

    pub(crate) fn own_watchers(&self) -> &Mutex<Watchers<Watch>> {
        &self.own_watchers
    }

    pub(crate) fn timers(&self) -> &Arc<Timers> {
        &self.timers.0
    }

    pub(super) fn due(&self) -> &Mutex<BTreeMap<WatchId, Watch>> {
        &self.due
    }

    pub(crate) fn listeners(&self) -> &Mutex<Vec<Address>> {
        &self.listeners
    }

    pub(crate) fn count_dropped(&self, cause: Dropped, count: usize) {
        self.counters.add(cause, count);
    }

    pub(crate) fn new_watch_id(&self) -> WatchId {
        WatchId(self.next_watch.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn new_attempt(&self) -> u64 {
        self.next_attempt.fetch_add(1, Ordering::Relaxed)
    }

    /// The other node of this ID; made when it was not heard of before.
    pub(crate) fn peer(self: &Arc<Self>, id: &NodeId) -> Arc<Peer> {
        if let Some(peer) = self.peers.get(id) {
            return peer.clone();
        }
        self.sweep();
        let fresh = || Peer::new(id.clone(), Arc::downgrade(self));
        self.peers.entry(id.clone()).or_insert_with(fresh).clone()
    }

    /// Forgets nodes of which nothing is known, when there are many: anybody can claim to be any
    /// node in a greeting. Nobody holds a peer that is forgotten: the table has the only
    /// reference, and gives no other while it looks.
    fn sweep(&self) {
        let count = self.peers.len();
        if count < self.sweep_at.load(Ordering::Relaxed) {
            return;
        }
        self.peers.retain(|_, peer| Arc::strong_count(peer) > 1 || !peer.is_unused());
        self.sweep_at.store((2 * self.peers.len()).max(SWEEP_AT), Ordering::Relaxed);
    }

    pub(crate) fn known_peer(&self, id: &NodeId) -> Option<Arc<Peer>> {
        self.peers.get(id).map(|peer| peer.clone())
    }

    /// Gives back a peer whose handshake has ended. It is forgotten if nothing is known or
    /// wanted of it: strangers leave no trace.
    pub(crate) fn forget_stranger(&self, peer: Arc<Peer>) {
        let id = peer.id().clone();
        drop(peer);
        if self.book.knows(&id) {
            return;
        }
        // Whoever begins to use a peer takes it out of the table, which is locked here: when there
        // is no other handle, nobody does, nor holds its lock. Of several who give it back the
        // last one sees that.
        self.peers.remove_if(&id, |_, peer| Arc::strong_count(peer) == 1 && peer.is_unused());
    }

    /// The other nodes, by ID.
    pub(crate) fn peers(&self) -> Vec<Arc<Peer>> {
        let mut peers: Vec<_> = self.peers.iter().map(|entry| entry.value().clone()).collect();
        peers.sort_by(|a, b| a.id().cmp(b.id()));
        peers
    }

    /// The addresses of a node that can be dialled, of those that were told; what this node has no
    /// transport for is left out.
    pub(crate) fn dialable(&self, node: &NodeId, texts: &[String]) -> Vec<Address> {
        let mut addresses = Vec::new();
        for text in texts.iter().filter(|text| text.len() <= MAX_ADDRESS).take(MAX_ADDRESSES) {
            match text.parse() {
                Ok(address) if self.config.transport_for(&address).is_some() => {
                    addresses.push(address);
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(target: "aemp", "address of node {node}: {error}"),
            }
        }
        addresses
    }

    /// The other nodes that are connected, are being connected to, or can be dialled, sorted.
    pub(crate) fn known_nodes(&self) -> Vec<NodeId> {
        let peers = self.peers();
        let used = peers.iter().filter(|peer| peer.is_up() || peer.is_connecting());
        let mut known: BTreeSet<NodeId> = used.map(|peer| peer.id().clone()).collect();
        known.extend(self.book.nodes());
        known.remove(&self.id);
        known.into_iter().collect()
    }

    /// The other nodes that are connected, sorted.
    pub(crate) fn up_nodes(&self) -> Vec<NodeId> {
        let up = self.peers().into_iter().filter(|peer| peer.is_up());
        up.map(|peer| peer.id().clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// How many other nodes are connected.
    pub(crate) fn up_count(&self) -> usize {
        self.peers().iter().filter(|peer| peer.is_up()).count()
    }

    /// Where the node can be dialled, in the order to try.
    pub(crate) fn addresses(&self, node: &NodeId) -> Vec<Address> {
        let mut known = self.book.of(node);
        self.config.sort_by_preference(&mut known);
        known
    }

    /// Runs `task` until it ends or the node is shut down.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = self.runtime.spawn(task);
        if self.registry.is_closed() {
            task.abort();
        }
        let mut tasks = self.tasks.lock();
        if tasks.len() % 64 == 63 {
            tasks.retain(|task| !task.is_finished());
        }
        tasks.push(task);
    }

    /// The tasks that `close` has ended, to wait until they are gone, with their listeners.
    pub(super) fn take_tasks(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.tasks.lock())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.registry.is_closed()
    }

    /// Whether the node is shut down, to wait for.
    pub(crate) fn ended(&self) -> watch::Receiver<bool> {
        self.ended.subscribe()
    }

    pub(crate) fn shutdown_reason(&self) -> Reason {
        Reason::new(kind::SHUTDOWN, format!("node {} was shut down", self.id))
    }

    /// The end: no more connections, all ports die, what is queued for other nodes goes out. That is
    /// done by a task, since it runs code of the user's, who may hold a lock now.
    pub(crate) fn close(self: &Arc<Self>) {
        let Some(ports) = self.registry.close() else { return };
        // Before anything falls: streams of events end here, and not somewhere on the way down.
        self.ended.send_replace(true);
        directory::remove(self);
        // Without a lock: where the runtime has ended, it is done here and now.
        let ports = Remaining::new(ports);
        *self.remaining.lock() = Some(ports.clone());
        let closing = self.runtime.spawn(Closing::new(self.clone(), ports).run());
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        for task in &tasks {
            task.abort();
        }
        tasks.push(closing);
        self.tasks.lock().append(&mut tasks);
    }

    /// The node is shut down, and nobody waits for its task any more: no port handles another message.
    pub(super) fn abort_remaining(&self) {
        let remaining = self.remaining.lock().take();
        if let Some(remaining) = remaining {
            remaining.abort(self);
        }
    }

    /// Runs code of the user's outside of ports: in the node's runtime and on its behalf, and a panic is
    /// logged, as that of `what`, and ends nothing.
    pub(crate) fn user_code(self: &Arc<Self>, what: &str, code: impl FnOnce()) {
        self.in_runtime(what, || on_node(self, code));
    }

    /// The same, but which node or port it runs on behalf of stays as it is.
    pub(crate) fn in_runtime(&self, what: &str, code: impl FnOnce()) {
        // A thread that ends cannot enter a runtime any more, but may drop a node that it kept.
        let ending = Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed());
        let _entered = (!ending).then(|| self.runtime.enter());
        panics::logged(what, code);
    }

    /// A port is gone: tell its watchers; warn when nobody listens, nor waits for an answer of it, and
    /// something was wrong.
    pub(crate) fn port_died(
        self: &Arc<Self>,
        name: &PortName,
        watchers: Vec<Watch>,
        is_caller_told: bool,
        reason: &Reason,
    ) {
        let told = is_caller_told
            || watchers.iter().any(|watch| !matches!(watch.action, Action::Spawned(_)));
        if !told && !reason.is_normal() && reason.kind() != kind::SHUTDOWN {
            let (name, reason) = (one_line(name), reason.to_string());
            let (id, reason) = (&self.id, one_line(&reason));
            tracing::warn!(target: "aemp", "port {id}#{name} died unwatched: {reason}");
        }
        for watch in watchers {
            router::fire(self, watch, reason);
        }
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Core({})", self.id)
    }
}
