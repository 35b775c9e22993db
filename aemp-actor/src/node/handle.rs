//! The handle on a node.

use std::collections::BTreeSet;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aemp_transport::{Address, CloseReason, Listener};
use tokio::time::Instant;

use super::builtins::Builtins;
use super::config::{Config, ConfigError, Loaded};
use super::connector;
use super::core::Core;
use super::draining::{self, CloseLater};
use super::mesh;
use super::services;
use super::signal::{Signal, Signals};
use crate::id::{NodeId, PortId};
use crate::port::Deadline;

/// A node: the ports of this process (or a part of it) and its connections to others.
///
/// Nodes are values: several live in one process, nothing is global. A clone is another handle on
/// the same node. When the last handle is dropped, or [`shutdown`](Self::shutdown) is called,
/// listeners close, all ports die with the reason `shutdown`, and connections end; after that,
/// what is sent is lost (and counted), monitors fire at once with `shutdown`, and requests fail
/// with it. The ports die in a task of the node's runtime, so that no destructor runs under a lock of
/// whoever drops the handle. When the runtime ends before, the node is shut down with it.
///
/// # Example
///
/// ```
/// use aemp_actor::{generate_secret, prelude::*};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Two nodes, here in one process; each usually has one of its own.
/// let config = Config::new().secret(generate_secret());
/// let alpha = Node::configure(config.clone().nodeid("alpha").bind("127.0.0.1:0")).await?;
/// let beta = Node::configure(config.nodeid("beta").seeds(alpha.listeners())).await?;
/// beta.joined().await?;
///
/// let echo = alpha.port_fn(|ctx, msg| -> Result<(), Die> {
///     let (text, reply): (String, PortId) = msg.args()?;
///     ctx.snd(&reply, (text,));
///     Ok(())
/// });
/// let (text,): (String,) = beta.cal(&echo, ("say", "hello")).await?;
/// assert_eq!(text, "hello");
///
/// let (tell, end) = tokio::sync::oneshot::channel();
/// beta.mon(&echo, move |reason: Reason| drop(tell.send(reason)));
/// beta.kil(&echo, ("enough", "thank you"));
/// assert_eq!(end.await?.to_string(), "enough: thank you");
/// # Ok(())
/// # }
/// ```
///
/// # Methods
///
/// Ten do for most programs: [`configure`](Self::configure), [`joined`](Self::joined), [`port`](Self::port),
/// [`snd`](Self::snd), [`cal`](Self::cal), [`mon`](Self::mon), [`kil`](Self::kil), [`spawn`](Self::spawn),
/// [`group`](Self::group), [`shutdown`](Self::shutdown). All, by what they are for:
///
/// | | |
/// |---|---|
/// | begin and end | [`configure`](Self::configure), [`local`](Self::local), [`shutdown`](Self::shutdown), [`shutdown_on_signal`](Self::shutdown_on_signal), [`is_shut_down`](Self::is_shut_down), [`on_stop`](Self::on_stop), [`on_restart`](Self::on_restart) |
/// | make ports | [`port`](Self::port), [`port_with`](Self::port_with), [`port_fn`](Self::port_fn), [`port_fn_async`](Self::port_fn_async), [`port_async`](Self::port_async), [`rcv`](Self::rcv), [`rcv_off`](Self::rcv_off), [`spawn`](Self::spawn), [`name`](Self::name) |
/// | send and ask | [`snd`](Self::snd), [`snd_wait`](Self::snd_wait), [`after`](Self::after), [`cal`](Self::cal) |
/// | monitor and kill | [`mon`](Self::mon), [`mon_guard`](Self::mon_guard), [`kil`](Self::kil), [`kil_now`](Self::kil_now) |
/// | groups | [`group`](Self::group), which is typed; [`groups`](Self::groups), [`grp_reg`](Self::grp_reg), [`grp_get`](Self::grp_get), [`grp_wait`](Self::grp_wait), [`grp_mon`](Self::grp_mon), [`grp_events`](Self::grp_events), [`grp_pick`](Self::grp_pick), [`grp_snd`](Self::grp_snd), [`grp_snd_all`](Self::grp_snd_all), [`grp_cal`](Self::grp_cal), [`grp_failed`](Self::grp_failed) |
/// | other nodes | [`joined`](Self::joined), [`joined_unless`](Self::joined_unless), [`wait_up`](Self::wait_up), [`node_is_up`](Self::node_is_up), [`up_nodes`](Self::up_nodes), [`known_nodes`](Self::known_nodes), [`seeds`](Self::seeds), [`peers`](Self::peers), [`peer`](Self::peer), [`ping`](Self::ping), [`mon_nodes`](Self::mon_nodes), [`node_events`](Self::node_events) |
/// | this node | [`id`](Self::id), [`listeners`](Self::listeners), [`protection`](Self::protection), [`reload_security`](Self::reload_security), [`dropped`](Self::dropped), [`port_count`](Self::port_count) |
/// | functions and bulk data | [`register`](Self::register), [`connect_to`](Self::connect_to), [`on_connect`](Self::on_connect) |
/// | looking and operating | [`introspect`](Self::introspect), [`tap`](Self::tap), [`catch_logs`](Self::catch_logs) |
#[derive(Clone)]
pub struct Node {
    core: Arc<Core>,
    /// Only held: the last one closes the node.
    _alive: Option<Arc<Alive>>,
}

/// Held by every handle; the last one closes the node.
pub(crate) struct Alive {
    core: Arc<Core>,
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.core.close();
    }
}

impl Node {
    /// A node without a network; see [`local`](Self::local).
    #[track_caller]
    pub(crate) fn set_up_local(builtins: Builtins) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self::create(NodeId::anonymous(), runtime, (Config::new(), builtins), None)
    }

    /// Sets up a node; see [`configure`](Self::configure).
    pub(crate) async fn set_up(config: Config, builtins: Builtins) -> Result<Self, ConfigError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let config = config.with_transports();
        let checked = config.check()?;
        let mut listeners = Vec::new();
        for address in &checked.binds {
            let Some(transport) = config.transport_for(address) else { continue };
            let bound = transport.bind(address).await;
            listeners.push(
                bound.map_err(|error| ConfigError::Bind { address: address.clone(), error })?,
            );
        }
        let security = checked.networked.then_some(checked.security);
        let node = Self::create(checked.nodeid, runtime, (config, builtins), security);
        services::prepare(&node)?;
        for (id, addresses) in checked.nodes {
            node.core.network().book().configure(&id, addresses);
        }
        if checked.networked {
            node.begin(listeners, &checked.announce, checked.seeds);
        }
        services::start(&node);
        Ok(node)
    }

    fn begin(&self, listeners: Vec<Box<dyn Listener>>, announce: &[Address], seeds: Vec<Address>) {
        let core = &self.core;
        for listener in &listeners {
            core.network().add_listeners(listener.local_addresses());
        }
        core.network().mesh().set_listeners(match announce {
            [] => self.listeners(),
            announce => announce.iter().map(ToString::to_string).collect(),
        });
        let mut named = BTreeSet::new();
        let seeds: Vec<_> = seeds.into_iter().filter(|seed| named.insert(seed.clone())).collect();
        core.network().mesh().set_seeds(core, seeds.clone());
        for listener in listeners {
            connector::listen(core, listener);
        }
        for seed in seeds {
            mesh::keep_seed(core, seed);
        }
    }

    #[track_caller]
    fn create(
        id: NodeId,
        runtime: tokio::runtime::Handle,
        (config, builtins): (Config, Builtins),
        security: Option<Loaded>,
    ) -> Self {
        // Panics at once in a runtime without time, and not when the first timer is set.
        drop(tokio::time::sleep(Duration::ZERO));
        let core = Core::new(id, runtime, (config, builtins), security);
        let alive = Arc::new(Alive { core: core.clone() });
        *core.alive.lock() = Arc::downgrade(&alive);
        Self { core, _alive: Some(alive) }
    }

    /// Another handle on the node; one on a node that is shut down keeps nothing alive.
    pub(crate) fn of_core(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), _alive: core.alive.lock().upgrade() }
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The node's ID, which is also the ID of its node port.
    pub fn id(&self) -> &NodeId {
        self.core.id()
    }

    /// Where the node listens, as `HOST:PORT` texts with the real ports, those of other transports than
    /// TCP with their scheme, as `quic:HOST:PORT`.
    pub fn listeners(&self) -> Vec<String> {
        self.core.listeners().iter().map(ToString::to_string).collect()
    }

    /// Shuts the node down: see [`Node`]. Until `deadline` its ports handle what waits, and what is queued for
    /// other nodes goes out; connections that are not finished by then are closed.
    ///
    /// First, ports go on as ever, until at one moment nothing waits and no handler has begun; for what they send
    /// last, a quarter of the time, or a second, is kept. (A block that receives ends when it wants nothing of
    /// what waits.) Then all ports die with the reason `shutdown`, also this is told to the other nodes, whose
    /// monitors fire at once. No port begins to handle another message once this has returned. With a deadline of
    /// zero nothing is waited for. A handler that awaits this is not waited for itself.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, the node is shut down at once, and nothing waited for.
    pub async fn shutdown(&self, deadline: Duration) {
        let begun = Instant::now();
        let close = CloseLater(&self.core);
        if !self.core.is_closed() && !deadline.is_zero() {
            let limit = draining::limit(deadline);
            self.within(begun, limit, draining::drain(&self.core)).await;
        }
        drop(close);
        let peers = self.core.peers();
        let tasks = self.core.take_tasks();
        let ended = async {
            for task in tasks {
                // It was aborted, or panicked, which was reported.
                drop(task.await);
            }
            self.core.registry().empty().await;
            for peer in &peers {
                peer.until(|peer| !peer.has_links()).await;
            }
        };
        if !self.within(begun, deadline, ended).await {
            self.core.abort_remaining();
            for link in peers.iter().filter_map(|peer| peer.link()) {
                link.close(CloseReason::Finished);
            }
        }
    }

    /// Whether it has ended in time.
    async fn within(
        &self,
        begun: Instant,
        limit: Duration,
        work: impl Future<Output = ()>,
    ) -> bool {
        let mut patience = Deadline::new(self.core.timers(), begun, limit);
        let mut work = std::pin::pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending => patience.poll(cx).map(|()| false),
        })
        .await
    }

    /// Waits for SIGTERM or ctrl-c, then shuts the node down: the last line of a service's
    /// `main`. SIGHUP meanwhile has secrets and certificates read again, from the profile and the
    /// files that the configuration names, for all handshakes that begin from then on; what came of
    /// it is logged.
    ///
    /// # Errors
    /// When the system refuses to tell of signals.
    ///
    /// # Cancel safety
    /// Dropped while it waits, the node goes on.
    pub async fn shutdown_on_signal(&self, deadline: Duration) -> std::io::Result<()> {
        let mut signals = Signals::new()?;
        while signals.next().await == Signal::Reload {
            self.read_security_again();
        }
        self.shutdown(deadline).await;
        Ok(())
    }

    /// What is to be done when the node is asked for a restart (`aemp restart`,
    /// [`Introspect::restart`](crate::introspection::Introspect::restart)); without it such a
    /// request is refused. Only the first one that is set counts.
    ///
    /// A program under `aemp run` ends so that its watchdog starts it again. `f` runs in the task
    /// that reads the connection and must be quick.
    pub fn on_restart(&self, f: impl Fn() + Send + Sync + 'static) {
        self.core.set_restarter(Box::new(f));
    }

    /// What is to be done when the node is asked to end for good (`aemp stop`,
    /// [`Introspect::stop`](crate::introspection::Introspect::stop)); without it such a request is
    /// refused. Only the first one that is set counts. `aemp run` shuts its node down, and its watchdog
    /// ends, too.
    ///
    /// `f` runs in the task that reads the connection and must be quick.
    pub fn on_stop(&self, f: impl Fn() + Send + Sync + 'static) {
        self.core.operated().set_stopper(Box::new(f));
    }

    /// Whether the node was shut down.
    pub fn is_shut_down(&self) -> bool {
        self.core.is_closed()
    }
}

impl From<&Node> for NodeId {
    fn from(node: &Node) -> Self {
        node.id().clone()
    }
}

impl From<&Node> for PortId {
    fn from(node: &Node) -> Self {
        Self::of_node(node.id())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.core.is_closed() { ", shut down" } else { "" };
        write!(f, "Node({}{state})", self.id())
    }
}
