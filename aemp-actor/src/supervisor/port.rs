//! The port that carries out what the plan says.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::builder::Supervisor;
use super::child::{ChildSpec, Place};
use super::effect::{Effect, Ended, Key, Run, Time};
use super::entry::Goal;
use super::error::SupervisorError;
use super::info::{ChildInfo, ChildState, SupervisorInfo, TOLD};
use super::plan::Plan;
use super::{ending, remote};
use crate::id::{NodeId, PortId};
use crate::message::{BadMessage, Message};
use crate::node::MonToken;
use crate::node::{Core, Node, NodesToken};
use crate::panics;
use crate::port::{Cell, Ctx, Envelope, Ran, Timer};
use crate::reason::{Reason, kind};
use crate::visible::one_line;
use crate::{Port, rcv};

/// The port of a supervisor: what [`Supervisor::start`] makes. Its handle, [`SupervisorRef`], has a method
/// for each request; the same requests can be sent as messages, from any node.
#[derive(Port)]
#[port(handle = SupervisorRef)]
pub struct SupervisorPort {
    spec: Supervisor,
    plan: Plan,
    /// Set when it begins.
    own: Option<Own>,
    kids: HashMap<Key, Kid>,
    names: HashMap<Arc<str>, Key>,
    /// The children on other nodes, by port.
    far: HashMap<PortId, Key>,
    /// When the plan is asked again.
    timer: Option<(Time, Timer)>,
    /// Who waits until all children have started.
    waiting: Vec<Box<dyn FnOnce() + Send>>,
}

/// What a supervisor knows of itself.
struct Own {
    core: Arc<Core>,
    id: PortId,
    begun: Instant,
    started: Arc<dyn Fn((Key, Run)) + Send + Sync>,
    /// Tells of nodes, when a child is on another one.
    nodes: Option<NodesToken>,
}

/// A child.
struct Kid {
    spec: ChildSpec,
    run: Run,
    port: Option<PortId>,
    monitor: Option<MonToken>,
    /// Its node does its part.
    supervised: bool,
}

#[rcv(handle = SupervisorRef)]
impl SupervisorPort {
    /// Its children, as they are now.
    pub fn which_children(&self, ctx: &mut Ctx<Self>) -> SupervisorInfo {
        let told = self.plan.entries().take(TOLD).map(|(key, entry)| {
            let kid = self.kids.get(&key);
            ChildInfo {
                name: entry.name.to_string(),
                port: kid.and_then(|kid| kid.port.clone()),
                state: ChildState::of(entry),
                restart: entry.rules.restart,
                restarts: entry.restarts,
                reason: entry.reason.clone(),
                supervisor: kid.is_some_and(|kid| kid.spec.is_supervisor),
            }
        });
        let children: Vec<ChildInfo> = told.collect();
        let strategy = self.spec.rules.strategy;
        SupervisorInfo { port: ctx.id(), strategy, total: self.kids.len() as u64, children }
    }

    /// Starts a child without its type: see [`SupervisorRef::start_child`].
    #[rcv(local)]
    pub(super) fn start_spec(
        &mut self,
        ctx: &mut Ctx<Self>,
        child: ChildSpec,
    ) -> Result<(), SupervisorError> {
        if self.plan.is_ending() {
            return Err(SupervisorError::Ending);
        }
        if self.names.contains_key(&child.name) {
            return Err(SupervisorError::NameTaken { name: child.name.to_string() });
        }
        let most = self.spec.most();
        if self.kids.len() >= most {
            return Err(SupervisorError::Full { most });
        }
        // Before it has begun: with the others.
        self.add(child, self.own.is_some());
        self.carry_out(ctx);
        Ok(())
    }

    /// Stops a child. It stays known, and can be started by `restart_child`; a temporary one is forgotten.
    pub fn terminate_child(
        &mut self,
        ctx: &mut Ctx<Self>,
        name: String,
    ) -> Result<(), SupervisorError> {
        self.change(ctx, name, Plan::terminate)
    }

    /// Starts a child anew, which is stopped first if it runs.
    pub fn restart_child(
        &mut self,
        ctx: &mut Ctx<Self>,
        name: String,
    ) -> Result<(), SupervisorError> {
        self.change(ctx, name, Plan::restart)
    }

    /// Stops a child and forgets it.
    pub fn delete_child(
        &mut self,
        ctx: &mut Ctx<Self>,
        name: String,
    ) -> Result<(), SupervisorError> {
        self.change(ctx, name, Plan::delete)
    }

    /// Stops all children, in reverse order, each within its deadline; then the supervisor ends, with the
    /// kind `shutdown`. (To kill it stops all of them at the same time.)
    pub fn shutdown(&mut self, ctx: &mut Ctx<Self>) {
        let reason = Reason::new(kind::SHUTDOWN, format!("supervisor {} was shut down", ctx.id()));
        self.plan.shut_down(reason, self.now());
        self.carry_out(ctx);
    }

    #[rcv(default)]
    fn other(&mut self, ctx: &mut Ctx<Self>, message: Message) {
        let key = message.arg(0).ok().and_then(|port: PortId| self.far.get(&port).copied());
        let kid = key.and_then(|key| self.kids.get_mut(&key).map(|kid| (key, kid)));
        match (message.tag(), kid) {
            (remote::SUPERVISED, Some((_, kid))) => kid.supervised = true,
            (remote::STARTED, Some((key, kid))) => {
                let run = kid.run;
                self.started(ctx, key, run);
            }
            (remote::ECHO, Some((key, kid))) if !kid.supervised => {
                let (run, node) = (kid.run, kid.port.as_ref().map(PortId::node));
                let (name, node) = (&kid.spec.name, node.unwrap_or(ctx.node_id()));
                let text = format!(
                    "node {node} does not grant {}: child {name} counts as started, and does not end \
                     when the connection to its supervisor is lost",
                    remote::SUPERVISE
                );
                tracing::warn!(target: "aemp", "{}", one_line(&text));
                self.started(ctx, key, run);
            }
            // Of a child that has ended meanwhile, too.
            (remote::SUPERVISED | remote::STARTED | remote::ECHO, _) => {}
            _ => ctx.refuse(&BadMessage::unknown(message, Self::TAGS)),
        }
    }
}

impl SupervisorPort {
    pub(super) fn new(spec: Supervisor) -> Self {
        Self {
            plan: Plan::new(spec.rules),
            spec,
            own: None,
            kids: HashMap::new(),
            names: HashMap::new(),
            far: HashMap::new(),
            timer: None,
            waiting: Vec::new(),
        }
    }

    /// Has a new supervisor begin.
    pub(super) fn begin_soon(cell: &Arc<Cell<Self>>) {
        cell.push(Envelope::Call(Box::new(|port, ctx| {
            port.begin(ctx);
            Ran::Done(Ok(()))
        })));
    }

    /// Calls `f` when all children have started.
    pub(super) fn when_ready(cell: &Arc<Cell<Self>>, f: Box<dyn FnOnce() + Send>) {
        cell.push(Envelope::Call(Box::new(move |port, _| {
            port.waiting.push(f);
            port.tell_ready();
            Ran::Done(Ok(()))
        })));
    }

    fn begin(&mut self, ctx: &mut Ctx<Self>) {
        let started = ctx.psub(|port: &mut Self, ctx, (key, run)| port.started(ctx, key, run));
        self.own = Some(Own {
            core: ctx.core().clone(),
            id: ctx.id(),
            begun: Instant::now(),
            started: Arc::new(started),
            nodes: None,
        });
        for child in self.spec.children.clone() {
            self.add(child, false);
        }
        self.plan.begin(self.now());
        self.carry_out(ctx);
    }

    fn now(&self) -> Time {
        self.own.as_ref().map(|own| own.begun.elapsed()).unwrap_or_default()
    }

    fn add(&mut self, spec: ChildSpec, later: bool) {
        if !later && self.own.is_none() {
            return self.spec.children.push(spec);
        }
        spec.slot.start(None);
        let key = self.plan.add(spec.name.clone(), spec.rules, later, self.now());
        self.names.insert(spec.name.clone(), key);
        let kid = Kid { spec, run: Run::MAX, port: None, monitor: None, supervised: false };
        self.kids.insert(key, kid);
    }

    fn change(
        &mut self,
        ctx: &mut Ctx<Self>,
        name: String,
        change: fn(&mut Plan, Key, Time),
    ) -> Result<(), SupervisorError> {
        if self.plan.is_ending() {
            return Err(SupervisorError::Ending);
        }
        let Some(key) = self.names.get(name.as_str()).copied() else {
            return Err(SupervisorError::NoSuchChild { name });
        };
        let now = self.now();
        change(&mut self.plan, key, now);
        self.tell_down(key, None);
        self.carry_out(ctx);
        Ok(())
    }

    fn started(&mut self, ctx: &mut Ctx<Self>, key: Key, run: Run) {
        self.plan.handle_started(key, run, self.now());
        if let (Some(own), Some(kid)) = (&self.own, self.kids.get(&key))
            && let Some(port) = kid.port.as_ref().filter(|_| kid.run == run)
            && self.plan.entry(key).is_some_and(|entry| entry.is_up())
        {
            kid.spec.slot.run(&Node::of_core(&own.core), port);
        }
        self.carry_out(ctx);
    }

    fn ended(&mut self, ctx: &mut Ctx<Self>, key: Key, run: Run, reason: &Reason) {
        let Some(kid) = self.kids.get_mut(&key).filter(|kid| kid.run == run) else { return };
        kid.monitor = None;
        let port = kid.port.take();
        let far = port.as_ref().is_some_and(|port| port.node() != ctx.node_id());
        let lost = far && matches!(reason.kind(), kind::TRANSPORT_ERROR | kind::SHUTDOWN);
        if let Some(port) = port {
            self.far.remove(&port);
        }
        self.failed(ctx, key, run, (reason, lost));
        self.carry_out(ctx);
    }

    fn failed(&mut self, ctx: &Ctx<Self>, key: Key, run: Run, (reason, lost): (&Reason, bool)) {
        let chance = ctx.core().environment().fraction();
        self.plan.handle_ended(key, run, Ended { reason, lost, chance }, self.now());
        self.tell_down(key, Some(reason));
    }

    /// Tells the handles on a child that does not run (any more) whether it will again.
    fn tell_down(&self, key: Key, reason: Option<&Reason>) {
        let Some(kid) = self.kids.get(&key) else { return };
        let entry = self.plan.entry(key);
        if entry.is_some_and(|entry| entry.is_up()) {
            return;
        }
        let wanted = entry.is_some_and(|entry| entry.goal == Goal::Up);
        // Who is above this supervisor may start it again.
        let unknown = self.plan.is_ending() && self.spec.is_below;
        let reason = reason.or(entry.and_then(|entry| entry.reason.as_ref())).cloned();
        if wanted || unknown {
            kid.spec.slot.start(reason);
        } else {
            kid.spec.end(reason);
        }
    }

    fn carry_out(&mut self, ctx: &mut Ctx<Self>) {
        while let Some(effect) = self.plan.poll_effect() {
            match effect {
                Effect::Start(key, run) => self.start(ctx, key, run),
                Effect::Stop(key, run) => self.stop(ctx, key, run, false),
                Effect::Kill(key, run) => self.stop(ctx, key, run, true),
                Effect::Abandon(key, run) => self.abandon(ctx, key, run),
                Effect::Remove(key) => {
                    if let Some(kid) = self.kids.remove(&key) {
                        self.names.remove(&kid.spec.name);
                    }
                }
                Effect::End(reason) => ctx.stop(reason),
            }
        }
        self.arm(ctx);
        self.tell_ready();
    }

    fn tell_ready(&mut self) {
        if self.own.is_some() && self.plan.is_ready() && !self.plan.is_ending() {
            self.waiting.drain(..).for_each(|f| f());
        }
    }

    fn start(&mut self, ctx: &mut Ctx<Self>, key: Key, run: Run) {
        let on = self.place(ctx, key);
        let Some(kid) = self.kids.get_mut(&key) else { return };
        (kid.run, kid.supervised) = (run, false);
        let on = match on {
            Ok(on) => on,
            Err((reason, lost)) => return self.failed(ctx, key, run, (&reason, lost)),
        };
        let core = ctx.core().clone();
        let port = kid.spec.make(&core, &on);
        let ended = move |own: &mut Self, ctx: &mut Ctx<Self>, reason: Reason| {
            own.ended(ctx, key, run, &reason);
        };
        kid.monitor = Some(ctx.mon(&port, ended));
        kid.port = Some(port.clone());
        let shutdown = kid.spec.rules.shutdown;
        if on != *core.id() {
            self.far.insert(port.clone(), key);
            self.watch_nodes(ctx);
            remote::ask(&core, &port, &ctx.id(), shutdown);
        } else if let (Some(own), Some(cell)) = (&self.own, core.registry().find(port.name())) {
            let started = own.started.clone();
            remote::when_started(cell, move || started((key, run)));
        }
        self.tell_down(key, None);
    }

    /// Where a child is to be started; else why it cannot be, and whether that is no fault of its own.
    fn place(&mut self, ctx: &mut Ctx<Self>, key: Key) -> Result<NodeId, (Reason, bool)> {
        let own = ctx.node_id().clone();
        let choose = match self.kids.get(&key).map(|kid| &kid.spec.place) {
            Some(Place::Node(node)) => return Ok(node.clone()),
            Some(Place::Chosen(choose)) => choose.clone(),
            Some(Place::Here) | None => return Ok(own),
        };
        self.watch_nodes(ctx);
        let mut nodes = ctx.core().up_nodes();
        nodes.push(own);
        nodes.sort();
        match panics::caught(|| choose(&nodes)) {
            Ok(Some(node)) => Ok(node),
            Ok(None) => Err((Reason::new("no_node", "none of the nodes is suitable"), true)),
            Err(die) => Err((die.into(), false)),
        }
    }

    fn stop(&mut self, ctx: &Ctx<Self>, key: Key, run: Run, at_once: bool) {
        self.tell_down(key, None);
        let Some(kid) = self.kids.get(&key).filter(|kid| kid.run == run) else { return };
        let Some(port) = &kid.port else { return };
        let reason = || Reason::new(kind::SHUTDOWN, format!("stopped by supervisor {}", ctx.id()));
        if at_once {
            ctx.kil_now(port, reason());
        } else if kid.spec.is_supervisor {
            ctx.snd(port, ("shutdown",));
        } else {
            ctx.kil(port, reason());
        }
    }

    fn abandon(&mut self, ctx: &Ctx<Self>, key: Key, run: Run) {
        let Some(kid) = self.kids.get_mut(&key).filter(|kid| kid.run == run) else { return };
        if let Some(monitor) = kid.monitor.take() {
            monitor.cancel();
        }
        if let Some(port) = kid.port.take() {
            self.far.remove(&port);
            let text = format!(
                "child {} of supervisor {}, {port}, does not end, though it was killed: its code does \
                 not await",
                kid.spec.name,
                ctx.id()
            );
            tracing::error!(target: "aemp", "{}", one_line(&text));
        }
    }

    fn watch_nodes(&mut self, ctx: &Ctx<Self>) {
        let Some(own) = self.own.as_mut().filter(|own| own.nodes.is_none()) else { return };
        let up = ctx.psub(|port: &mut Self, ctx, node| port.node_up(ctx, &node));
        let id = own.core.events().add(move |event| {
            if event.is_up() {
                up(event.node().clone());
            }
        });
        own.nodes = Some(NodesToken::new(&own.core, id));
    }

    fn node_up(&mut self, ctx: &mut Ctx<Self>, node: &NodeId) {
        let now = self.now();
        for (key, kid) in &self.kids {
            match &kid.spec.place {
                Place::Node(wanted) if wanted == node => self.plan.handle_node_up(*key, now),
                Place::Chosen(_) => self.plan.handle_node_up(*key, now),
                Place::Node(_) | Place::Here => {}
            }
        }
        self.carry_out(ctx);
    }

    fn arm(&mut self, ctx: &Ctx<Self>) {
        let Some(at) = self.plan.poll_deadline() else { return };
        // One that comes too early finds nothing to do, and is set again.
        if self.timer.as_ref().is_some_and(|(armed, _)| *armed <= at) {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            timer.cancel();
        }
        let timer = ctx.after(at.saturating_sub(self.now()), Self::look_at_clock);
        self.timer = Some((at, timer));
    }

    fn look_at_clock(&mut self, ctx: &mut Ctx<Self>) {
        self.timer = None;
        let environment = ctx.core().environment();
        self.plan.handle_time(self.now(), || environment.fraction());
        self.carry_out(ctx);
    }
}

/// However the supervisor ends, its children do: all at the same time, when it was killed.
impl Drop for SupervisorPort {
    fn drop(&mut self) {
        let Some(own) = &self.own else { return };
        if let Some(nodes) = &own.nodes {
            nodes.cancel();
        }
        for kid in self.kids.values() {
            if self.spec.is_below {
                kid.spec.slot.pause();
            } else {
                kid.spec.end(None);
            }
        }
        let ports =
            self.kids.values().filter_map(|kid| Some((kid.port.clone()?, kid.spec.rules.shutdown)));
        let text = format!("its supervisor {} has ended", own.id);
        ending::end_all(&own.core, ports, &Reason::new(kind::SHUTDOWN, text));
    }
}

impl fmt::Debug for SupervisorPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SupervisorPort({:?})", self.spec)
    }
}
