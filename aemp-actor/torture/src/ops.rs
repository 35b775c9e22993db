//! The random things that ports and others do, in whoever's name; each is logged before it is done.

use aemp_actor::{Call, CallError, MonToken, NameError, NodeId, PortId, Reason, Value};

use super::actor::{ACTOR, FAILING};
use super::bounds;
use super::groups;
use super::later::{self, LaterRef, WAYS};
use super::log::Log;
use super::record::{Answer, CalNo, MonNo, PortKind, PortNo, Sender, WordKind, WordNo};
use super::trap::Trap;
use super::voice::Voice;
use super::world::World;

/// The monitors that somebody made, and whom it speaks to.
#[derive(Default)]
pub(super) struct Hold {
    tokens: Vec<(MonNo, PortNo, MonToken)>,
    friends: Vec<PortNo>,
}

/// Where queues are short, so many percent of talks are floods of up to so many words.
const FLOODS: usize = 4;
const FLOOD: usize = 200;

/// Names that ports are given, one at a time.
const NAMES: [&str; 3] = ["metrics", "a/b", "x"];

/// How many ports somebody speaks to at a time.
const FRIENDS: usize = 4;

impl Hold {
    /// A monitor is used up; gives whom it was on.
    pub(super) fn fired(&mut self, mon: MonNo) -> Option<PortNo> {
        let index = self.tokens.iter().position(|(no, ..)| *no == mon)?;
        Some(self.tokens.remove(index).1)
    }

    fn watches(&self, target: PortNo) -> bool {
        self.tokens.iter().any(|(_, watched, _)| *watched == target)
    }

    /// Remembers that it speaks to somebody.
    fn befriend(&mut self, friend: PortNo) {
        if !self.friends.contains(&friend) {
            if self.friends.len() >= FRIENDS {
                self.friends.remove(0);
            }
            self.friends.push(friend);
        }
    }
}

/// Does one thing.
pub(super) fn random(world: &World, voice: &mut impl Voice) {
    match world.draw(|random| random.below(100)) {
        0..=49 => {
            if let Some(target) = somebody(world, voice) {
                talk_to(world, voice, target);
            }
        }
        50..=54 => groups::random(world, voice),
        55..=66 => {
            if let Some(target) = somebody(world, voice) {
                watch(world, voice, target);
            }
        }
        67..=76 => unwatch(world, voice),
        77..=80 => {
            if let Some(target) = somebody(world, voice) {
                kill(world, voice, target);
            }
        }
        81..=88 => spawn(world, voice),
        89..=96 => {
            if let Some(asked) = ask(world, voice) {
                let log = world.log.clone();
                tokio::spawn(async move { asked.answer(&log).await });
            }
        }
        _ => watch_nobody(world, voice),
    }
}

/// Whom to deal with: an old friend, most of the time, and rarely one who is dead.
pub(super) fn somebody(world: &World, voice: &mut impl Voice) -> Option<PortNo> {
    let friends = voice.holds().friends.clone();
    let among = if world.percent(80) && !friends.is_empty() { friends } else { world.known() };
    let living: Vec<PortNo> =
        world.log.read(|record| among.iter().copied().filter(|port| record.lives(*port)).collect());
    let living = if living.is_empty() || world.percent(10) { among } else { living };
    world.pick(&living)
}

/// Watches somebody, most of the time, and says a few words.
pub(super) fn talk_to(world: &World, voice: &mut impl Voice, target: PortNo) {
    voice.holds().befriend(target);
    if !voice.holds().watches(target) && world.percent(75) {
        watch(world, voice, target);
    }
    let most = most_words(world);
    for _ in 0..world.draw(|random| random.within(1..=most)) {
        say(world, voice, target);
    }
    if most == FLOOD {
        bounds::look(world, voice.on(), &voice.node());
    }
}

/// How many words are said in a row at the most: rarely many, where queues are short.
pub(super) fn most_words(world: &World) -> usize {
    if world.plan.is_tight() && world.percent(FLOODS) { FLOOD } else { 6 }
}

/// Says one word.
fn say(world: &World, voice: &impl Voice, target: PortNo) {
    let Word { no, id, message } = word(world, voice, target);
    let id = named(world, voice, &id).unwrap_or(id);
    match Trap::set(world, voice, id.node(), &message) {
        Some(trap) => voice.snd(&id, &trap),
        None => voice.snd(&id, &message[..]),
    }
    world.log.done(no);
}

/// The ID by a well-known name, if the port is on this node and is given one.
fn named(world: &World, voice: &impl Voice, id: &PortId) -> Option<PortId> {
    let node = voice.node();
    // Another port may be given the name meanwhile, on another thread.
    if world.plan.threaded || id.node() != node.id() || !world.percent(10) {
        return None;
    }
    let name = world.pick(&NAMES)?;
    match node.name(id, name) {
        Ok(named) => Some(named),
        Err(NameError::Taken { .. } | NameError::NoSuchPort { .. }) => None,
        Err(error) => {
            world.log.broken(9, error.to_string());
            None
        }
    }
}

/// A port that is about to die says something, perhaps at length, to those who watch it.
pub(super) fn last_words(world: &World, voice: &impl Voice) {
    let Sender::Port(own) = voice.sender() else { return };
    let watching: Vec<PortNo> = world.log.read(|record| {
        let watching = record.mons.iter().filter(|mon| mon.target == own && mon.on != voice.on());
        let owners = watching.filter_map(|mon| match mon.by {
            Sender::Port(owner) => Some(owner),
            Sender::Outside(_) => None,
        });
        owners.filter(|owner| record.lives(*owner)).collect()
    });
    for target in watching {
        let no = world.log.sent(voice.sender(), voice.on(), target, WordKind::Message);
        let message: [Value; 3] = ["word".into(), number(no), padding(world, 100).into()];
        voice.snd(&world.id_of(target), &message[..]);
        world.log.done(no);
    }
}

/// A word that is about to be said.
pub(super) struct Word {
    pub(super) no: WordNo,
    pub(super) id: PortId,
    pub(super) message: Vec<Value>,
}

/// Draws a word, and logs that it is being said.
pub(super) fn word(world: &World, voice: &impl Voice, target: PortNo) -> Word {
    let id = world.id_of(target);
    let no = world.log.sent(voice.sender(), voice.on(), target, WordKind::Message);
    if world.percent(8) && world.is_lively() {
        let millis = world.millis(0, 300).as_millis() as u64;
        return Word { no, id, message: vec!["slow_word".into(), number(no), millis.into()] };
    }
    Word { no, id, message: vec!["word".into(), number(no), padding(world, 2).into()] }
}

/// Mostly a short text; so many percent are long.
fn padding(world: &World, percent: usize) -> String {
    let longest = match world.draw(|random| random.below(200)) {
        // So large that others may overtake it, where it does not take minutes.
        n if n < percent && world.plan.window >= 64 << 10 => 250_000,
        n if n < 2 * percent => 5000,
        _ => 100,
    };
    "x".repeat(world.draw(|random| random.below(longest)))
}

fn number(no: usize) -> Value {
    Value::from(no as u64)
}

/// Makes a monitor.
pub(super) fn watch(world: &World, voice: &mut impl Voice, target: PortNo) {
    let form = voice.form(world);
    let no = world.log.monitored(voice.sender(), voice.on(), target, form);
    let token = voice.mon(no, &world.id_of(target), form);
    voice.holds().tokens.push((no, target, token));
}

/// Takes a monitor back.
pub(super) fn unwatch(world: &World, voice: &mut impl Voice) {
    if world.plan.threaded && matches!(voice.sender(), Sender::Outside(_)) {
        // It may be firing on another thread: nobody can say what was first.
        return;
    }
    let tokens = &mut voice.holds().tokens;
    if tokens.is_empty() {
        return;
    }
    let index = world.draw(|random| random.below(tokens.len()));
    let (no, _, token) = tokens.remove(index);
    world.log.cancelled(no);
    if world.percent(50) {
        token.cancel();
    } else {
        drop(token.guard());
    }
}

fn kill(world: &World, voice: &impl Voice, target: PortNo) {
    let kind = world.log.read(|record| record.ports[target].kind);
    if kind == PortKind::Node {
        return;
    }
    let word = world.log.sent(voice.sender(), voice.on(), target, WordKind::Kill);
    voice.kil(&world.id_of(target), super::log::kill_reason(word));
    world.log.done(word);
}

/// Spawns a port and speaks to it at once.
fn spawn(world: &World, voice: &mut impl Voice) {
    let host = world.some_host();
    let (kind, init) = match world.draw(|random| random.below(10)) {
        0 => (PortKind::Failing, "No::such"),
        1 => (PortKind::Failing, FAILING),
        _ => (PortKind::Spawned, ACTOR),
    };
    let node = world.node(host.as_str()).map(|(no, _)| no);
    let port = world.log.port_to_be(kind, node);
    let word = world.log.sent(voice.sender(), voice.on(), port, WordKind::Spawn);
    let id = voice.spawn(&host, init, (port, word, padding(world, 40)));
    world.log.done(word);
    world.log.named(port, &id);
    if world.percent(50) {
        introduce(world, voice, port, &host);
    }
    talk_to(world, voice, port);
}

/// Tells another port on the node of a new one that it is there: it speaks to it at once.
fn introduce(world: &World, voice: &impl Voice, new: PortNo, host: &NodeId) {
    let known = world.known();
    let there: Vec<PortNo> = world.log.read(|record| {
        let living = known.into_iter().filter(|port| record.lives(*port));
        living.filter(|port| record.ports[*port].id.node() == host).collect()
    });
    let Some(target) = world.pick(&there) else { return };
    let word = world.log.sent(voice.sender(), voice.on(), target, WordKind::Message);
    world.log.write(|record| record.words[word].names = Some(new));
    voice.snd(&world.id_of(target), &("meet", word, new));
    world.log.done(word);
}

/// Watches a port that never was, a node, or what cannot be one.
fn watch_nobody(world: &World, voice: &mut impl Voice) {
    let host = world.some_host();
    let node = world.node(host.as_str()).map(|(no, _)| no);
    let (id, kind) = match world.draw(|random| random.below(4)) {
        0 => (PortId::of_node(NodeId::from("no legal id")), PortKind::Illegal),
        1 => (PortId::from(format!("{host}#nobody.0")), PortKind::Never),
        _ => (PortId::of_node(&host), PortKind::Node),
    };
    let port = world.log.port(&id, kind, node);
    watch(world, voice, port);
}

/// A request that is to be waited for.
pub(super) struct Asked {
    no: CalNo,
    call: Asking,
}

/// An untyped request, or one by typed handle.
enum Asking {
    Untyped(Call<(u64,)>),
    Typed(Call<u64>),
}

impl Asked {
    /// Waits for the answer and logs it.
    pub(super) async fn answer(self, log: &Log) {
        let answer = match self.call {
            Asking::Untyped(call) => call.await.map(|(answer,)| answer),
            Asking::Typed(call) => call.await,
        };
        let answer = match answer {
            Ok(answer) => Answer::Good(answer == self.no as u64),
            Err(CallError::Died { reason, .. }) => Answer::Died(reason),
            Err(CallError::Timeout { .. }) => Answer::Timeout,
            Err(CallError::Itself { .. }) => Answer::Itself,
            Err(CallError::Refused { .. }) => Answer::Refused,
            Err(CallError::Failed { reason, .. }) => {
                let expected = Reason::new(later::REASON, self.no.to_string());
                Answer::Failed(reason == expected)
            }
            Err(other) => Answer::Other(other.to_string()),
        };
        log.answered(self.no, answer);
    }
}

/// Asks somebody something.
pub(super) fn ask(world: &World, voice: &mut impl Voice) -> Option<Asked> {
    let target = somebody(world, voice)?;
    voice.holds().befriend(target);
    let timeout = world.millis(10, 1500);
    let word = world.log.sent(voice.sender(), voice.on(), target, WordKind::Message);
    let no = world.log.called(voice.sender(), voice.on(), target, timeout);
    if world.percent(30) {
        let (millis, way) = world.draw(|random| (random.below(1000), random.below(WAYS)));
        let port = LaterRef::at(&voice.node(), world.id_of(target));
        let call = port.ask_later(word, no, millis as u64, way as u64).timeout(timeout);
        world.log.done(word);
        return Some(Asked { no, call: Asking::Typed(call) });
    }
    let mut message = vec!["ask".into(), number(word), number(no)];
    if world.percent(20) {
        message[0] = "ask_slowly".into();
        message.push((world.millis(0, 1000).as_millis() as u64).into());
    }
    let call = voice.cal(&world.id_of(target), &message).timeout(timeout);
    world.log.done(word);
    Some(Asked { no, call: Asking::Untyped(call) })
}

/// Somebody speaks to everybody it ever spoke to.
pub(super) fn probe(world: &World, voice: &mut impl Voice) {
    let by = voice.sender();
    let spoken_to: std::collections::BTreeSet<PortNo> = world.log.read(|record| {
        let words = record.words.iter().filter(|word| word.by == by);
        words.map(|word| word.to).filter(|to| record.lives(*to)).collect()
    });
    for target in spoken_to {
        say(world, voice, target);
    }
}
