//! Carries out what the mesh decides.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aemp_transport::{Address, Value};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::effect::{Effect, GroupCallback};
use super::group_token::{GroupError, GrpMonToken, GrpToken};
use super::membership::Membership;
use super::news::News;
use super::rendezvous::{CONNECT, Rendezvous};
use super::seeds::{SeedInfo, Seeds};
use super::seeking::seek;
use crate::fail_points::fail_point;
use crate::group::{GroupChange, GroupTable, Members, Pick};
use crate::id::{NodeId, PortId, PortName};
use crate::node::{Action, Core, reach};
use crate::reason::Reason;

/// New addresses are told on after this long at the least, and at the most twice as long less
/// half a second: so that two nodes do not dial each other in the same instant.
const ANNOUNCE_AFTER: Duration = Duration::from_secs(2);

/// The mesh of one node.
pub(crate) struct Mesh {
    inner: Mutex<Inner>,
    next_monitor: AtomicU64,
    joined: watch::Sender<bool>,
    /// What has become of the seeds: written by the tasks that keep connected to them.
    seeds: watch::Sender<Seeds>,
}

struct Inner {
    membership: Membership,
    effects: VecDeque<Effect>,
    /// Some thread carries effects out.
    running: bool,
    monitors: BTreeMap<String, BTreeMap<u64, Monitor>>,
    /// The rendezvous port of each other node here: one each, the last that it spawned.
    guests: BTreeMap<NodeId, Arc<Rendezvous>>,
}

/// A monitor of a group.
struct Monitor {
    callback: GroupCallback,
    /// It was told of the group as it was: changes that are older concern it no more.
    begun: bool,
}

impl Mesh {
    /// Each node may have so many registrations in groups.
    pub(crate) fn new(own: NodeId, max_registrations: usize) -> Self {
        Self {
            inner: Mutex::new(Inner {
                membership: Membership::new(own, max_registrations),
                effects: VecDeque::new(),
                running: false,
                monitors: BTreeMap::new(),
                guests: BTreeMap::new(),
            }),
            next_monitor: AtomicU64::new(0),
            joined: watch::Sender::new(false),
            seeds: watch::Sender::default(),
        }
    }

    pub(crate) fn set_listeners(&self, listeners: Vec<String>) {
        self.inner.lock().membership.set_listeners(listeners);
    }

    /// The seeds of the configuration, each once.
    pub(crate) fn set_seeds(&self, core: &Arc<Core>, seeds: Vec<Address>) {
        let count = seeds.len();
        self.seeds.send_replace(Seeds::new(seeds));
        self.decide(core, |inner| inner.membership.set_seeds(count, &mut inner.effects));
    }

    /// What an attempt to reach a seed of the configuration has found.
    pub(super) fn tried(&self, core: &Arc<Core>, found: SeedInfo) {
        let (seed, is_self) = (found.address.to_string(), found.is_self);
        self.seeds.send_if_modified(|seeds| seeds.tried(found));
        self.decide(core, |inner| inner.membership.is_own_seed(seed, is_self, &mut inner.effects));
    }

    /// What has become of the seeds.
    pub(crate) fn seeds(&self) -> watch::Receiver<Seeds> {
        self.seeds.subscribe()
    }

    /// Asks the master for a missing node; false when it is missing no more.
    pub(super) fn seek(&self, core: &Arc<Core>, node: &NodeId) -> bool {
        self.decide(core, |inner| inner.membership.seek(node, &mut inner.effects))
    }

    pub(super) fn stop_seeking(&self, node: &NodeId) {
        self.inner.lock().membership.stop_seeking(node);
    }

    pub(crate) fn joined(&self) -> watch::Receiver<bool> {
        self.joined.subscribe()
    }

    /// The node is shut down: nobody is to wait for news any more.
    pub(crate) fn end(&self) {
        self.joined.send_replace(true);
    }

    pub(crate) fn is_seed(&self, core: &Arc<Core>, node: &NodeId) {
        let random = core.environment().fraction();
        self.decide(core, |inner| inner.membership.is_seed(node, random, &mut inner.effects));
    }

    /// A connection begins; nothing was read of it so far. Takes no lock but its own.
    pub(crate) fn node_up(&self, node: &NodeId, attempt: u64, ours: bool) {
        self.inner.lock().membership.node_up(node, attempt, ours);
    }

    /// Tells the node what we know, once for each connection: as soon as it is up if the node said
    /// that it is more than a script, else when it spawns its rendezvous port here.
    pub(crate) fn meet(&self, core: &Arc<Core>, node: &NodeId, attempt: u64) {
        let (random, port) = (core.environment().fraction(), core.registry().new_name());
        self.decide(core, |inner| {
            inner.membership.meet_node(node, attempt, port, random, &mut inner.effects);
        });
    }

    /// The node is connected and takes no part in the mesh, unless it begins to of itself.
    pub(crate) fn takes_no_part(&self, core: &Arc<Core>, node: &NodeId, attempt: u64) {
        let random = core.environment().fraction();
        self.decide(core, |inner| {
            inner.membership.takes_no_part(node, attempt, random, &mut inner.effects);
        });
    }

    pub(crate) fn node_down(&self, core: &Arc<Core>, node: &NodeId, attempt: u64) {
        let random = core.environment().fraction();
        let guests = self.inner.lock().guests.remove(node);
        self.decide(core, |inner| {
            inner.membership.node_down(node, attempt, random, &mut inner.effects);
        });
        if let Some(guest) = guests {
            guest.finish(&Reason::normal());
        }
    }

    /// A rendezvous port was spawned here.
    pub(crate) fn add_guest(
        &self,
        core: &Arc<Core>,
        node: &NodeId,
        attempt: u64,
        guest: Arc<Rendezvous>,
    ) {
        let earlier = self.inner.lock().guests.insert(node.clone(), guest);
        if let Some(earlier) = earlier {
            earlier.finish(&Reason::normal());
        }
        self.meet(core, node, attempt);
    }

    pub(super) fn received(&self, core: &Arc<Core>, node: &NodeId, attempt: u64, news: News) {
        self.decide(core, |inner| {
            inner.membership.received(node, attempt, news, &mut inner.effects);
        });
    }

    /// A node that was heard of cannot be reached.
    pub(crate) fn given_up(&self, core: &Arc<Core>, node: &NodeId) {
        self.decide(core, |inner| inner.membership.given_up(node, &mut inner.effects));
    }

    /// A node that was heard of is not connected to.
    pub(crate) fn leave_alone(&self, core: &Arc<Core>, node: &NodeId) {
        self.decide(core, |inner| inner.membership.leave_alone(node, &mut inner.effects));
    }

    pub(crate) fn register(
        &self,
        core: &Arc<Core>,
        group: &str,
        port: &PortId,
    ) -> Result<GrpToken, GroupError> {
        let (group, port) = (group.to_owned(), port.clone());
        if port.node() != core.id() {
            return Err(GroupError::NotLocal { group, port });
        }
        let added =
            self.decide(core, |inner| inner.membership.register(&group, &port, &mut inner.effects));
        if let Err(refused) = added {
            return Err(GroupError::refused(refused, group, port));
        }
        let (weak, gone_group, gone) = (Arc::downgrade(core), group.clone(), port.clone());
        let action = Action::Call(Box::new(move |_| {
            if let Some(core) = weak.upgrade()
                && !fail_point!(KeepDeadMembers)
            {
                core.network().mesh().unregister(&core, &gone_group, &gone);
            }
        }));
        let death = core.mon(&port, None, action);
        Ok(GrpToken::new(Arc::downgrade(core), group, port, death))
    }

    pub(crate) fn unregister(&self, core: &Arc<Core>, group: &str, port: &PortId) {
        self.decide(core, |inner| inner.membership.unregister(group, port, &mut inner.effects));
    }

    /// Calls `f` with the nodes that are told what changes, when they have been told all so far.
    pub(super) fn when_told(
        &self,
        core: &Arc<Core>,
        f: impl FnOnce(&Arc<Core>, Vec<NodeId>) + Send + 'static,
    ) {
        let own = core.clone();
        self.decide(core, |inner| {
            let nodes = inner.membership.told().cloned().collect();
            inner.effects.push_back(Effect::Then(Box::new(move || f(&own, nodes))));
        });
    }

    pub(crate) fn monitor(
        &self,
        core: &Arc<Core>,
        group: &str,
        callback: GroupCallback,
    ) -> GrpMonToken {
        let id = self.next_monitor.fetch_add(1, Ordering::Relaxed);
        self.decide(core, |inner| {
            let groups = inner.membership.groups_mut();
            groups.watch(group);
            let (group, ports) = (group.to_owned(), groups.members(group));
            let of_group = inner.monitors.entry(group.clone()).or_default();
            of_group.insert(id, Monitor { callback, begun: false });
            inner.effects.push_back(Effect::Monitor { id, group, ports });
        });
        GrpMonToken::new(Arc::downgrade(core), group.to_owned(), id)
    }

    pub(crate) fn unmonitor(&self, group: &str, id: u64) {
        let mut inner = self.inner.lock();
        let Some(monitors) = inner.monitors.get_mut(group) else { return };
        let gone = monitors.remove(&id);
        if monitors.is_empty() {
            inner.monitors.remove(group);
        }
        if gone.is_some() {
            inner.membership.groups_mut().unwatch(group);
        }
        drop(inner);
        // It holds the user's: not dropped under the lock.
        drop(gone);
    }

    /// Reads the table of groups.
    pub(crate) fn groups<R>(&self, read: impl FnOnce(&GroupTable) -> R) -> R {
        read(self.inner.lock().membership.groups())
    }

    pub(crate) fn pick(&self, core: &Core, group: &str, how: Pick) -> Option<PortId> {
        let mut inner = self.inner.lock();
        inner.membership.groups_mut().pick(group, how, |below| core.environment().below(below))
    }

    /// Chooses who is asked; it counts until [`request_ended`](Self::request_ended).
    pub(crate) fn begin_request(
        &self,
        core: &Core,
        group: &str,
        how: (Pick, &[PortId]),
    ) -> Option<PortId> {
        let random = |below| core.environment().below(below);
        self.inner.lock().membership.groups_mut().begin_request(group, how, random)
    }

    pub(crate) fn request_ended(&self, port: &PortId) {
        self.inner.lock().membership.groups_mut().request_ended(port);
    }

    pub(crate) fn failed(&self, port: PortId) {
        self.inner.lock().membership.groups_mut().failed(port);
    }

    /// Decides under the lock, then carries out what was decided, unless another thread does so
    /// already: effects are carried out one at a time, in their order.
    fn decide<R>(&self, core: &Arc<Core>, decision: impl FnOnce(&mut Inner) -> R) -> R {
        let mut inner = self.inner.lock();
        let result = decision(&mut inner);
        if std::mem::replace(&mut inner.running, true) {
            return result;
        }
        while let Some(effect) = inner.effects.pop_front() {
            drop(inner);
            self.carry_out(core, effect);
            inner = self.inner.lock();
        }
        inner.running = false;
        result
    }

    fn carry_out(&self, core: &Arc<Core>, effect: Effect) {
        match effect {
            Effect::Meet { node, attempt, port } => meet(core, node, attempt, port),
            Effect::Tell { node, port, message } => {
                if let Some(peer) = core.known_peer(&node) {
                    peer.send_if_up(core, &port, &port, &message);
                }
            }
            Effect::Located { node, addresses } => {
                core.network().book().located(&node, core.dialable(&node, &addresses));
            }
            Effect::Announce { node } => announce(core, node),
            Effect::Dial { node, addresses, told_by } => reach(core, &node, &addresses, &told_by),
            Effect::Seek { .. } if fail_point!(NeverSeek) => {}
            Effect::Seek { node } => seek(core, node),
            Effect::Changed(change) => self.notify_monitors(core, &change),
            Effect::Exceeded { node, attempt, text } => {
                if let Some(peer) = core.known_peer(&node) {
                    peer.close_link(attempt, text);
                }
            }
            Effect::Monitor { id, group, ports } => self.begin_monitor(core, id, &group, ports),
            Effect::Then(call) => call(),
            Effect::Joined => {
                self.joined.send_replace(true);
            }
        }
    }

    /// Tells a new monitor of the group as it was, unless it was cancelled.
    fn begin_monitor(&self, core: &Arc<Core>, id: u64, group: &str, ports: Members) {
        let callback = {
            let mut inner = self.inner.lock();
            let monitor = inner.monitors.get_mut(group).and_then(|of_group| of_group.get_mut(&id));
            monitor.map(|monitor| {
                monitor.begun = true;
                monitor.callback.clone()
            })
        };
        if let Some(callback) = callback.filter(|_| !ports.is_empty()) {
            call(core, &callback, &GroupChange::first(group, ports));
        }
    }

    fn notify_monitors(&self, core: &Arc<Core>, change: &GroupChange) {
        let callbacks: Vec<GroupCallback> = {
            let inner = self.inner.lock();
            let monitors = inner.monitors.get(&change.group).into_iter().flat_map(|m| m.values());
            monitors.filter(|m| m.begun).map(|m| m.callback.clone()).collect()
        };
        for callback in callbacks {
            call(core, &callback, change);
        }
    }
}

fn call(core: &Arc<Core>, callback: &GroupCallback, change: &GroupChange) {
    core.user_code("a monitor of a group", || callback(change));
}

/// Spawns our rendezvous port on a node and monitors it.
fn meet(core: &Arc<Core>, node: NodeId, attempt: u64, port: PortName) {
    let Some(peer) = core.known_peer(&node) else { return };
    let request: Vec<Value> = vec![
        "AnyEvent::MP::_spawn".into(),
        port.as_str().into(),
        CONNECT.into(),
        Value::Int(0),
        core.id().as_str().into(),
    ];
    peer.send_if_up(core, &PortName::default(), &port, &request);
    let weak = Arc::downgrade(core);
    let target = PortId::new(node.clone(), port);
    let action = Action::Call(Box::new(move |reason| {
        if let Some(core) = weak.upgrade() {
            let why = (&reason, core.environment().fraction());
            core.network().mesh().decide(&core, |inner| {
                inner.membership.port_lost(&node, attempt, why, &mut inner.effects);
            });
        }
    }));
    if peer.is_up() {
        core.mon(&target, None, action);
    }
}

fn announce(core: &Arc<Core>, node: NodeId) {
    let delay = ANNOUNCE_AFTER + Duration::from_secs_f64(core.environment().fraction());
    let weak = Arc::downgrade(core);
    core.run(async move {
        tokio::time::sleep(delay).await;
        if let Some(core) = weak.upgrade() {
            core.network().mesh().decide(&core, |inner| {
                inner.membership.announce(&node, &mut inner.effects);
            });
        }
    });
}
