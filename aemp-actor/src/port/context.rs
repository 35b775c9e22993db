//! What code in port context can do.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::any_cell::AnyCell;
use super::call::Call;
use super::cell::Cell;
use super::closure::Edit;
use super::definition::Port;
use super::handle::Ref;
use super::mailbox::{Envelope, Firing, Task};
use super::options::PortOptions;
use super::outcome::{Outcome, Ran};
use super::timer::Timer;
use crate::id::{NodeId, PortId};
use crate::message::{BadMessage, FromArgs};
use crate::node::{self, Action, Core, MonToken, Node};
use crate::reason::Reason;

/// What every kind of port can do in its own context: the untyped half of [`Ctx`] and
/// [`Init`](super::Init).
pub struct PortScope {
    core: Arc<Core>,
    cell: Arc<dyn AnyCell>,
    stopping: Option<Reason>,
    /// Changes of a closure port's handlers, applied when the handler returns.
    edits: Vec<Edit>,
}

impl PortScope {
    pub(crate) fn new(core: Arc<Core>, cell: Arc<dyn AnyCell>) -> Self {
        Self { core, cell, stopping: None, edits: Vec::new() }
    }

    pub(crate) fn add_edit(&mut self, edit: Edit) {
        self.edits.push(edit);
    }

    pub(crate) fn take_edits(&mut self) -> Vec<Edit> {
        std::mem::take(&mut self.edits)
    }

    /// The ID of this port.
    pub fn id(&self) -> PortId {
        PortId::new(self.core.id().clone(), self.cell.name().clone())
    }

    /// The ID of this port's node.
    pub fn node_id(&self) -> &NodeId {
        self.core.id()
    }

    /// The node this port lives on.
    ///
    /// Keeping the value in the port's own state keeps the node alive.
    pub fn node(&self) -> Node {
        Node::of_core(&self.core)
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    pub(crate) fn cell(&self) -> &Arc<dyn AnyCell> {
        &self.cell
    }

    /// Sends a message: see [`Node::snd`].
    ///
    /// # Panics
    /// When `msg` cannot be serialised, which kills the port.
    #[track_caller]
    pub fn snd(&self, to: impl Into<PortId>, msg: impl Serialize) {
        self.core.snd(&to.into(), &msg);
    }

    /// Kills a port: see [`Node::kil`].
    pub fn kil(&self, port: impl Into<PortId>, reason: impl Into<Reason>) {
        self.core.kil(&port.into(), reason.into());
    }

    /// Kills a port at once: see [`Node::kil_now`].
    pub fn kil_now(&self, port: impl Into<PortId>, reason: impl Into<Reason>) {
        self.core.kil_now(&port.into(), reason.into());
    }

    /// Bounds of this port's mailbox, and of the time that its handlers may take, from now on.
    pub fn set_options(&self, options: PortOptions) {
        self.cell.set_options(options);
    }

    /// Ends this port when the current handler returns; the first reason given counts. What waits is lost,
    /// and counted; [`stop_gracefully`](Self::stop_gracefully) handles it first.
    pub fn stop(&mut self, reason: impl Into<Reason>) {
        self.stopping.get_or_insert(reason.into());
    }

    pub(crate) fn stopping(&mut self) -> Option<Reason> {
        self.stopping.take()
    }

    /// Refuses a message that this port does not understand: what becomes of one that nothing else is
    /// said for.
    ///
    /// A warning with the message, the node it came from and what is wrong is logged (of many from one
    /// node, some), [`DroppedCounts::bad_message`](crate::DroppedCounts::bad_message) counts it, and if
    /// it is a request, whoever waits for the answer is told at once: on nodes of this implementation
    /// with [`CallError::Refused`](crate::CallError::Refused); the callback of a Perl program is called
    /// without arguments. No monitor fires.
    pub fn refuse(&self, bad: &BadMessage) {
        node::refuse(&self.core, &*self.cell, bad);
    }

    /// Kills this port, with the same reason, if `port` dies abnormally.
    pub fn link(&self, port: impl Into<PortId>) -> MonToken {
        let id = self.id();
        self.core.mon(&port.into(), Some(&self.cell), Action::Kil(id))
    }

    /// Creates a port on a node: see [`Node::spawn`]. ([`spawn`](Self::spawn) runs a future.)
    ///
    /// # Panics
    /// When `args` cannot be serialised, which kills the port.
    #[track_caller]
    pub fn spawn_on(&self, node: impl Into<NodeId>, init: &str, args: impl Serialize) -> PortId {
        self.core.spawn(&node.into(), init, &args)
    }

    /// Sends a request and gives its answer: see [`Node::cal`]. While a handler awaits the
    /// answer, its port handles nothing else; a port that awaits an answer of its own is given an
    /// error at once.
    ///
    /// # Panics
    /// When `msg` cannot be serialised, which kills the port.
    #[track_caller]
    pub fn cal<R: FromArgs>(&self, to: impl Into<PortId>, msg: impl Serialize) -> Call<R> {
        self.core.cal(to.into(), &msg)
    }
}

impl std::fmt::Debug for PortScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PortScope({})", self.id())
    }
}

/// The context of a running handler of a port `P`: what it can do in its own name.
///
/// A handler takes it as `ctx: &mut Ctx<Self>`, before the arguments of the message. What is sent with
/// it keeps its order with everything else that the port sends; monitors, timers and links end with
/// the port. The methods of [`PortScope`] are those of this type, too.
///
/// ```
/// use std::time::Duration;
/// use aemp_actor::prelude::*;
///
/// /// Calls a port every minute, until it is dead.
/// #[derive(Port)]
/// struct Alarm { whom: PortId }
///
/// #[rcv]
/// impl Alarm {
///     fn start(&mut self, ctx: &mut Ctx<Self>) {
///         ctx.mon(&self.whom, |_alarm: &mut Alarm, ctx, _reason| ctx.stop(()));
///         self.ring(ctx);
///     }
///
///     #[rcv(skip)]
///     fn ring(&mut self, ctx: &mut Ctx<Self>) {
///         ctx.snd(&self.whom, ("wake up", ctx.id()));
///         ctx.after(Duration::from_secs(60), |alarm: &mut Alarm, ctx| alarm.ring(ctx));
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let node = Node::local();
/// let mut calls = 0;
/// let sleeper = node.port_fn(move |ctx, _msg| {
///     calls += 1;
///     if calls == 3 {
///         ctx.stop(());
///     }
/// });
/// let alarm = node.port(Alarm { whom: sleeper.id() });
/// let (tell, end) = tokio::sync::oneshot::channel();
/// node.mon(&alarm, move |reason: Reason| drop(tell.send(reason)));
/// alarm.start();
/// assert!(end.await?.is_normal()); // after two minutes of the paused clock
/// # Ok(())
/// # }
/// ```
pub struct Ctx<P: Port> {
    scope: PortScope,
    cell: Arc<Cell<P>>,
}

impl<P: Port> Ctx<P> {
    pub(crate) fn new(cell: Arc<Cell<P>>) -> Self {
        Self { scope: PortScope::new(cell.core.clone(), cell.clone()), cell }
    }

    /// The typed handle on this port.
    pub fn handle(&self) -> P::Ref {
        Ref::local(self.cell.clone()).into()
    }

    /// Calls `f` in the context of this port when `port` dies: once, always, with the reason.
    ///
    /// What this port sends to `port` after a message was lost stays lost until `f` has begun
    /// to run (guarantee 2). The monitor ends with this port.
    pub fn mon<R: Outcome>(
        &self,
        port: impl Into<PortId>,
        f: impl FnOnce(&mut P, &mut Ctx<P>, Reason) -> R + Send + 'static,
    ) -> MonToken {
        self.mon_task(port, move |reason| {
            Box::new(move |port, ctx| Ran::done(f(port, ctx, reason)))
        })
    }

    pub(super) fn mon_task(
        &self,
        port: impl Into<PortId>,
        task: impl FnOnce(Reason) -> Task<P> + Send + 'static,
    ) -> MonToken {
        let core = &self.cell.core;
        let id = core.new_watch_id();
        let weak = Arc::downgrade(&self.cell);
        let action = Action::Call(Box::new(move |reason: Reason| {
            if let Some(cell) = weak.upgrade() {
                cell.push_fired(id, reason.clone(), Firing::Call(task(reason)));
            }
        }));
        core.mon_as(id, &port.into(), Some(self.scope.cell()), action)
    }

    /// Calls `f` in the context of this port after `delay`, unless the port dies first: then `f` is
    /// dropped with the port. It needs no room in the mailbox.
    pub fn after<R: Outcome>(
        &self,
        delay: Duration,
        f: impl FnOnce(&mut P, &mut Ctx<P>) -> R + Send + 'static,
    ) -> Timer {
        Timer::of_port(&self.cell, delay, Box::new(move |port, ctx| Ran::done(f(port, ctx))))
    }

    /// Calls `f` in the context of this port every `interval`, for the first time after one, until the port
    /// dies or the timer is cancelled. It needs no room in the mailbox.
    ///
    /// A call that would be late is left out: at most one waits, however busy the port is.
    ///
    /// # Panics
    /// When `interval` is zero, which kills the port.
    #[track_caller]
    pub fn every<R: Outcome>(
        &self,
        interval: Duration,
        mut f: impl FnMut(&mut P, &mut Ctx<P>) -> R + Send + 'static,
    ) -> Timer {
        assert!(!interval.is_zero(), "the interval of a timer is zero");
        Timer::repeated(&self.cell, interval, move |port, ctx| f(port, ctx).into_result())
    }

    /// Wraps `f` so that calling the result, from anywhere, runs it in the context of this port.
    ///
    /// Calls are messages: they keep their order with others from the same caller, return at
    /// once, and do nothing when the port is dead.
    pub fn psub<A, R, F>(&self, f: F) -> impl Fn(A) + Clone + Send + Sync + use<P, A, R, F>
    where
        A: Send + 'static,
        R: Outcome,
        F: Fn(&mut P, &mut Ctx<P>, A) -> R + Send + Sync + 'static,
    {
        let f = Arc::new(f);
        self.psub_task(Arc::new(move |args| -> Task<P> {
            let f = f.clone();
            Box::new(move |port, ctx| Ran::done(f(port, ctx, args)))
        }))
    }

    pub(super) fn psub_task<A, F>(
        &self,
        task: Arc<F>,
    ) -> impl Fn(A) + Clone + Send + Sync + use<P, A, F>
    where
        F: Fn(A) -> Task<P> + Send + Sync + 'static,
    {
        let weak = Arc::downgrade(&self.cell);
        move |args| {
            if let Some(cell) = weak.upgrade() {
                cell.push(Envelope::Call(task(args)));
            }
        }
    }

    /// Hides that of the scope, which does not know the type.
    pub(super) fn cell(&self) -> &Arc<Cell<P>> {
        &self.cell
    }

    pub(super) fn scope_cell(&self) -> &Arc<dyn AnyCell> {
        self.scope.cell()
    }
}

impl<P: Port> std::ops::Deref for Ctx<P> {
    type Target = PortScope;

    fn deref(&self) -> &PortScope {
        &self.scope
    }
}

impl<P: Port> std::ops::DerefMut for Ctx<P> {
    fn deref_mut(&mut self) -> &mut PortScope {
        &mut self.scope
    }
}

impl<P: Port> std::fmt::Debug for Ctx<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ctx({})", self.scope.id())
    }
}
