//! The handle on a node.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Address, CloseReason, Framing, HandshakeConfig, Listener};
use serde::Serialize;

use super::config::{Config, ConfigError};
use super::connector;
use super::core::Core;
use super::counters::DroppedCounts;
use super::events::{NodeEvent, NodeEvents, NodesToken};
use super::functions::FunctionCall;
use crate::die::Die;
use crate::id::{NodeId, PortId};
use crate::mesh;
use crate::message::{FromArgs, Message};
use crate::monitor::{MonAction, MonToken};
use crate::port::{
    Call, Cell, Ctx, FnPort, FnPortRef, Me, Outcome, Port, PortOptions, RcvError, Ref, Stage,
    Timer, create_receive_port,
};
use crate::reason::Reason;

/// A node: the ports of this process (or a part of it) and its connections to others.
///
/// Nodes are values: several live in one process, nothing is global. A clone is another handle on
/// the same node. When the last handle is dropped, or [`shutdown`](Self::shutdown) is called,
/// listeners close, all ports die with the reason `shutdown`, and connections end; after that,
/// what is sent is lost (and counted), monitors fire at once with `shutdown`, and requests fail
/// with it.
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
    /// A node without a network, for ports in one process.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn local() -> Self {
        let runtime = tokio::runtime::Handle::current();
        let id = NodeId::anonymous();
        Self::create(id, runtime, Config::new(), aemp_transport::Secret::from(""))
    }

    /// Sets up a node: checks the settings, listens, and begins to connect to the seeds. It is
    /// ready when this returns; the seeds need not be up.
    ///
    /// # Errors
    /// When a setting is wrong or a listener cannot be made; the text names the setting.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it leaves nothing behind.
    pub async fn configure(config: Config) -> Result<Self, ConfigError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| ConfigError::NoRuntime)?;
        let checked = config.check()?;
        let mut listeners = Vec::new();
        for address in &checked.binds {
            let Some(transport) = config.transport_for(address) else { continue };
            let bound = transport.bind(address).await;
            listeners.push(
                bound.map_err(|error| ConfigError::Bind { address: address.clone(), error })?,
            );
        }
        let node = Self::create(checked.nodeid, runtime, config, checked.secret);
        for (id, addresses) in checked.nodes {
            node.core.set_addresses(&id, addresses);
        }
        node.begin(listeners, checked.seeds);
        Ok(node)
    }

    fn begin(&self, listeners: Vec<Box<dyn Listener>>, seeds: Vec<Address>) {
        let core = &self.core;
        for listener in &listeners {
            core.listeners().lock().extend(listener.local_addresses());
        }
        core.mesh().set_listeners(self.listeners());
        if seeds.is_empty() {
            core.mesh().join_alone(core);
        }
        for listener in listeners {
            connector::listen(core, listener);
        }
        for seed in seeds {
            mesh::keep_seed(core, seed);
        }
    }

    fn create(
        id: NodeId,
        runtime: tokio::runtime::Handle,
        config: Config,
        secret: aemp_transport::Secret,
    ) -> Self {
        let mut handshake = HandshakeConfig::new(id.as_str(), secret);
        handshake.instance = config.chance.text(16);
        handshake.nonces = config.chance.clone().nonces();
        handshake.framings = vec![Framing::Json];
        handshake.offer = config.auth_offer.clone();
        if !config.accept_cleartext {
            handshake.accept.retain(|method| *method != aemp_transport::AuthMethod::Cleartext);
        }
        let core = Core::new(id, runtime, config, handshake);
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

    /// Where the node listens, as `HOST:PORT` texts with the real ports.
    pub fn listeners(&self) -> Vec<String> {
        self.core.listeners().lock().iter().map(ToString::to_string).collect()
    }

    /// Creates a port and gives the typed handle on it.
    ///
    /// The port lives until it is killed, whoever holds handles.
    pub fn port<P: Port>(&self, port: P) -> P::Ref {
        Ref::local(self.create_port(port, None)).into()
    }

    /// Creates a port with bounds of its own.
    pub fn port_with<P: Port>(&self, port: P, options: PortOptions) -> P::Ref {
        Ref::local(self.create_port(port, Some(options))).into()
    }

    fn create_port<P: Port>(&self, port: P, options: Option<PortOptions>) -> Arc<Cell<P>> {
        let name = self.core.registry().new_name();
        let cell = Cell::new(self.core.clone(), name, Stage::Idle(port));
        if let Some(options) = options {
            cell.set_options(options);
        }
        if !self.core.registry().insert(cell.clone()) {
            cell.die(&self.core.shutdown_reason());
        }
        cell
    }

    /// Creates a port from a closure that gets every message; more handlers, by tag, can be set
    /// on the handle.
    pub fn port_fn<R: Outcome>(
        &self,
        f: impl FnMut(&mut Ctx<FnPort>, Message) -> R + Send + 'static,
    ) -> FnPortRef {
        self.port(FnPort::with_default(f))
    }

    /// Creates a port that takes its messages when and in which order it wants. It ends when
    /// `block` does: `Ok(())` is a normal end.
    pub fn port_async<F, Fut>(&self, block: F) -> PortId
    where
        F: FnOnce(Me) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Die>> + Send + 'static,
    {
        create_receive_port(&self.core, block)
    }

    /// Sets the handler of a tag of a closure port, in order with the messages sent to it.
    ///
    /// # Errors
    /// When `port` is no closure port of this node.
    pub fn rcv<A: FromArgs, R: Outcome>(
        &self,
        port: impl Into<PortId>,
        tag: impl Into<String>,
        f: impl FnMut(&mut Ctx<FnPort>, A) -> R + Send + 'static,
    ) -> Result<(), RcvError> {
        FnPortRef::at(self, port).rcv(tag, f)
    }

    /// Removes the handler of a tag of a closure port.
    ///
    /// # Errors
    /// As for [`rcv`](Self::rcv).
    pub fn rcv_off(&self, port: impl Into<PortId>, tag: impl Into<String>) -> Result<(), RcvError> {
        FnPortRef::at(self, port).rcv_off(tag)
    }

    /// Sends a message to a port of any node. `msg` is anything that serialises as a sequence,
    /// usually a tuple that begins with the tag.
    ///
    /// Never waits. While a connection is being made messages wait, bounded in octets; when it
    /// cannot be made, or is lost, they are lost, and the monitors of the ports they were for
    /// fire.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    pub fn snd(&self, to: impl Into<PortId>, msg: impl Serialize) {
        self.core.snd(&to.into(), &msg);
    }

    /// Sends a message when there is room for it: in the mailbox of a port of this node, in the
    /// queue for another node; so that a fast sender waits instead of overflowing them.
    ///
    /// A port that sends to itself does not wait, since only it could make room; nor does anything
    /// sent to a receive-style port, which is given all its messages at once and dies of `overflow`
    /// when it leaves too many unread. When several
    /// wait, their order is not defined; what one task sends keeps its order.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing was sent.
    pub async fn snd_wait(&self, to: impl Into<PortId>, msg: impl Serialize) {
        let to = to.into();
        let message = match Message::new(&msg) {
            Ok(message) => message,
            Err(error) => panic!("a message to {to} cannot be serialised: {error}"),
        };
        if let Err(error) = self.core.snd_wait(&to, message).await {
            panic!("a message to {to} cannot be serialised: {error}");
        }
    }

    /// Kills a port of any node, after the messages sent to it before.
    pub fn kil(&self, port: impl Into<PortId>, reason: impl Into<Reason>) {
        self.core.kil(&port.into(), reason.into());
    }

    /// Monitors a port of any node: `action`, a closure, [`Kil`](crate::Kil) or
    /// [`Snd`](crate::Snd), is done when it dies: once, always.
    ///
    /// It fires with `no_such_port` when the port does not exist, and with `transport_error`
    /// when the connection to its node is lost or cannot be made. Monitoring a node port tells of
    /// the node's connection.
    pub fn mon(&self, port: impl Into<PortId>, action: impl MonAction) -> MonToken {
        self.core.mon(&port.into(), None, action.into_action().0)
    }

    /// Keeps `things` until `port` dies, then drops them.
    pub fn mon_guard<T: Send + 'static>(&self, port: impl Into<PortId>, things: T) -> MonToken {
        self.mon(port, move |_| drop(things))
    }

    /// Sends `msg` to `to` after `delay`.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    pub fn after(&self, delay: Duration, to: impl Into<PortId>, msg: impl Serialize) -> Timer {
        let message = Message::new(&msg).expect("the message of a timer serialises");
        let (core, to) = (Arc::downgrade(&self.core), to.into());
        Timer::start(&self.core, delay, move || {
            if let Some(core) = core.upgrade() {
                core.snd(&to, &message);
            }
        })
    }

    /// Sends a request, with the ID of a reply port appended, and gives the message that this
    /// port is sent: `let (seconds,): (f64,) = node.cal("worker-7", ("time",)).await?`.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    pub fn cal<R: FromArgs>(&self, to: impl Into<PortId>, msg: impl Serialize) -> Call<R> {
        self.core.cal(to.into(), &msg)
    }

    /// Creates a port on node `on` by the registered name of its init function. The ID is known
    /// at once; messages and monitors may follow at once. When there is no such function, or it
    /// fails, the port dies with `die`.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    pub fn spawn(&self, on: impl Into<NodeId>, init: &str, args: impl Serialize) -> PortId {
        self.core.spawn(&on.into(), init, &args)
    }

    /// Registers a function that other nodes can call by sending a message with its name as the
    /// tag to this node's port. The name must contain `::`. True when the name was free;
    /// otherwise it is replaced.
    ///
    /// It runs in the task that reads the connection: it must be quick. A panic is logged.
    ///
    /// # Panics
    /// When the name does not contain `::`.
    pub fn register(
        &self,
        name: impl Into<String>,
        f: impl Fn(FunctionCall) + Send + Sync + 'static,
    ) -> bool {
        let name = name.into();
        assert!(name.contains("::"), "the name of a function must contain \"::\": {name:?}");
        self.core.functions().register(name, f)
    }

    /// Calls `f` each time another node comes up or goes down; ups and downs of a node
    /// alternate. `f` runs in the task that noticed it and must be quick.
    pub fn mon_nodes(&self, f: impl Fn(&NodeEvent) + Send + Sync + 'static) -> NodesToken {
        NodesToken::new(&self.core, self.core.events().add(f))
    }

    /// Whether there is a connection to the node; a node is up for itself.
    pub fn node_is_up(&self, node: impl Into<NodeId>) -> bool {
        let node = node.into();
        node == *self.id() || self.core.known_peer(&node).is_some_and(|peer| peer.is_up())
    }

    /// Waits until there is a connection to the node, or this node is shut down.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn wait_up(&self, node: impl Into<NodeId>) {
        let peer = self.core.peer(&node.into());
        peer.until(|peer| peer.is_up() || peer.id() == self.id() || self.core.is_closed()).await;
    }

    /// Waits until the node has joined the mesh: a seed is up and has told its news, and the nodes
    /// that it named are connected and have told theirs, or could not be reached. At once when
    /// there are no seeds, or the node is shut down.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub async fn joined(&self) {
        // The sender lives as long as the node.
        drop(self.core.mesh().joined().wait_for(|joined| *joined).await);
    }

    /// The other nodes that are connected.
    pub fn up_nodes(&self) -> Vec<NodeId> {
        self.core.up_nodes()
    }

    /// The other nodes that are connected, are being connected to, or can be dialled.
    pub fn known_nodes(&self) -> Vec<NodeId> {
        self.core.known_nodes()
    }

    /// How many messages were dropped, by cause.
    pub fn dropped(&self) -> DroppedCounts {
        self.core.counters().snapshot()
    }

    /// How many ports there are, reply ports included.
    pub fn port_count(&self) -> usize {
        self.core.registry().len()
    }

    /// The other nodes coming up and going down, as a stream of events.
    pub fn node_events(&self) -> NodeEvents {
        NodeEvents::new(&self.core)
    }

    /// Shuts the node down: see [`Node`]. Gives what is queued for other nodes until `deadline`
    /// to go out; connections that are not finished by then are closed.
    ///
    /// All ports die with the reason `shutdown`, also this is told to the other nodes, whose
    /// monitors fire at once.
    ///
    /// # Cancel safety
    /// The node is shut down at the first poll; dropping the future only stops waiting.
    pub async fn shutdown(&self, deadline: Duration) {
        self.core.close();
        let peers = self.core.peers();
        let tasks = self.core.take_tasks();
        let ended = async {
            self.core.registry().empty().await;
            for task in tasks {
                // It was aborted, or panicked, which was reported.
                drop(task.await);
            }
            for peer in &peers {
                peer.until(|peer| !peer.has_links()).await;
            }
        };
        if tokio::time::timeout(deadline, ended).await.is_err() {
            for link in peers.iter().filter_map(|peer| peer.link()) {
                link.close(CloseReason::Finished);
            }
        }
    }

    /// Waits for SIGTERM or ctrl-c, then shuts the node down: the last line of a service's
    /// `main`.
    ///
    /// # Errors
    /// When the system refuses to tell of signals.
    ///
    /// # Cancel safety
    /// Dropped while it waits, the node goes on.
    pub async fn shutdown_on_signal(&self, deadline: Duration) -> std::io::Result<()> {
        super::signal::terminated().await?;
        self.shutdown(deadline).await;
        Ok(())
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
