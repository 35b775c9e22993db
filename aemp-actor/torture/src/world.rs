//! What the ports, the senders outside of them and the program share.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aemp_actor::sim::internals::WeakNode;
use aemp_actor::sim::{Journal, Random};
use aemp_actor::{Ctx, Die, Node, NodeEvent, NodeId, PortId, PortRef, Reason};
use aemp_transport::Scheme;
use parking_lot::Mutex;

use super::actor::{Actor, ActorRef};
use super::body::Body;
use super::ground::Ground;
use super::groups::{self, Tokens};
use super::log::Log;
use super::mesh;
use super::plan::Plan;
use super::record::{NodeNo, PortKind, PortNo};

thread_local! {
    /// The world of the run on this thread: init functions have no other way to it.
    static WORLD: RefCell<Weak<World>> = const { RefCell::new(Weak::new()) };
}

/// The world of a run on several threads.
static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());

/// So many percent of the ports that nodes make are closures.
const CLOSURES: usize = 20;

/// So many percent of the others receive.
const RECEIVING: usize = 20;

/// What all parts of a random program share: its network, log, plan and nodes.
pub(super) struct World {
    pub(super) ground: Arc<dyn Ground>,
    pub(super) log: Log,
    pub(super) plan: Plan,
    pub(super) tokens: Tokens,
    random: Mutex<Random>,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    /// By host.
    running: BTreeMap<String, (NodeNo, Node)>,
    /// All that were ever started.
    started: Vec<(NodeNo, WeakNode)>,
    actors: BTreeMap<PortNo, ActorRef>,
    /// Ports that everybody has heard of.
    known: Vec<PortNo>,
    /// How many more things ports may do of their own accord.
    budget: usize,
    /// How much, beside what others say to it, was put into a port's mailbox and is to be handled,
    /// and how much it was at the most.
    posted: BTreeMap<PortNo, (usize, usize)>,
}

impl World {
    pub(super) fn new(
        ground: Arc<dyn Ground>,
        plan: Plan,
        random: Random,
        journal: &Journal,
    ) -> Arc<Self> {
        let places = Places { budget: plan.steps.saturating_mul(4), ..Places::default() };
        let (random, places) = (Mutex::new(random), Mutex::new(places));
        let log = Log::new(journal.clone());
        let world = Arc::new(Self { ground, log, plan, tokens: Tokens::default(), random, places });
        WORLD.set(Arc::downgrade(&world));
        if world.plan.threaded {
            *SHARED.lock() = Arc::downgrade(&world);
        }
        world
    }

    pub(super) fn current() -> Option<Arc<Self>> {
        WORLD.with_borrow(Weak::upgrade).or_else(|| SHARED.lock().upgrade())
    }

    /// Draws something.
    pub(super) fn draw<R>(&self, draw: impl FnOnce(&mut Random) -> R) -> R {
        draw(&mut self.random.lock())
    }

    pub(super) fn percent(&self, percent: usize) -> bool {
        self.draw(|random| random.percent(percent))
    }

    pub(super) fn pick<T: Clone>(&self, from: &[T]) -> Option<T> {
        self.draw(|random| random.pick(from).cloned())
    }

    pub(super) fn millis(&self, from: usize, to: usize) -> Duration {
        Duration::from_millis(self.draw(|random| random.within(from..=to)) as u64)
    }

    /// Whether a port may do one more thing of its own accord.
    pub(super) fn may(&self) -> bool {
        let mut places = self.places.lock();
        let may = places.budget > 0;
        places.budget = places.budget.saturating_sub(1);
        may
    }

    /// Whether ports still do things of their own accord.
    pub(super) fn is_lively(&self) -> bool {
        self.places.lock().budget > 0
    }

    /// Something is put into the mailbox of a port that is no word of anybody.
    pub(super) fn posted(&self, port: PortNo) {
        let mut places = self.places.lock();
        let (waiting, most) = places.posted.entry(port).or_default();
        *waiting += 1;
        *most = (*most).max(*waiting);
    }

    /// It is being handled.
    pub(super) fn handled(&self, port: PortNo) {
        if let Some((waiting, _)) = self.places.lock().posted.get_mut(&port) {
            *waiting = waiting.saturating_sub(1);
        }
    }

    /// Runs `act` in a port.
    pub(super) fn have<F>(&self, port: PortNo, actor: &ActorRef, act: F)
    where
        F: FnOnce(&mut Actor, &mut Ctx<Actor>) -> Result<(), Die> + Send + 'static,
    {
        self.posted(port);
        drop(actor.peval(move |actor, ctx| {
            actor.world.handled(port);
            act(actor, ctx)
        }));
    }

    /// From now on ports do nothing of their own accord.
    pub(super) fn calm_down(&self) {
        self.places.lock().budget = 0;
    }

    /// A node has started on a host.
    pub(super) fn started(self: &Arc<Self>, host: &str, node: Node) -> NodeNo {
        let no = self.log.boot(host);
        let (log, weak) = (self.log.clone(), WeakNode::of(&node));
        node.mon_nodes(move |event| match event {
            NodeEvent::Up { node, transport, .. } => {
                log.up(no, node.as_str(), transport == Scheme::Relay.name());
            }
            NodeEvent::Down { node, reason, .. } => {
                log.down(no, node.as_str(), reason);
                groups::look_for_ghosts(&log, no, &weak, node);
            }
            _ => {}
        });
        mesh::await_join(&self.log, no, &node);
        let id = PortId::of_node(node.id());
        let port = self.log.port(&id, PortKind::Node, Some(no));
        self.log.write(|record| record.ports[port].node = Some(no));
        let mut places = self.places.lock();
        places.started.push((no, WeakNode::of(&node)));
        places.running.insert(host.to_owned(), (no, node));
        drop(places);
        no
    }

    /// The node of a host is no more; the caller drops it.
    pub(super) fn stopped(&self, host: &str) -> Option<(NodeNo, Node)> {
        self.places.lock().running.remove(host)
    }

    pub(super) fn node(&self, host: &str) -> Option<(NodeNo, Node)> {
        self.places.lock().running.get(host).cloned()
    }

    pub(super) fn nodes(&self) -> Vec<(NodeNo, Node)> {
        self.places.lock().running.values().cloned().collect()
    }

    /// The number of this node.
    pub(super) fn number_of(&self, node: &Node) -> Option<NodeNo> {
        let places = self.places.lock();
        places.started.iter().find(|(_, known)| known.is(node)).map(|(no, _)| *no)
    }

    /// Makes a port on a node.
    pub(super) fn make(self: &Arc<Self>, no: NodeNo, node: &Node) -> PortNo {
        // The port's number is only known when the port is there.
        let (id, number, actor) = if self.percent(CLOSURES) {
            let (id, number) = Body::closure(self, no, node);
            (id, number, None)
        } else if self.percent(RECEIVING) {
            let (id, number) = Body::receiving(self, no, node);
            (id, number, None)
        } else {
            let number = Arc::default();
            let actor = node.port(Actor::new(self, no, &number));
            (actor.id(), number, Some(actor))
        };
        let port = self.log.port(&id, PortKind::Made, Some(no));
        let _ = number.set(port);
        self.is_born(port, no, node, &id, actor);
        port
    }

    /// A port lives: its death will be seen, and everybody hears of it.
    pub(super) fn is_born(
        self: &Arc<Self>,
        port: PortNo,
        no: NodeNo,
        node: &Node,
        id: &PortId,
        actor: Option<ActorRef>,
    ) {
        self.log.born(port, no);
        let world = Arc::downgrade(self);
        node.mon(id, move |reason: Reason| {
            let Some(world) = world.upgrade() else { return };
            let (_, posted) = world.places.lock().posted.get(&port).copied().unwrap_or_default();
            world.log.died(port, no, &reason, posted);
        });
        let mut places = self.places.lock();
        places.known.push(port);
        if let Some(actor) = actor {
            places.actors.insert(port, actor);
        }
    }

    pub(super) fn known(&self) -> Vec<PortNo> {
        self.places.lock().known.clone()
    }

    /// Ports that live, whatever they are made of.
    pub(super) fn living(&self) -> Vec<PortNo> {
        let known = self.known();
        self.log.read(|record| known.into_iter().filter(|no| record.lives(*no)).collect())
    }

    /// Ports that live and can be made to do something, with their handles.
    pub(super) fn actors(&self) -> Vec<(PortNo, ActorRef)> {
        let actors: Vec<_> =
            self.places.lock().actors.iter().map(|(no, actor)| (*no, actor.clone())).collect();
        self.log.read(|record| actors.into_iter().filter(|(no, _)| record.lives(*no)).collect())
    }

    pub(super) fn id_of(&self, port: PortNo) -> PortId {
        self.log.read(|record| record.ports[port].id.clone())
    }

    /// A node that is or was in the network, or a host that never was.
    pub(super) fn some_host(&self) -> NodeId {
        let host = self.pick(&self.plan.hosts).unwrap_or("a");
        NodeId::from(if self.percent(2) { "nowhere" } else { host })
    }

    /// The end: lets everything go.
    pub(super) fn clear(&self) -> Vec<(NodeNo, Node)> {
        let mut places = self.places.lock();
        places.actors.clear();
        std::mem::take(&mut places.running).into_values().collect()
    }
}
