//! What a node is made of.

use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Level;

use super::Environment;
use super::builtins::Builtins;
use super::closing::{Closing, Remaining};
use super::config::{Config, Loaded};
use super::connector::Refusals;
use super::counters::{Counters, Dropped};
use super::directory;
use super::events::Events;
use super::functions::Functions;
use super::handle::Alive;
use super::monitors::{Action, Monitors, Watch, fire};
use super::network::Network;
use super::operated::Operated;
use super::registry::{PREFIX, Registry};
use super::timers::{self, OwnedTimers, Sentinel, Timers};
use crate::id::{NodeId, PortName};
use crate::panics;
use crate::port::{PortOptions, Reaper, Standby, on_node};
use crate::reason::{Reason, kind};
use crate::visible::one_line;

/// Messages of one node that ports did not understand that are logged at once; then it is one in ten seconds.
const LOGGED_AT_ONCE: u32 = 20;

/// The shared state of a node. [`Node`](crate::Node) is the handle that keeps it running;
/// ports, peers and tasks hold it without keeping it running.
pub(crate) struct Core {
    id: NodeId,
    runtime: Handle,
    config: Config,
    /// What it has to do with others; none on a local node (`node/network`).
    pub(super) network: OnceLock<Network>,
    /// It was set up to talk to others.
    is_networked: bool,
    registry: Registry,
    /// Messages that ports did not understand, and were logged.
    bad_messages: Mutex<Refusals>,
    /// Functions that every node has.
    builtins: Builtins,
    /// What the program registers.
    functions: Functions,
    events: Events,
    standby: Standby,
    reaper: Reaper,
    counters: Counters,
    monitors: Monitors,
    timers: OwnedTimers,
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
    /// Ends the service that shows the logs of all nodes, if it runs.
    log_service: Mutex<Option<Stop>>,
    operated: Operated,
}

type Restarter = Box<dyn Fn() + Send + Sync>;

/// Ends a service.
type Stop = Box<dyn FnOnce() + Send>;

impl Core {
    pub(super) fn new(
        id: NodeId,
        runtime: Handle,
        (config, builtins): (Config, Builtins),
        security: Option<Loaded>,
    ) -> Arc<Self> {
        let is_networked = security.is_some();
        let network = security.map(|security| Network::new(&id, &config, Some(security)));
        let prefix = config.environment.text(PREFIX);
        let core = Arc::new(Self {
            id,
            runtime,
            config,
            network: network.map_or_else(OnceLock::new, OnceLock::from),
            is_networked,
            registry: Registry::new(prefix),
            bad_messages: Mutex::new(Refusals::with_burst(LOGGED_AT_ONCE)),
            builtins,
            functions: Functions::default(),
            events: Events::default(),
            standby: Standby::default(),
            reaper: Reaper::default(),
            counters: Counters::default(),
            monitors: Monitors::default(),
            timers: OwnedTimers::default(),
            tasks: Mutex::default(),
            remaining: Mutex::default(),
            alive: Mutex::default(),
            started: Instant::now(),
            ended: watch::Sender::new(false),
            restarter: OnceLock::new(),
            log_service: Mutex::default(),
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

    /// Whether the node was set up to talk to others.
    pub(super) fn is_networked(&self) -> bool {
        self.is_networked
    }

    pub(crate) fn standby(&self) -> &Standby {
        &self.standby
    }

    pub(crate) fn reaper(&self) -> &Reaper {
        &self.reaper
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn bad_messages(&self) -> &Mutex<Refusals> {
        &self.bad_messages
    }

    pub(crate) fn builtins(&self) -> Builtins {
        self.builtins
    }

    pub(crate) fn functions(&self) -> &Functions {
        &self.functions
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

    /// Sets what ends the service that shows logs, and gives what ends the one that ran before.
    pub(crate) fn replace_log_service(&self, stop: Option<Stop>) -> Option<Stop> {
        std::mem::replace(&mut self.log_service.lock(), stop)
    }

    pub(crate) fn port_options(&self) -> &PortOptions {
        &self.config.port_options
    }

    pub(super) fn monitors(&self) -> &Monitors {
        &self.monitors
    }

    pub(crate) fn timers(&self) -> &Arc<Timers> {
        &self.timers.0
    }

    pub(crate) fn count_dropped(&self, cause: Dropped, count: usize) {
        self.counters.add(cause, count);
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

    /// A port is gone: its monitors fire; warn when nobody listens, nor waits for an answer of it, and
    /// something was wrong.
    pub(crate) fn port_died(
        self: &Arc<Self>,
        name: &PortName,
        watchers: Vec<Watch>,
        is_caller_notified: bool,
        reason: &Reason,
    ) {
        let is_notified = is_caller_notified
            || watchers.iter().any(|watch| !matches!(watch.action, Action::Spawned(_)));
        let is_abnormal = !reason.is_normal() && reason.kind() != kind::SHUTDOWN;
        if !is_notified && is_abnormal && tracing::enabled!(target: "aemp", Level::WARN) {
            let (name, reason) = (one_line(name), reason.to_string());
            let (id, reason) = (&self.id, one_line(&reason));
            tracing::warn!(target: "aemp", "port {id}#{name} died unwatched: {reason}");
        }
        for watch in watchers {
            fire(self, watch, reason);
        }
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Core({})", self.id)
    }
}
