//! A thread of control outside of ports, that speaks through one node.

use std::sync::Arc;

use aemp_actor::{Call, Kil, MonToken, Node, NodeId, PortId, Reason, Value};
use parking_lot::Mutex;
use serde::Serialize;

use super::elsewhere::elsewhere;
use super::ops::{self, Hold};
use super::record::{Form, MonNo, NodeNo, PortNo, Sender, WordNo};
use super::voice::{Voice, told_by_message};
use super::world::World;

/// Numbers from here on are those of the callbacks of monitors.
pub(super) const FIRST_EXCLAIMER: usize = 1 << 20;

/// A sender outside of ports, which speaks through one node.
pub(super) struct Outside {
    world: Arc<World>,
    no: usize,
    on: NodeNo,
    node: Node,
    holds: Hold,
    /// Monitors that have fired since somebody looked.
    fired: Arc<Mutex<Vec<MonNo>>>,
    /// Monitors made in the name of ports.
    arranged: Vec<(MonNo, MonToken)>,
}

impl Outside {
    pub(super) fn new(world: &Arc<World>, no: usize, on: NodeNo, node: Node) -> Self {
        Self {
            world: world.clone(),
            no,
            on,
            node,
            holds: Hold::default(),
            fired: Arc::default(),
            arranged: Vec::new(),
        }
    }

    pub(super) fn node(&self) -> NodeNo {
        self.on
    }

    /// Does something random.
    pub(super) fn act(&mut self) {
        self.look();
        let world = self.world.clone();
        match world.draw(|random| random.below(100)) {
            0..=9 => self.arrange(&world),
            10..=12 if !world.plan.threaded => {
                if let Some((mon, token)) = self.arranged.pop() {
                    world.log.cancelled(mon);
                    token.cancel();
                }
            }
            _ => ops::random(&world, self),
        }
    }

    pub(super) fn probe(&mut self) {
        let world = self.world.clone();
        ops::probe(&world, self);
    }

    /// Says something in the callback of a monitor, as a sender of its own: it is another thread of
    /// control, and sometimes another thread, which sets monitors and takes some of them back.
    fn exclaim(world: &Arc<World>, mon: MonNo, on: NodeNo, node: &Node) {
        let target = world.log.read(|record| record.mons[mon].target);
        let no = FIRST_EXCLAIMER + mon;
        let mut crier = Self::new(world, no, on, node.clone());
        if world.plan.threaded || world.percent(50) {
            return ops::talk_to(world, &mut crier, target);
        }
        elsewhere(|| {
            for _ in 0..world.draw(|random| random.within(1..=3)) {
                ops::watch(world, &mut crier, target);
            }
            ops::talk_to(world, &mut crier, target);
            if world.percent(30) {
                ops::unwatch(world, &mut crier);
            }
        });
    }

    fn look(&mut self) {
        let fired = std::mem::take(&mut *self.fired.lock());
        for mon in fired {
            self.holds.fired(mon);
        }
    }

    /// Has a port of this node killed, or told by a message, when another port dies.
    fn arrange(&mut self, world: &World) {
        let local: Vec<PortNo> = world.log.read(|record| {
            let known = world.known();
            known.into_iter().filter(|port| record.ports[*port].node == Some(self.on)).collect()
        });
        let (Some(told), Some(target)) = (world.pick(&local), world.pick(&world.known())) else {
            return;
        };
        if !world.log.read(|record| record.lives(told)) {
            return;
        }
        let (id, target_id) = (world.id_of(told), world.id_of(target));
        let form = if world.percent(20) { Form::Link } else { Form::Message };
        let mon = world.log.monitored(Sender::Port(told), self.on, target, form);
        let token = match form {
            Form::Link => self.node.mon(target_id, Kil(id)),
            _ => self.node.mon(target_id, told_by_message(id, mon)),
        };
        self.arranged.push((mon, token));
    }
}

impl Voice for Outside {
    fn sender(&self) -> Sender {
        Sender::Outside(self.no)
    }

    fn on(&self) -> NodeNo {
        self.on
    }

    fn node(&self) -> Node {
        self.node.clone()
    }

    fn holds(&mut self) -> &mut Hold {
        &mut self.holds
    }

    fn form(&self, _: &World) -> Form {
        Form::Call
    }

    fn snd(&self, to: &PortId, message: &(impl Serialize + ?Sized)) {
        self.node.snd(to, message);
    }

    fn kil(&self, to: &PortId, reason: Reason) {
        self.node.kil(to, reason);
    }

    fn mon(&self, no: MonNo, target: &PortId, _: Form) -> MonToken {
        let (world, fired) = (self.world.clone(), self.fired.clone());
        let (on, node) = (self.on, self.node.clone());
        self.node.mon(target, move |reason: Reason| {
            world.log.fired(no, &reason);
            fired.lock().push(no);
            if world.percent(20) && world.may() {
                Self::exclaim(&world, no, on, &node);
            }
        })
    }

    fn spawn(&self, host: &NodeId, init: &str, args: (PortNo, WordNo, String)) -> PortId {
        self.node.spawn(host, init, args)
    }

    fn cal(&self, to: &PortId, message: &[Value]) -> Call<(u64,)> {
        self.node.cal(to, message)
    }
}
