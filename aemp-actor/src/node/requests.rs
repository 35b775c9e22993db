//! What the node port understands (AEMP protocol, section 6).
//!
//! Requests from another node are carried out in the order they came, between the messages to
//! ports that came before and after. A request that makes no sense is logged, with the node it
//! came from, and harms nothing.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use aemp_transport::Value;

use super::access::Rights;
use super::core::Core;
use super::counters::Dropped;
use super::functions::{self, FunctionCall};
use super::handle::Node;
use super::inbound::Origin;
use super::peer::Peer;
use super::router;
use crate::id::{PortId, PortName};
use crate::introspection;
use crate::mesh;
use crate::message::Message;
use crate::monitor::{Action, Watch};
use crate::reason::Reason;
use crate::relay;
use crate::service::{DATA_CONNECT, DATA_EXPECT, ExpectError, data_dial, data_expect};

/// Carries out one request; `from` is `None` for this node itself. Once the node is shut down,
/// nothing is carried out but the firing of monitors and what relayed connections need to end.
pub(crate) fn handle(core: &Arc<Core>, from: Option<&Origin>, message: Message) {
    if core.is_closed() && !matches!(message.tag(), "kil0" | relay::FUNCTION) {
        core.count_dropped(Dropped::Closed, 1);
        return;
    }
    let origin =
        || from.map_or_else(|| core.id().to_string(), |origin| origin.peer.id().to_string());
    if let Err(problem) = dispatch(core, from, &message) {
        if matches!(problem, Problem::Denied(_) | Problem::Data(_)) {
            core.count_dropped(Dropped::Refused, 1);
        }
        tracing::warn!(target: "aemp", "request of node {}: {problem}: {message}", origin());
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
fn dispatch(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let mut relayed = Relayed::new();
    carry_out(core, from, message, &mut relayed)?;
    for _ in 0..HOPS {
        let Some(next) = relayed.pop_front() else { return Ok(()) };
        carry_out(core, from, &next, &mut relayed)?;
    }
    if relayed.is_empty() { Ok(()) } else { Err("it relays to this node again and again".into()) }
}

/// Requests to this node's own port that a request has relayed.
type Relayed = VecDeque<Message>;

fn carry_out(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    match message.tag() {
        "" => {
            round_trip(from, message);
            Ok(())
        }
        "devnull" => Ok(()),
        "mon1" => watched(core, from, message, true),
        "mon0" => watched(core, from, message, false),
        "kil0" => port_died(core, from, message),
        "kil" => kil(core, from, message, Core::kil),
        router::KIL_NOW => kil(core, from, message, Core::kil_now),
        "AnyEvent::MP::_spawn" => spawn(core, from, message),
        "snd" => send_on(core, from, elements(message)?, relayed),
        "snd_multiple" => send_on_multiple(core, from, elements(message)?, relayed),
        // Who speaks has to prove itself behind this, and has the rights that are its own then.
        relay::FUNCTION => {
            demand(from, "join", Rights::may_join)?;
            Ok(relay::receive(core, from, message)?)
        }
        question @ ("info" | "known_nodes" | "up_nodes" | "time") => {
            demand(from, "look", Rights::may_look)?;
            answer(core, from, message, facts(core, question), relayed)
        }
        DATA_EXPECT => {
            let origin = from.ok_or("only another node can ask this")?;
            Ok(data_expect(core, origin.peer.id(), &origin.rights, message)?)
        }
        DATA_CONNECT => {
            let origin = from.ok_or("only another node can ask this")?;
            Ok(data_dial(core, origin.peer.id(), &origin.rights, message)?)
        }
        "eval" => refuse_eval(core, from, message, relayed),
        name if name.contains("::") => call(core, from, name, message),
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

/// The elements after the tag.
fn elements(message: &Message) -> Result<Vec<Value>, Problem> {
    let mut values = message.values().map_err(|_| "undecodable")?;
    if !values.is_empty() {
        values.remove(0);
    }
    Ok(values)
}

/// The port name that a request begins with, and the rest.
fn port_and_rest(message: &Message) -> Result<(PortName, Vec<Value>), Problem> {
    let mut values = elements(message)?;
    if values.is_empty() {
        return Err("the port name is missing".into());
    }
    let name = text_of(&values.remove(0)).ok_or("the port name is no string")?;
    Ok((name.into(), values))
}

fn text_of(value: &Value) -> Option<String> {
    value.to_text().map(Cow::into_owned)
}

fn watched(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    begin: bool,
) -> Result<(), Problem> {
    let (port, _) = port_and_rest(message)?;
    let origin = from.ok_or("only another node can ask this")?;
    if !begin {
        origin.peer.unwatched_by(core, &port);
    } else if origin.may_send(core.registry().find(&port).as_ref()) {
        origin.peer.watched_by(core, &port);
    } else {
        origin.peer.tell_denied(core, &port, "be sent messages, or monitored,");
        return Err(Problem::Denied("messages"));
    }
    Ok(())
}

fn port_died(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let (port, reason) = port_and_rest(message)?;
    let peer = &from.ok_or("only another node can say this")?.peer;
    peer.port_died(core, &port, &Reason::from_values(reason));
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
    message: &Message,
    kil: fn(&Arc<Core>, &PortId, Reason),
) -> Result<(), Problem> {
    demand(from, "kil", Rights::may_kil)?;
    let (port, reason) = port_and_rest(message)?;
    if port.is_empty() {
        return Err("a node port cannot be killed".into());
    }
    kil(core, &PortId::new(core.id().clone(), port), Reason::from_values(reason));
    Ok(())
}

fn spawn(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let (port, rest) = port_and_rest(message)?;
    if port.is_empty() {
        return Err("the name of the new port is empty".into());
    }
    if core.registry().find(&port).is_some() {
        return Err("a port of that name exists already".into());
    }
    let init = rest.first().and_then(text_of).ok_or("the name of the init function is missing")?;
    let Some(Origin { peer, attempt, rights }) = from else {
        functions::spawn(core, port, &init, Message::from_values(rest));
        return Ok(());
    };
    let (right, granted) = match &*init {
        mesh::CONNECT => ("join", rights.may_join()),
        _ => ("functions", rights.may_run(&init)),
    };
    if !granted {
        peer.tell_denied(core, &port, "be spawned");
        return Err(Problem::Denied(right));
    }
    if init == mesh::CONNECT {
        return meet(core, peer, *attempt, port, &Message::from_values(rest));
    }
    if !peer.may_spawn(core) {
        peer.refuse_spawn(core, &port);
        return Err("it has spawned too many ports (max_spawned)".into());
    }
    functions::spawn(core, port.clone(), &init, Message::from_values(rest));
    let action = Action::Spawned(Arc::downgrade(peer));
    let watch = Watch { id: core.new_watch_id(), owner: None, action };
    let counted = core.registry().find(&port).is_some_and(|cell| cell.watch(watch).is_ok());
    if !counted {
        peer.spawned_ended();
    }
    Ok(())
}

/// The other node spawns its rendezvous port.
fn meet(
    core: &Arc<Core>,
    peer: &Arc<Peer>,
    attempt: u64,
    port: PortName,
    args: &Message,
) -> Result<(), Problem> {
    match mesh::create_rendezvous(core, port.clone(), peer.id(), attempt, args) {
        Ok(guest) => core.mesh().add_guest(core, peer.id(), attempt, guest),
        Err(die) => functions::fail(core, port, die),
    }
    Ok(())
}

/// Sends a message from here: to a port here, or to another node; what a node has sent to itself
/// needs no right, so that everybody can ask for a sign of life.
fn send_on(
    core: &Arc<Core>,
    from: Option<&Origin>,
    mut values: Vec<Value>,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    if values.is_empty() {
        return Err("the destination is missing".into());
    }
    let to = PortId::from(text_of(&values.remove(0)).ok_or("the destination is no string")?);
    if to.node() == core.id() {
        if to.is_node() {
            relayed.push_back(Message::from_values(values));
            return Ok(());
        }
        demand(from, "messages", Rights::may_send)?;
    } else if from.is_none_or(|origin| to.node() != origin.peer.id()) {
        demand(from, "relay", Rights::may_relay)?;
    }
    let origin = from.map(|origin| origin.peer.id());
    if to.is_node() && !relay::pass(core, origin, to.node(), &values)? {
        return Ok(());
    }
    core.snd(&to, &values);
    Ok(())
}

fn send_on_multiple(
    core: &Arc<Core>,
    from: Option<&Origin>,
    messages: Vec<Value>,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    for message in messages {
        match message {
            Value::List(values) => send_on(core, from, values, relayed)?,
            _ => return Err("an element is no list".into()),
        }
    }
    Ok(())
}

/// Sends the arguments back with something appended.
fn answer(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    result: Vec<Value>,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    let mut values = elements(message)?;
    values.extend(result);
    send_on(core, from, values, relayed)
}

/// As in the reference: the known nodes include this one, those that are up do not.
fn nodes(core: &Arc<Core>, up_only: bool) -> Vec<Value> {
    let own = (!up_only).then(|| core.id().clone());
    let others = if up_only { core.up_nodes() } else { core.known_nodes() };
    own.into_iter().chain(others).map(|node| Value::from(node.as_str())).collect()
}

fn now(core: &Core) -> Value {
    Value::Float(core.chance().time_of_day().as_secs_f64())
}

/// Perl code is answered by an error text where the reference puts `$@`; nothing is run.
fn refuse_eval(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    demand(from, "eval", Rights::may_eval)?;
    let mut values = elements(message)?;
    if values.len() < 2 {
        return Err("eval is not supported".into());
    }
    values.remove(0);
    values.push(Value::from("eval is not supported by this node"));
    send_on(core, from, values, relayed)
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
