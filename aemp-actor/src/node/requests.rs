//! What the node port understands (AEMP protocol, section 6).
//!
//! Requests from another node are carried out in the order they came, between the messages to
//! ports that came before and after. A request that makes no sense is logged, with the node it
//! came from, and harms nothing.
//!
//! Of a request only what says what to do is decoded: names and destinations. What is sent on, or
//! given to a function, stays encoded, since decoded it may take 40 times the memory.

use std::collections::VecDeque;
use std::sync::Arc;

use aemp_transport::Value;
use smol_str::SmolStr;

use super::access::Rights;
use super::core::Core;
use super::counters::Dropped;
use super::functions::{self, FunctionCall};
use super::handle::Node;
use super::inbound::Origin;
use super::peer::Peer;
use super::{refusing, router};
use crate::id::{PortId, PortName};
use crate::introspection;
use crate::mesh;
use crate::message::Message;
use crate::monitor::{Action, Watch};
use crate::reason::{Reason, kind};
use crate::relay;
use crate::service::{DATA_CONNECT, DATA_EXPECT, ExpectError, data_dial, data_expect};
use crate::visible::one_line;

/// Carries out one request; `from` is `None` for this node itself. Once the node is shut down,
/// nothing is carried out but the firing of monitors and what relayed connections need to end.
pub(crate) fn handle(core: &Arc<Core>, from: Option<&Origin>, message: Message) {
    if core.is_closed() && !matches!(message.tag(), "kil0" | relay::FUNCTION) {
        core.count_dropped(Dropped::Closed, 1);
        return;
    }
    if let Err(problem) = dispatch(core, from, message.clone()) {
        let cause = match problem {
            Problem::Senseless(_) => Dropped::BadMessage,
            Problem::Denied(_) | Problem::Data(_) => Dropped::Refused,
        };
        core.count_dropped(cause, 1);
        refusing::tell(core, from, &message, &problem);
        let origin = from.map_or(core.id(), |origin| origin.peer.id());
        if let Some(more) = refusing::may_be_logged(core, origin) {
            let text = format!("request of node {origin}: {problem}: {message}{more}");
            tracing::warn!(target: "aemp", "{}", one_line(&text));
        }
    }
}

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    /// It makes no sense.
    #[error("{0}")]
    Senseless(&'static str),
    /// The node may not ask it.
    #[error("refused: it has no right to {0} (Config::access)")]
    Denied(&'static str),
    /// There will be no data connection.
    #[error("refused: {0}")]
    Data(#[from] ExpectError),
}

impl From<&'static str> for Problem {
    fn from(problem: &'static str) -> Self {
        Self::Senseless(problem)
    }
}

/// Whether the asking node has a right; this node itself has all.
fn demand(
    from: Option<&Origin>,
    right: &'static str,
    granted: impl FnOnce(&Rights) -> bool,
) -> Result<(), Problem> {
    from.map_or(Ok(()), |origin| origin.demand(right, granted))
}

impl Origin {
    /// Whether the node has a right.
    pub(crate) fn demand(
        &self,
        right: &'static str,
        granted: impl FnOnce(&Rights) -> bool,
    ) -> Result<(), Problem> {
        if granted(&self.rights) { Ok(()) } else { Err(Problem::Denied(right)) }
    }
}

/// Requests that relay to this very node are carried out one after the other, up to this many, so
/// that no message can make the node call itself without end.
const HOPS: usize = 16;

/// Carries out a request, and those that it relays to this node itself; these count as the same
/// sender's.
fn dispatch(core: &Arc<Core>, from: Option<&Origin>, message: Message) -> Result<(), Problem> {
    let mut relayed = Relayed { waiting: VecDeque::new(), left: HOPS };
    let mut carried = carry_out(core, from, message, &mut relayed);
    while let Some(next) = relayed.waiting.pop_front() {
        carried = carried.and(carry_out(core, from, next, &mut relayed));
    }
    carried
}

/// Requests to this node's own port that a request has relayed.
struct Relayed {
    waiting: VecDeque<Message>,
    /// How many more there may be.
    left: usize,
}

impl Relayed {
    fn push(&mut self, request: Message) -> Result<(), Problem> {
        let fewer = self.left.checked_sub(1);
        self.left = fewer.ok_or("it relays to this node again and again")?;
        self.waiting.push_back(request);
        Ok(())
    }
}

fn carry_out(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    match &*SmolStr::new(message.tag()) {
        "" => {
            round_trip(from, &message);
            Ok(())
        }
        "devnull" => Ok(()),
        "mon1" => watched(core, from, message, true),
        "mon0" => watched(core, from, message, false),
        "kil0" => port_died(core, from, message),
        "kil" => kil(core, from, message, Core::kil),
        refusing::REFUSED => refusing::told(core, from, &message),
        refusing::HELD => refusing::held(core, from, &message),
        router::KIL_NOW => kil(core, from, message, Core::kil_now),
        "AnyEvent::MP::_spawn" => spawn(core, from, message),
        "snd" => send_on(core, from, message.without_first(), relayed),
        "snd_multiple" => send_on_multiple(core, from, &message.without_first(), relayed),
        // Who speaks has to prove itself behind this, and has the rights that are its own then.
        relay::FUNCTION => {
            demand(from, "join", Rights::may_join)?;
            Ok(relay::receive(core, from, &message)?)
        }
        question @ ("info" | "known_nodes" | "up_nodes" | "time") => {
            demand(from, "look", Rights::may_look)?;
            answer(core, from, message, facts(core, question), relayed)
        }
        DATA_EXPECT => {
            let origin = from.ok_or("only another node can ask this")?;
            Ok(data_expect(core, origin.peer.id(), &origin.rights, &message)?)
        }
        DATA_CONNECT => {
            let origin = from.ok_or("only another node can ask this")?;
            Ok(data_dial(core, origin.peer.id(), &origin.rights, &message)?)
        }
        "eval" => refuse_eval(core, from, message, relayed),
        name if name.contains("::") => call(core, from, name, &message),
        _ => Err("unknown request".into()),
    }
}

/// What the answer to a question adds to its arguments.
fn facts(core: &Arc<Core>, question: &str) -> Vec<Value> {
    match question {
        "known_nodes" => nodes(core, false),
        "up_nodes" => nodes(core, true),
        "time" => vec![now(core)],
        _ => vec![core.id().as_str().into()],
    }
}

/// The longest name of a port, in bytes: names are remembered.
const LONGEST_NAME: usize = 256;

/// The port name that a request begins with, and the rest.
fn port_and_rest(message: Message) -> Result<(PortName, Message), Problem> {
    let rest = message.without_first();
    let name = rest.first_text().ok_or("the port name is missing, or no string")?;
    Ok((name, rest.without_first()))
}

/// The reason that a request ends with. It may have many watchers: of one that is longer than 64
/// KiB the kind is kept.
pub(super) fn reason(values: Message) -> Result<Reason, Problem> {
    if values.is_long() {
        let kind = values.first_text().filter(|kind| kind.len() <= LONGEST_NAME);
        let text = format!("(a reason of {} bytes was left out)", values.weight());
        return Ok(Reason::new(kind.unwrap_or_default(), text));
    }
    Ok(Reason::from_values(values.into_values().map_err(|_| "undecodable")?))
}

fn watched(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    begin: bool,
) -> Result<(), Problem> {
    let (port, _) = port_and_rest(message)?;
    let origin = from.ok_or("only another node can ask this")?;
    if !begin {
        origin.peer.unwatched_by(core, &port);
    } else if port.len() > LONGEST_NAME {
        let text = format!("no port name of node {} has so many bytes", core.id());
        origin.peer.tell_refused(&port, &Reason::new(kind::NO_SUCH_PORT, text));
    } else if origin.may_send(core.registry().find(&port).as_ref()) {
        origin.peer.watched_by(core, &port);
    } else {
        origin.peer.tell_denied(core, &port, "be sent messages, or monitored,");
        return Err(Problem::Denied("messages"));
    }
    Ok(())
}

fn port_died(core: &Arc<Core>, from: Option<&Origin>, message: Message) -> Result<(), Problem> {
    let (port, values) = port_and_rest(message)?;
    let peer = &from.ok_or("only another node can say this")?.peer;
    peer.port_died(core, &port, &reason(values)?);
    Ok(())
}

/// The answer to a question of ours, if it has a number: else it is a mere sign of life.
fn round_trip(from: Option<&Origin>, message: &Message) {
    if let (Some(from), Ok(number)) = (from, message.arg(0)) {
        from.peer.answered(number);
    }
}

fn kil(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    kil: fn(&Arc<Core>, &PortId, Reason),
) -> Result<(), Problem> {
    demand(from, "kil", Rights::may_kil)?;
    let (port, values) = port_and_rest(message)?;
    if port.is_empty() {
        return Err("a node port cannot be killed".into());
    }
    kil(core, &PortId::new(core.id().clone(), port), reason(values)?);
    Ok(())
}

fn spawn(core: &Arc<Core>, from: Option<&Origin>, message: Message) -> Result<(), Problem> {
    let (port, args) = port_and_rest(message)?;
    if port.is_empty() {
        return Err("the name of the new port is empty".into());
    }
    let init = args.first_text().ok_or("the name of the init function is missing")?;
    let problem = if port.len() > LONGEST_NAME {
        "the name of the new port is longer than 256 bytes"
    } else if core.registry().is_own_space(&port) {
        // Whoever has one takes the place of a port that this node is yet to make.
        "the name of the new port is one that only this node gives"
    } else if spawn_as(core, from, &port, &init, args)? {
        return Ok(());
    } else {
        "a port of that name exists already"
    };
    if let Some(origin) = from {
        origin.peer.tell_refused(&port, &Reason::new(kind::DIE, problem));
    }
    Err(problem.into())
}

/// False when there is a port of that name.
fn spawn_as(
    core: &Arc<Core>,
    from: Option<&Origin>,
    port: &PortName,
    init: &str,
    args: Message,
) -> Result<bool, Problem> {
    let Some(Origin { peer, attempt, rights }) = from else {
        return Ok(functions::spawn(core, port.clone(), init, args));
    };
    let (right, granted) = match init {
        mesh::CONNECT => ("join", rights.may_join()),
        _ => ("functions", rights.may_run(init)),
    };
    if !granted {
        peer.tell_denied(core, port, "be spawned");
        return Err(Problem::Denied(right));
    }
    if init == mesh::CONNECT {
        return Ok(meet(core, peer, *attempt, port.clone(), &args));
    }
    if !peer.may_spawn(core) {
        peer.refuse_spawn(core, port);
        return Err("it has spawned too many ports (max_spawned)".into());
    }
    if !functions::spawn(core, port.clone(), init, args) {
        peer.spawned_ended();
        return Ok(false);
    }
    let action = Action::Spawned(Arc::downgrade(peer));
    let watch = Watch { id: core.new_watch_id(), owner: None, action };
    let counted = core.registry().find(port).is_some_and(|cell| cell.watch(watch).is_ok());
    if !counted {
        peer.spawned_ended();
    }
    Ok(true)
}

/// The other node spawns its rendezvous port; false when the name is taken.
fn meet(core: &Arc<Core>, peer: &Arc<Peer>, attempt: u64, port: PortName, args: &Message) -> bool {
    match mesh::create_rendezvous(core, port.clone(), peer.id(), attempt, args) {
        Ok(Some(guest)) => core.mesh().add_guest(core, peer.id(), attempt, guest),
        Ok(None) => return false,
        Err(die) => return functions::fail(core, port, die),
    }
    true
}

/// Sends a message, which follows its destination, from here: to a port here, or to another node;
/// what a node has sent to itself needs no right, so that everybody can ask for a sign of life.
fn send_on(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    let to = message.first_text().ok_or("the destination is missing, or no string")?;
    let (to, message) = (PortId::from(&*to), message.without_first());
    if to.node() == core.id() {
        if to.is_node() {
            return relayed.push(message);
        }
        demand(from, "messages", Rights::may_send)?;
        core.deliver(&to, message);
        return Ok(());
    }
    if from.is_none_or(|origin| to.node() != origin.peer.id()) {
        demand(from, "relay", Rights::may_relay)?;
    }
    let origin = from.map(|origin| origin.peer.id());
    if to.is_node() && !relay::pass(core, origin, to.node(), &message)? {
        return Ok(());
    }
    core.try_snd(&to, &message).map_err(|_| "it holds what cannot be encoded")?;
    Ok(())
}

fn send_on_multiple(
    core: &Arc<Core>,
    from: Option<&Origin>,
    messages: &Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    for message in messages.lists() {
        send_on(core, from, message.ok_or("an element is no list")?, relayed)?;
    }
    Ok(())
}

/// Sends the arguments back with something appended.
fn answer(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    result: Vec<Value>,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    let message = message.without_first().with(result);
    send_on(core, from, message.map_err(|_| "it cannot be answered")?, relayed)
}

/// As in the Perl implementation: the known nodes include this one, those that are up do not.
fn nodes(core: &Arc<Core>, up_only: bool) -> Vec<Value> {
    let own = (!up_only).then(|| core.id().clone());
    let others = if up_only { core.up_nodes() } else { core.known_nodes() };
    own.into_iter().chain(others).map(|node| Value::from(node.as_str())).collect()
}

fn now(core: &Core) -> Value {
    Value::Float(core.environment().time_of_day().as_secs_f64())
}

/// Perl code is answered by an error text where the Perl implementation puts `$@`; nothing is run.
fn refuse_eval(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    demand(from, "eval", Rights::may_eval)?;
    let rest = message.without_first();
    if rest.clone().without_first().first_text().is_none() {
        return Err("eval is not supported".into());
    }
    let result = vec![Value::from("eval is not supported by this node")];
    answer(core, from, rest, result, relayed)
}

fn call(
    core: &Arc<Core>,
    from: Option<&Origin>,
    name: &str,
    message: &Message,
) -> Result<(), Problem> {
    demand(from, "functions", |rights| rights.may_run(name))?;
    if let Some(builtin) = introspection::find(name) {
        return builtin(core, from, message);
    }
    let Some(callback) = core.functions().find(name) else {
        let problem = if functions::is_init(name) {
            "this is an init function: it is to be spawned, not called"
        } else {
            "no function of that name is registered here"
        };
        return Err(problem.into());
    };
    let node = Node::of_core(core);
    let from = from.map(|origin| origin.peer.id().clone());
    let message = message.clone();
    core.user_code(&format!("function {name}"), || callback(FunctionCall { node, from, message }));
    Ok(())
}
