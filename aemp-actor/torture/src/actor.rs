//! The ports under test: they log what they are given, and do random things.

use std::panic::resume_unwind;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aemp_actor::{
    Call, Ctx, Die, Init, Kil, MonToken, Node, NodeId, Port, PortId, PortRef, Reason, Reply, Rest,
    Value, init, rcv,
};
use serde::Serialize;

use super::later::{self, Later};
use super::ops::{self, Hold, Word};
use super::record::{CalNo, Form, MonNo, NodeNo, PortKind, PortNo, Sender, WordKind, WordNo};
use super::voice::{Voice, told_by_message};
use super::world::World;

/// The init function that makes an [`Actor`].
pub(super) const ACTOR: &str = "Torture::actor";
/// The init function that fails.
pub(super) const FAILING: &str = "Torture::failing";

/// A port of a random program: carries out what it is sent, and logs it.
#[derive(Port)]
#[port(protocols(Later))]
pub(super) struct Actor {
    pub(super) world: Arc<World>,
    /// Set before anything else happens to it.
    no: Arc<OnceLock<PortNo>>,
    node: NodeNo,
    holds: Hold,
    destructor_panics: bool,
}

#[rcv]
impl Actor {
    /// Something was said.
    fn word(&mut self, ctx: &mut Ctx<Self>, word: WordNo, _padding: String) -> Result<(), Die> {
        self.given(word);
        self.react(ctx, 15)
    }

    /// The same, but it takes a while.
    async fn slow_word(&mut self, word: WordNo, millis: u64) {
        self.given(word);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// A request.
    fn ask(&mut self, word: WordNo, cal: u64) -> u64 {
        self.given(word);
        cal
    }

    /// A request whose answer takes a while.
    async fn ask_slowly(&mut self, word: WordNo, cal: u64, millis: u64) -> u64 {
        self.given(word);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        cal
    }

    /// Is to ask somebody, and to handle nothing else meanwhile.
    async fn inquire(&mut self, ctx: &mut Ctx<Self>) {
        let world = self.world.clone();
        self.handles();
        let asked = ops::ask(&world, &mut InPort { actor: self, ctx });
        if let Some(asked) = asked {
            asked.answer(&world.log).await;
        }
    }

    /// Is to say something to somebody, without haste.
    async fn talk_patiently(&mut self, ctx: &mut Ctx<Self>) {
        let world = self.world.clone();
        self.handles();
        let node = ctx.node();
        let Some(to) = ops::somebody(&world, &mut InPort { actor: self, ctx }) else { return };
        let most = ops::most_words(&world);
        for _ in 0..world.draw(|random| random.within(1..=most)) {
            let Word { no, id, message } = ops::word(&world, &InPort { actor: self, ctx }, to);
            let mut waiting = Unsent { world: &world, no, sent: false };
            waiting.sent = node.snd_wait(id, message).await.is_ok();
        }
    }

    /// There is a new port on this node.
    fn meet(&mut self, ctx: &mut Ctx<Self>, word: WordNo, new: PortNo) {
        self.given(word);
        let world = self.world.clone();
        ops::talk_to(&world, &mut InPort { actor: self, ctx }, new);
    }

    /// A monitor that sends a message has fired.
    fn told(&mut self, ctx: &mut Ctx<Self>, mon: MonNo, reason: Rest) -> Result<(), Die> {
        self.heard(ctx, mon, &Reason::from_values(reason.0))
    }
}

#[rcv]
impl Later for Actor {
    fn ask_later(
        &mut self,
        ctx: &mut Ctx<Self>,
        word: WordNo,
        cal: CalNo,
        millis: u64,
        way: u64,
        reply: Reply<u64>,
    ) {
        self.given(word);
        let delay = Duration::from_millis(millis);
        let heir = (way == later::FORWARDED).then(|| self.heir(ctx)).flatten();
        if let Some((no, heir)) = heir {
            let world = self.world.clone();
            world.log.forwarded(cal, self.node, heir);
            let word = world.log.sent(Sender::Port(no), self.node, heir, WordKind::Message);
            reply.forward(ActorRef::from(world.id_of(heir)).ask(word, cal as u64));
            world.log.done(word);
        } else if way == later::BY_TASK {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                later::settle(reply, cal, way);
            });
        } else {
            self.posts();
            ctx.after(delay, move |actor, _| {
                actor.handles();
                later::settle(reply, cal, way);
            });
        }
    }
}

/// A word that waits for room: dropped before it was sent, with the handler, it never is.
struct Unsent<'a> {
    world: &'a World,
    no: WordNo,
    sent: bool,
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        if self.sent {
            self.world.log.done(self.no);
        } else {
            self.world.log.unsent(self.no);
        }
    }
}

impl Actor {
    pub(super) fn new(world: &Arc<World>, node: NodeNo, no: &Arc<OnceLock<PortNo>>) -> Self {
        let (world, no, holds) = (world.clone(), no.clone(), Hold::default());
        Self { world, no, node, holds, destructor_panics: false }
    }

    /// It puts something into its own mailbox.
    fn posts(&self) {
        self.no.get().into_iter().for_each(|no| self.world.posted(*no));
    }

    /// It handles what it was not told by others.
    fn handles(&self) {
        self.no.get().into_iter().for_each(|no| self.world.handled(*no));
    }

    fn given(&self, word: WordNo) {
        if let Some(no) = self.no.get() {
            self.world.log.delivered(*no, self.node, word);
        }
    }

    /// A monitor has fired: sometimes another one is made, and the news discussed.
    fn heard(&mut self, ctx: &mut Ctx<Self>, mon: MonNo, reason: &Reason) -> Result<(), Die> {
        self.world.log.fired(mon, reason);
        let target = self.holds.fired(mon);
        let world = self.world.clone();
        if let Some(target) = target.filter(|_| world.percent(60) && world.may()) {
            ops::talk_to(&world, &mut InPort { actor: self, ctx }, target);
        }
        self.react(ctx, 20)
    }

    /// Does something, or does not.
    fn react(&mut self, ctx: &mut Ctx<Self>, percent: usize) -> Result<(), Die> {
        if self.world.percent(percent) && self.world.may() { self.act(ctx) } else { Ok(()) }
    }

    /// Does something random in port context.
    pub(super) fn act(&mut self, ctx: &mut Ctx<Self>) -> Result<(), Die> {
        let world = self.world.clone();
        match world.draw(|random| random.below(100)) {
            0 => Err(Die::new("on purpose")),
            1 => {
                self.destructor_panics = world.percent(50);
                // Without the hook, that would print it.
                resume_unwind(Box::new("on purpose"))
            }
            2 => {
                self.no.get().into_iter().for_each(|no| world.log.resigned(*no));
                ctx.stop(());
                Ok(())
            }
            14 => {
                ops::last_words(&world, &InPort { actor: self, ctx });
                Err(Die::new("on purpose"))
            }
            3..=6 => {
                self.posts();
                ctx.snd(ctx.id(), ("inquire",));
                Ok(())
            }
            7..=9 => {
                self.posts();
                ctx.snd(ctx.id(), ("talk_patiently",));
                Ok(())
            }
            15..=18 => {
                self.works(ctx);
                Ok(())
            }
            10..=13 => {
                self.posts();
                ctx.after(world.millis(0, 2000), |actor, ctx| {
                    actor.handles();
                    actor.act(ctx)
                });
                Ok(())
            }
            _ => {
                ops::random(&world, &mut InPort { actor: self, ctx });
                Ok(())
            }
        }
    }

    /// Begins a task, which does something in the port when it has ended, and says a word before, where it is
    /// known what is said first.
    fn works(&mut self, ctx: &mut Ctx<Self>) {
        let world = self.world.clone();
        let target = ops::somebody(&world, &mut InPort { actor: self, ctx });
        let target = target.filter(|_| !world.plan.threaded).zip(self.no.get().copied());
        let (wait, on) = (world.millis(0, 2000), self.node);
        let own = world.clone();
        self.posts();
        let work = async move {
            tokio::time::sleep(wait).await;
            if let Some((target, no)) = target.filter(|_| own.may()) {
                let word = own.log.sent(Sender::Port(no), on, target, WordKind::Message);
                // From the node of its port.
                ActorRef::from(own.id_of(target)).snd(("word", word, ""));
                own.log.done(word);
            }
        };
        ctx.spawn_then(work, |actor, ctx, ()| {
            actor.handles();
            actor.act(ctx)
        });
    }

    /// Its own number, and that of a port that a request can be left to.
    fn heir(&mut self, ctx: &mut Ctx<Self>) -> Option<(PortNo, PortNo)> {
        let (world, no) = (self.world.clone(), self.no.get().copied()?);
        let heir = ops::somebody(&world, &mut InPort { actor: self, ctx })?;
        let is_node = world.log.read(|record| record.ports[heir].kind == PortKind::Node);
        (!is_node && world.may()).then_some((no, heir))
    }

    /// Watches a port.
    pub(super) fn watch(&mut self, ctx: &mut Ctx<Self>, target: PortNo) {
        let world = self.world.clone();
        ops::watch(&world, &mut InPort { actor: self, ctx }, target);
    }

    /// Says something once more to everybody it ever spoke to.
    pub(super) fn probe(&mut self, ctx: &mut Ctx<Self>) {
        let world = self.world.clone();
        ops::probe(&world, &mut InPort { actor: self, ctx });
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        if let Some(no) = self.no.get() {
            self.world.log.dropped(*no, self.node);
        }
        if self.destructor_panics {
            resume_unwind(Box::new("in a destructor, on purpose"));
        }
    }
}

/// Speaks in the name of a port, in its context.
struct InPort<'a> {
    actor: &'a mut Actor,
    ctx: &'a mut Ctx<Actor>,
}

impl Voice for InPort<'_> {
    fn sender(&self) -> Sender {
        Sender::Port(self.actor.no.get().copied().unwrap_or(PortNo::MAX))
    }

    fn on(&self) -> NodeNo {
        self.actor.node
    }

    fn node(&self) -> Node {
        self.ctx.node()
    }

    fn holds(&mut self) -> &mut Hold {
        &mut self.actor.holds
    }

    fn form(&self, world: &World) -> Form {
        match world.draw(|random| random.below(20)) {
            0 => Form::Link,
            1..=4 => Form::Message,
            _ => Form::Call,
        }
    }

    fn snd(&self, to: &PortId, message: &(impl Serialize + ?Sized)) {
        self.ctx.snd(to, message);
    }

    fn kil(&self, to: &PortId, reason: Reason) {
        self.ctx.kil(to, reason);
    }

    fn mon(&self, no: MonNo, target: &PortId, form: Form) -> MonToken {
        let scope = &*self.ctx;
        match form {
            Form::Call => {
                self.ctx.mon(target, move |actor, ctx, reason| actor.heard(ctx, no, &reason))
            }
            Form::Link if self.actor.world.percent(50) => scope.link(target),
            Form::Link => scope.node().mon(target, Kil(scope.id())),
            Form::Message => scope.node().mon(target, told_by_message(scope.id(), no)),
        }
    }

    fn spawn(&self, host: &NodeId, init: &str, args: (PortNo, WordNo, String)) -> PortId {
        self.ctx.spawn_on(host, init, args)
    }

    fn cal(&self, to: &PortId, message: &[Value]) -> Call<(u64,)> {
        self.ctx.cal(to, message)
    }
}

/// Makes the port that the spawner calls number `no`.
#[init("Torture::actor")]
fn make(ctx: &mut Init, no: PortNo, word: WordNo, _padding: String) -> Result<Actor, Die> {
    let world = World::current().ok_or_else(|| Die::new("no world"))?;
    let node = world.number_of(&ctx.node()).ok_or_else(|| Die::new("a crashed node"))?;
    let handle = ActorRef::at(&ctx.node(), ctx.id());
    world.is_born(no, node, &ctx.node(), &ctx.id(), Some(handle));
    world.log.delivered(no, node, word);
    Ok(Actor::new(&world, node, &Arc::new(OnceLock::from(no))))
}

/// Fails.
#[init("Torture::failing")]
fn fail(_: &mut Init, _no: PortNo, _word: WordNo, _padding: String) -> Result<Actor, Die> {
    Err(Die::new("on purpose"))
}
