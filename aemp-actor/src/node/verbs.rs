//! The verbs: making ports, sending, killing, monitoring, calling, spawning.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::EncodeError;
use serde::Serialize;

use super::functions::FunctionCall;
use super::handle::Node;
use super::monitors::{MonAction, MonToken};
use crate::die::Die;
use crate::id::{NodeId, PortId};
use crate::message::{FromArgs, Message};
use crate::port::{
    AnyCell, AsyncHandler, Call, Cell, Ctx, FnPort, FnPortRef, Me, Outcome, Port, PortOptions,
    RcvError, ReceivePortRef, Ref, SndWait, Stage, Timer, create_receive_port,
};
use crate::reason::Reason;

/// Ports and messages.
impl Node {
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
        let name = self.core().registry().new_name();
        let cell = Cell::new(self.core().clone(), name, Stage::Idle(port));
        if let Some(options) = options {
            cell.set_options(options);
        }
        if !self.core().registry().insert(cell.clone()) {
            cell.die(&self.core().shutdown_reason());
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

    /// [`port_fn`](Self::port_fn) with an async closure, which the port awaits. Each message is handled by a
    /// clone of it: what handlers are to share belongs in an `Arc`.
    pub fn port_fn_async<R, F>(&self, f: F) -> FnPortRef
    where
        F: AsyncFnOnce(&mut Ctx<FnPort>, Message) -> R
            + for<'a> AsyncHandler<'a, Message>
            + Clone
            + Send
            + 'static,
    {
        self.port(FnPort::with_default_async(f))
    }

    /// Creates a port that takes its messages when and in which order it wants. It ends when
    /// `block` does: `Ok(())` is a normal end.
    pub fn port_async<F, Fut>(&self, block: F) -> ReceivePortRef
    where
        F: FnOnce(Me) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Die>> + Send + 'static,
    {
        create_receive_port(self.core(), block)
    }

    /// Sets the handler of a tag of a closure port, in order with the messages sent to it, and gives its handle, so
    /// that more can follow.
    ///
    /// # Errors
    /// When `port` is no closure port of this node.
    pub fn rcv<A: FromArgs, R: Outcome>(
        &self,
        port: impl Into<PortId>,
        tag: impl Into<String>,
        f: impl FnMut(&mut Ctx<FnPort>, A) -> R + Send + 'static,
    ) -> Result<FnPortRef, RcvError> {
        FnPortRef::at(self, port).rcv(tag, f)
    }

    /// Removes the handler of a tag of a closure port.
    ///
    /// # Errors
    /// As for [`rcv`](Self::rcv).
    pub fn rcv_off(
        &self,
        port: impl Into<PortId>,
        tag: impl Into<String>,
    ) -> Result<FnPortRef, RcvError> {
        FnPortRef::at(self, port).rcv_off(tag)
    }

    /// Sends a message to a port of any node. `msg` is anything that serialises as a sequence,
    /// usually a tuple that begins with the tag.
    ///
    /// Never waits. While a connection is being made messages wait, bounded in bytes; when it
    /// cannot be made, or is lost, they are lost, and the monitors of the ports they were for
    /// fire.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn snd(&self, to: impl Into<PortId>, msg: impl Serialize) {
        self.core().snd(&to.into(), &msg);
    }

    /// Sends a message when there is room for it: in the mailbox of a port of this node, in the
    /// queue for another node; so that a fast sender waits instead of overflowing them.
    ///
    /// A message that is larger than its bound passes when nothing waits. When several wait, their
    /// order is not defined; what one task sends, one after the other, keeps its order.
    ///
    /// # Errors
    /// When there is no room within 30 seconds, or what [`SndWait::timeout`] says; at once when a
    /// handler waits for room in the mailbox of its own port. Nothing was sent then. That the port
    /// is dead is no error: the message is lost, as any other is.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing was sent.
    pub fn snd_wait(&self, to: impl Into<PortId>, msg: impl Serialize) -> SndWait {
        let message = Message::new(&msg).map_err(EncodeError::from);
        SndWait::new(self.core(), to.into(), message)
    }

    /// Kills a port of any node, after the messages sent to it before. It needs no room in the
    /// mailbox.
    ///
    /// A handler that has begun is completed first, however long it takes. (For one that never
    /// ends, there is [`kil_now`](Self::kil_now).) A block that receives is to have received what
    /// was sent before: it is killed when it next waits for a message and none of those is the one
    /// (at once, if it has not asked for any yet and none waits), and where it waits when it does
    /// not come back for one for 5 seconds.
    pub fn kil(&self, port: impl Into<PortId>, reason: impl Into<Reason>) {
        self.core().kil(&port.into(), reason.into());
    }

    /// Kills a port of any node at once: a handler is dropped where it waits, and messages that
    /// wait are lost, and counted.
    ///
    /// Code that does not await is not interrupted: the port dies when it does, or ends.
    pub fn kil_now(&self, port: impl Into<PortId>, reason: impl Into<Reason>) {
        self.core().kil_now(&port.into(), reason.into());
    }

    /// Monitors a port of any node: `action`, a closure, [`Kil`](crate::Kil) or
    /// [`Snd`](crate::Snd), is done when it dies: once, always.
    ///
    /// It fires with `no_such_port` when the port does not exist, and with `transport_error`
    /// when the connection to its node is lost or cannot be made. Monitoring a node port tells of
    /// the node's connection.
    pub fn mon(&self, port: impl Into<PortId>, action: impl MonAction) -> MonToken {
        self.core().mon(&port.into(), None, action.into_action().0)
    }

    /// Keeps `things` until `port` dies, then drops them.
    pub fn mon_guard<T: Send + 'static>(&self, port: impl Into<PortId>, things: T) -> MonToken {
        self.mon(port, move |_| drop(things))
    }

    /// Sends `msg` to `to` after `delay`. When the node is shut down before, it is lost, and
    /// counted.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn after(&self, delay: Duration, to: impl Into<PortId>, msg: impl Serialize) -> Timer {
        let message = Message::new(&msg).expect("the message of a timer serialises");
        Timer::of_node(self.core(), delay, to.into(), message)
    }

    /// Sends a request, with the ID of a reply port appended, and gives the message that this
    /// port is sent: `let (seconds,): (f64,) = node.cal("worker-7", ("time",)).await?`.
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    pub fn cal<R: FromArgs>(&self, to: impl Into<PortId>, msg: impl Serialize) -> Call<R> {
        self.core().cal(to.into(), &msg)
    }

    /// Creates a port on node `on` by the registered name of its init function. The ID is known
    /// at once; messages and monitors may follow at once. When there is no such function, or it
    /// fails, the port dies with `die`.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    #[track_caller]
    pub fn spawn(&self, on: impl Into<NodeId>, init: &str, args: impl Serialize) -> PortId {
        self.core().spawn(&on.into(), init, &args)
    }

    /// Registers a function that other nodes can call by sending a message with its name as the
    /// tag to this node's port. The name must contain `::`. True when the name was free;
    /// otherwise it is replaced. Names that begin with `aemp::`, and some of the Perl
    /// implementation's, are functions that every node has
    /// ([`introspection`](crate::introspection)).
    ///
    /// It runs in the task that reads the connection: it must be quick. A panic is logged.
    /// A function that a service is to call is registered by
    /// [`Config::register`](crate::Config::register): services run before anybody has the node.
    ///
    /// # Panics
    /// When the name does not contain `::`, or is that of a function that every node has.
    #[track_caller]
    pub fn register(
        &self,
        name: impl Into<String>,
        f: impl Fn(FunctionCall) + Send + Sync + 'static,
    ) -> bool {
        let name = name.into();
        self.core().builtins().check_name(&name);
        self.core().functions().register(name, Arc::new(f))
    }
}
