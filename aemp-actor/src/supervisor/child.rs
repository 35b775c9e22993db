//! What a child is and how it is made.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Value, to_values};
use serde::Serialize;

use super::builder::Supervisor;
use super::child_ref::{AnySlot, ChildRef, Slot};
use super::port::SupervisorPort;
use super::rules::{ChildRules, Restart};
use crate::die::Die;
use crate::id::{NodeId, PortId};
use crate::node::{Core, Node};
use crate::port::{
    FnPort, Init, InitFunction, InitOutput, Me, Port, create_port, create_receive_port,
};

/// A child of a supervisor: its name, how it is made, and by which rules. `P` is its port; an init
/// function that is only known by name gives a [`FnPort`], whose handle sends untyped messages.
///
/// Unless it is said otherwise the child is [permanent](Restart::Permanent), runs on the node of the
/// supervisor, has 30 seconds to start and 5 seconds to end.
pub struct Child<P: Port> {
    spec: ChildSpec,
    slot: Arc<Slot<P>>,
}

/// A child without its type: what a [`Child`] becomes when a supervisor gets it.
#[derive(Clone)]
pub struct ChildSpec {
    pub(super) name: Arc<str>,
    pub(super) rules: ChildRules,
    pub(super) place: Place,
    pub(super) slot: Arc<dyn AnySlot>,
    pub(super) is_supervisor: bool,
    /// The children below it are made together with it.
    pub(super) nested: Option<Arc<Supervisor>>,
    maker: Arc<dyn Maker>,
}

/// Where a child runs.
#[derive(Clone)]
pub(super) enum Place {
    /// On the node of the supervisor.
    Here,
    /// On this node.
    Node(NodeId),
    /// Where the function says.
    Chosen(Arc<Chooser>),
}

pub(super) type Chooser = dyn Fn(&[NodeId]) -> Option<NodeId> + Send + Sync;

/// Makes the port of a child.
trait Maker: Send + Sync {
    /// Whether it can do so on other nodes.
    fn goes_anywhere(&self) -> bool {
        false
    }

    fn make(&self, core: &Arc<Core>, on: &NodeId) -> PortId;
}

impl<P: Port> Child<P> {
    /// A child on the node of the supervisor, whose port is made by `init`: anew at each start. As with an
    /// init function, `init` runs in the context of the new port, and its error or panic is the death of
    /// that port. It returns the port, or nothing when it has set handlers with
    /// [`Init::rcv`](crate::Init::rcv).
    pub fn new<O>(
        name: impl Into<String>,
        init: impl Fn(&mut Init) -> O + Send + Sync + 'static,
    ) -> Self
    where
        O: InitOutput<Port = P> + 'static,
    {
        Self::of(name.into(), Arc::new(Here { init: Arc::new(init), output: PhantomData }))
    }

    /// A child that is made by an init function, with these arguments at each start; on the node of the
    /// supervisor unless [`on`](Self::on) or [`place`](Self::place) says otherwise.
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    pub fn init<A: Serialize>(
        name: impl Into<String>,
        init: impl InitFunction<A, P>,
        args: A,
    ) -> Self {
        Self::of(name.into(), Arc::new(Named::new(init.name(), &args)))
    }

    fn of(name: String, maker: Arc<dyn Maker>) -> Self {
        let slot = Arc::new(Slot::default());
        let is_supervisor = TypeId::of::<P>() == TypeId::of::<SupervisorPort>();
        let mut rules = ChildRules::default();
        if is_supervisor {
            // It has children of its own to start and to stop, each with its own deadline.
            (rules.start_deadline, rules.shutdown) = (None, None);
        }
        let spec = ChildSpec {
            name: name.into(),
            rules,
            place: Place::Here,
            slot: slot.clone(),
            is_supervisor,
            nested: None,
            maker,
        };
        Self { spec, slot }
    }

    /// Runs it on this node. While that is not connected, the child waits for it, without counting as
    /// failed: it is started when the node comes up, and tried in the pauses of the
    /// [`Backoff`](super::Backoff).
    ///
    /// # Panics
    /// When the child is not made by an init function: code does not travel.
    #[must_use]
    #[track_caller]
    pub fn on(self, node: impl Into<NodeId>) -> Self {
        self.placed(Place::Node(node.into()))
    }

    /// Runs it on the node that `choose` gives of those that are up, that of the supervisor included,
    /// sorted; it is asked at each start, so that a child whose node went down is started on another one.
    /// While it gives none, the child waits.
    ///
    /// It runs in the context of the supervisor: it must be quick. A panic is a failed start.
    ///
    /// # Panics
    /// As [`on`](Self::on).
    #[must_use]
    #[track_caller]
    pub fn place(
        self,
        choose: impl Fn(&[NodeId]) -> Option<NodeId> + Send + Sync + 'static,
    ) -> Self {
        self.placed(Place::Chosen(Arc::new(choose)))
    }

    #[track_caller]
    fn placed(mut self, place: Place) -> Self {
        let name = &self.spec.name;
        assert!(
            self.spec.maker.goes_anywhere(),
            "child {name:?} is made by a closure, which only runs on the node of its supervisor"
        );
        self.spec.place = place;
        self
    }

    /// When it is started again. Default: always.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.spec.rules.restart = restart;
        self
    }

    /// How long it may take to start, until its init function has ended; a supervisor: until all its
    /// children have started. One that takes longer is killed, and has failed. Default 30 s; for
    /// supervisors, any time.
    #[must_use]
    pub fn start_deadline(mut self, deadline: Duration) -> Self {
        self.spec.rules.start_deadline = Some(deadline);
        self
    }

    /// How long it may take to end when its supervisor stops it ([`kil`](crate::Node::kil)); then, and
    /// with zero from the beginning, it is killed at once ([`kil_now`](crate::Node::kil_now)). Default
    /// 5 s; supervisors have the time that their children need.
    ///
    /// One whose code does not await cannot be killed. 5 seconds later an error is logged, and it
    /// counts as ended.
    #[must_use]
    pub fn shutdown(mut self, deadline: Duration) -> Self {
        self.spec.rules.shutdown = Some(deadline);
        self
    }

    /// The handle on the child that follows its restarts.
    pub fn child_ref(&self) -> ChildRef<P> {
        ChildRef::new(self.spec.name.clone(), self.slot.clone())
    }
}

impl Child<FnPort> {
    /// A child that is made by the init function of this name, on any node: see [`init`](Self::init).
    ///
    /// # Panics
    /// When `args` cannot be serialised.
    pub fn spawn(name: impl Into<String>, init: impl Into<String>, args: impl Serialize) -> Self {
        Self::of(name.into(), Arc::new(Named::new(&init.into(), &args)))
    }

    /// A child that takes its messages when and in which order it wants: see
    /// [`Node::port_async`](crate::Node::port_async). It counts as started at once.
    pub fn block<F, Fut>(name: impl Into<String>, block: F) -> Self
    where
        F: Fn(Me) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Die>> + Send + 'static,
    {
        Self::of(name.into(), Arc::new(Block(Arc::new(block))))
    }
}

impl Child<SupervisorPort> {
    /// A supervisor below the supervisor, on the same node. It has started when all its children have.
    pub fn supervisor(name: impl Into<String>, supervisor: Supervisor) -> Self {
        let nested = Arc::new(supervisor);
        let made = nested.clone();
        let mut child = Self::new(name, move |init: &mut Init| made.below().start_in(init));
        child.spec.nested = Some(nested);
        child
    }
}

impl<P: Port> From<Child<P>> for ChildSpec {
    fn from(child: Child<P>) -> Self {
        child.spec
    }
}

impl ChildSpec {
    /// Makes the port.
    pub(super) fn make(&self, core: &Arc<Core>, on: &NodeId) -> PortId {
        self.maker.make(core, on)
    }

    /// The child, and all below it, will not be started again.
    pub(super) fn end(&self, reason: Option<crate::Reason>) {
        if let Some(nested) = &self.nested {
            nested.children.iter().for_each(|child| child.end(reason.clone()));
        }
        self.slot.end(reason);
    }
}

/// A port on the node of the supervisor, whatever node is asked for.
struct Here<F, O> {
    init: Arc<F>,
    output: PhantomData<fn() -> O>,
}

impl<F, O> Maker for Here<F, O>
where
    F: Fn(&mut Init) -> O + Send + Sync + 'static,
    O: InitOutput + 'static,
{
    fn make(&self, core: &Arc<Core>, _: &NodeId) -> PortId {
        let name = core.registry().new_name();
        let init = self.init.clone();
        create_port::<O::Port>(
            core,
            name.clone(),
            Box::new(move |scope| {
                let made = init(scope).into_port(scope);
                Box::pin(std::future::ready(made))
            }),
        );
        PortId::new(core.id().clone(), name)
    }
}

struct Block<F>(Arc<F>);

impl<F, Fut> Maker for Block<F>
where
    F: Fn(Me) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Die>> + Send + 'static,
{
    fn make(&self, core: &Arc<Core>, _: &NodeId) -> PortId {
        let block = self.0.clone();
        create_receive_port(core, move |me| block(me)).id()
    }
}

struct Named {
    init: String,
    args: Vec<Value>,
}

impl Named {
    fn new(init: &str, args: &impl Serialize) -> Self {
        let args = to_values(args).expect("the arguments of an init function serialise");
        Self { init: init.to_owned(), args }
    }
}

impl Maker for Named {
    fn goes_anywhere(&self) -> bool {
        true
    }

    fn make(&self, core: &Arc<Core>, on: &NodeId) -> PortId {
        Node::of_core(core).spawn(on, &self.init, &self.args)
    }
}

impl<P: Port> Clone for Child<P> {
    fn clone(&self) -> Self {
        Self { spec: self.spec.clone(), slot: self.slot.clone() }
    }
}

impl<P: Port> fmt::Debug for Child<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("name", &self.name)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
