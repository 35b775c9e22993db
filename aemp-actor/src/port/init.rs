//! Init functions: how ports are made by name, here and from other nodes.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;

use super::cell::Cell;
use super::closure::FnPort;
use super::context::{Ctx, PortScope};
use super::definition::Port;
use super::handle::Ref;
use super::mailbox::Stage;
use crate::die;
use crate::die::Die;
use crate::id::{NodeId, PortName};
use crate::message::Message;
use crate::node::{Core, Node};

/// What an init function gives: the value of the new port, or why there is none.
pub type InitFuture<'a, P> = Pin<Box<dyn Future<Output = Result<P, Die>> + Send + 'a>>;

/// Makes the value of a port, once, in the port's context.
pub(crate) type Starter<P> = Box<dyn for<'a> FnOnce(&'a mut Init) -> InitFuture<'a, P> + Send>;

/// The context of an init function: the new port exists already, with its ID, and messages for
/// it wait; it has no value yet.
pub struct Init {
    ctx: Box<dyn AnyCtx>,
}

/// The context of the port, without its type.
trait AnyCtx: Send {
    fn scope(&self) -> &PortScope;
    fn scope_mut(&mut self) -> &mut PortScope;
    fn as_any(&mut self) -> &mut dyn Any;
    fn port(&self) -> &'static str;
}

impl<P: Port> AnyCtx for Ctx<P> {
    fn scope(&self) -> &PortScope {
        self
    }

    fn scope_mut(&mut self) -> &mut PortScope {
        self
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn port(&self) -> &'static str {
        std::any::type_name::<P>()
    }
}

impl Init {
    pub(crate) fn new<P: Port>(cell: Arc<Cell<P>>) -> Self {
        Self { ctx: Box::new(Ctx::new(cell)) }
    }

    /// The context of the new port `P`, which its handlers will have: its handle, timers, monitors, tasks and
    /// streams. What is to run in the port waits until it has its value.
    ///
    /// # Panics
    /// When the function makes a port of another type, which kills the port.
    #[track_caller]
    pub fn ctx<P: Port>(&mut self) -> &mut Ctx<P> {
        let made = self.ctx.port();
        let Some(ctx) = self.ctx.as_any().downcast_mut() else {
            panic!("this init function makes a {made}, not a {}", std::any::type_name::<P>())
        };
        ctx
    }
}

impl std::ops::Deref for Init {
    type Target = PortScope;

    fn deref(&self) -> &PortScope {
        self.ctx.scope()
    }
}

impl std::ops::DerefMut for Init {
    fn deref_mut(&mut self) -> &mut PortScope {
        self.ctx.scope_mut()
    }
}

impl std::fmt::Debug for Init {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Init({})", self.id())
    }
}

/// What `#[init]` makes of a function: spawns its port on any node, with the types checked.
///
/// `A` is the tuple of its arguments, `P` its port.
pub struct InitFn<A, P: Port> {
    name: &'static str,
    run: fn(&mut Init, Message) -> InitFuture<'_, P>,
    args: PhantomData<fn(A)>,
}

impl<A, P: Port> InitFn<A, P> {
    #[doc(hidden)]
    pub const fn new(name: &'static str, run: fn(&mut Init, Message) -> InitFuture<'_, P>) -> Self {
        Self { name, run, args: PhantomData }
    }

    /// The registered name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<A: Serialize, P: Port> InitFn<A, P> {
    /// Spawns the port on node `on`, from `node`: see [`Node::spawn`].
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    #[track_caller]
    pub fn on(&self, node: &Node, on: impl Into<NodeId>, args: A) -> P::Ref {
        Ref::at(node, node.spawn(on, self.name, args)).into()
    }
}

/// What can be done with a function that is marked `#[init]`: spawn its port elsewhere, with the
/// types of the arguments checked.
///
/// The attribute puts a function that gives an [`InitFn`] in the place of the marked one; this
/// trait, which is in the prelude, lets it be used directly:
/// `session.on(&node, "worker-7", (me, "joe".into()))`.
pub trait InitFunction<A, P: Port> {
    /// Spawns the port on node `on`, from `node`: see [`Node::spawn`].
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    #[track_caller]
    fn on(&self, node: &Node, on: impl Into<NodeId>, args: A) -> P::Ref
    where
        A: Serialize;

    /// The registered name.
    fn name(&self) -> &'static str;
}

impl<F, A, P> InitFunction<A, P> for F
where
    F: Fn() -> InitFn<A, P>,
    P: Port,
{
    #[track_caller]
    fn on(&self, node: &Node, on: impl Into<NodeId>, args: A) -> P::Ref
    where
        A: Serialize,
    {
        self().on(node, on, args)
    }

    fn name(&self) -> &'static str {
        self().name
    }
}

impl<A, P: Port> Clone for InitFn<A, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, P: Port> Copy for InitFn<A, P> {}

impl<A, P: Port> std::fmt::Debug for InitFn<A, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InitFn({})", self.name)
    }
}

/// An init function in the table of the process, filled at link time.
#[derive(Clone, Copy)]
pub struct InitEntry {
    init: &'static dyn AnyInit,
}

impl InitEntry {
    #[doc(hidden)]
    pub const fn new<A, P: Port>(init: &'static InitFn<A, P>) -> Self {
        Self { init }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.init.name()
    }

    /// Creates the port `name`, whose init function then runs in its own context; false as for
    /// [`create_port`].
    pub(crate) fn create(&self, core: &Arc<Core>, name: PortName, args: Message) -> bool {
        self.init.create(core, name, args)
    }
}

impl std::fmt::Debug for InitEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InitEntry({})", self.name())
    }
}

inventory::collect!(InitEntry);

/// An init function without its types.
trait AnyInit: Send + Sync {
    fn name(&self) -> &'static str;
    fn create(&self, core: &Arc<Core>, name: PortName, args: Message) -> bool;
}

impl<A, P: Port> AnyInit for InitFn<A, P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn create(&self, core: &Arc<Core>, name: PortName, args: Message) -> bool {
        let run = self.run;
        create_port::<P>(core, name, Box::new(move |init| run(init, args)))
    }
}

/// Creates a port that begins with an init function; on a node that is shut down, or under a name
/// that is taken, there is no port, nothing is run, and the answer is false.
pub(crate) fn create_port<P: Port>(core: &Arc<Core>, name: PortName, starter: Starter<P>) -> bool {
    let cell = Cell::new(core.clone(), name, Stage::Starting(starter));
    let inserted = core.registry().insert_spawned(cell.clone());
    if inserted {
        cell.wake();
    }
    inserted
}

/// What an init function may return: the port's value, or nothing for a closure port whose
/// handlers were set with [`Init::rcv`], each also as a `Result<_, Die>`.
pub trait InitOutput {
    /// The kind of port that is made.
    type Port: Port;

    /// The value of the port.
    ///
    /// # Errors
    /// What the function returned; it kills the port.
    fn into_port(self, init: &mut Init) -> Result<Self::Port, Die>;
}

impl<P: Port> InitOutput for P {
    type Port = P;

    fn into_port(self, init: &mut Init) -> Result<P, Die> {
        if init.take_edits().is_empty() {
            return Ok(self);
        }
        let port = std::any::type_name::<P>();
        Err(die!(
            "ctx.rcv sets handlers of a closure port: an init function that calls it returns no {port}"
        ))
    }
}

impl InitOutput for () {
    type Port = FnPort;

    fn into_port(self, init: &mut Init) -> Result<FnPort, Die> {
        let edits = init.take_edits();
        Ok(FnPort::with_edits(edits, init.ctx().cell()))
    }
}

impl<O: InitOutput> InitOutput for Result<O, Die> {
    type Port = O::Port;

    fn into_port(self, init: &mut Init) -> Result<O::Port, Die> {
        self?.into_port(init)
    }
}
