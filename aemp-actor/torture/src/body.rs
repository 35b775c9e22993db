//! Ports without a struct under test: closures, and blocks that receive. They understand what
//! [`Actor`](super::actor::Actor)s do, log it, and do random things.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aemp_actor::{Call, Die, Message, MonToken, Node, NodeId, PortId, PortScope, Reason, Value};
use serde::Serialize;

use super::ops::{self, Hold};
use super::record::{Form, MonNo, NodeNo, PortNo, Sender, WordNo};
use super::voice::{Voice, told_by_message};
use super::world::World;

/// A closure port or a receiving block under test, which does what an [`Actor`](super::actor::Actor) does.
pub(super) struct Body {
    world: Arc<World>,
    /// Set before anything else happens to it.
    no: Arc<OnceLock<PortNo>>,
    node: NodeNo,
    holds: Hold,
}

impl Body {
    /// Makes a port of closures.
    pub(super) fn closure(world: &Arc<World>, no: NodeNo, node: &Node) -> (PortId, Number) {
        let (mut body, number) = Self::new(world, no);
        let port = node.port_fn(move |ctx, message| body.handle(ctx, &message));
        (port.id(), number)
    }

    /// Makes a port that receives.
    pub(super) fn receiving(world: &Arc<World>, no: NodeNo, node: &Node) -> (PortId, Number) {
        let (mut body, number) = Self::new(world, no);
        let port = node.port_async(move |mut me| async move {
            loop {
                let message = me.recv().await?;
                body.handle(&me, &message)?;
                if message.tag() == "slow_word" {
                    tokio::time::sleep(Duration::from_millis(message.arg(1)?)).await;
                }
            }
        });
        (port.id(), number)
    }

    fn new(world: &Arc<World>, node: NodeNo) -> (Self, Number) {
        let number = Number::default();
        let (world, no) = (world.clone(), number.clone());
        (Self { world, no, node, holds: Hold::default() }, number)
    }

    fn handle(&mut self, scope: &PortScope, message: &Message) -> Result<(), Die> {
        match message.tag() {
            "told" => {
                let (mon, reason) = (message.arg(0)?, message.values()?.split_off(2));
                self.world.log.fired(mon, &Reason::from_values(reason));
                self.holds.fired(mon);
            }
            "ask" | "ask_slowly" | "ask_later" => {
                self.given(message.arg(0)?);
                if let Some(reply) = message.values()?.last().and_then(Value::to_text) {
                    scope.snd(PortId::from(&*reply), (message.arg::<u64>(1)?,));
                }
            }
            "meet" => {
                let (word, new) = message.args()?;
                self.given(word);
                let world = self.world.clone();
                ops::talk_to(&world, &mut InScope { body: self, scope }, new);
            }
            _ => self.given(message.arg(0)?),
        }
        let world = self.world.clone();
        if world.percent(15) && world.may() {
            ops::random(&world, &mut InScope { body: self, scope });
        }
        if world.is_lively() && world.percent(1) { Err(Die::new("on purpose")) } else { Ok(()) }
    }

    fn given(&self, word: WordNo) {
        if let Some(no) = self.no.get() {
            self.world.log.delivered(*no, self.node, word);
        }
    }
}

/// The number of a port, which is known when the port is there.
pub(super) type Number = Arc<OnceLock<PortNo>>;

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(no) = self.no.get() {
            self.world.log.dropped(*no, self.node);
        }
    }
}

/// Speaks in the name of a port, in its context.
struct InScope<'a> {
    body: &'a mut Body,
    scope: &'a PortScope,
}

impl Voice for InScope<'_> {
    fn sender(&self) -> Sender {
        Sender::Port(self.body.no.get().copied().unwrap_or(PortNo::MAX))
    }

    fn on(&self) -> NodeNo {
        self.body.node
    }

    fn node(&self) -> Node {
        self.scope.node()
    }

    fn holds(&mut self) -> &mut Hold {
        &mut self.body.holds
    }

    fn form(&self, world: &World) -> Form {
        if world.percent(5) { Form::Link } else { Form::Message }
    }

    fn snd(&self, to: &PortId, message: &(impl Serialize + ?Sized)) {
        self.scope.snd(to, message);
    }

    fn kil(&self, to: &PortId, reason: Reason) {
        self.scope.kil(to, reason);
    }

    fn mon(&self, no: MonNo, target: &PortId, form: Form) -> MonToken {
        match form {
            Form::Link => self.scope.link(target),
            _ => self.scope.node().mon(target, told_by_message(self.scope.id(), no)),
        }
    }

    fn spawn(&self, host: &NodeId, init: &str, args: (PortNo, WordNo, String)) -> PortId {
        self.scope.spawn_on(host, init, args)
    }

    fn cal(&self, to: &PortId, message: &[Value]) -> Call<(u64,)> {
        self.scope.cal(to, message)
    }
}
