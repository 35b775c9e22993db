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
use super::{refusing, relay, router, spawn};
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::reason::{Reason, kind};
use crate::visible::one_line;

/// Carries out one request; `from` is `None` for this node itself. Once the node is shut down,
/// nothing is carried out but the firing of monitors and what relayed connections need to end.
pub(crate) fn handle(core: &Arc<Core>, from: Option<&Origin>, message: Message) {
    if core.is_closed() && !is_needed_to_end(core, message.tag()) {
        core.count_dropped(Dropped::Closed, 1);
        return;
    }
    if let Err(problem) = dispatch(core, from, message.clone()) {
        let cause = match problem {
            Problem::Senseless(_) => Dropped::BadMessage,
            Problem::Denied(_) | Problem::Refused(_) => Dropped::Refused,
        };
        core.count_dropped(cause, 1);
        refusing::notify_caller(core, from, &message, &problem);
        let origin = from.map_or(core.id(), |origin| origin.peer.id());
        if let Some(more) = refusing::may_be_logged(core, origin) {
            let text = format!("request of node {origin}: {problem}: {message}{more}");
            tracing::warn!(target: "aemp", "{}", one_line(&text));
        }
    }
}

/// Whether a request is carried out on a node that is shut down, too.
fn is_needed_to_end(core: &Core, request: &str) -> bool {
    request == "kil0" || core.builtins().is_needed_to_end(request)
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
    /// For a reason of the function that was called.
    #[error("refused: {0}")]
    Refused(Box<dyn std::error::Error + Send + Sync>),
}

impl From<&'static str> for Problem {
    fn from(problem: &'static str) -> Self {
        Self::Senseless(problem)
    }
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

/// A request that is being carried out.
struct Request<'a> {
    core: &'a Arc<Core>,
    /// `None` for this node itself.
    from: Option<&'a Origin>,
    message: Message,
    /// Where those wait that it relays to this node.
    relayed: &'a mut Relayed,
}

/// Carries out a request, and those that it relays to this node itself; these count as the same
/// sender's.
fn dispatch(core: &Arc<Core>, from: Option<&Origin>, message: Message) -> Result<(), Problem> {
    let mut relayed = Relayed { waiting: VecDeque::new(), left: HOPS };
    let mut next = Some(message);
    let mut carried = Ok(());
    while let Some(message) = next {
        let request = Request { core, from, message, relayed: &mut relayed };
        carried = carried.and(request.carry_out());
        next = relayed.waiting.pop_front();
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

type CarryOut = fn(Request<'_>) -> Result<(), Problem>;

/// The requests of the protocol itself.
const REQUESTS: [(&str, CarryOut); 17] = [
    ("snd", |request| request.send_on()),
    ("", |request| request.round_trip()),
    ("mon1", |request| request.watched(true)),
    ("mon0", |request| request.watched(false)),
    ("kil0", |request| request.port_died()),
    ("kil", |request| request.kil(Core::kil)),
    (router::KIL_NOW, |request| request.kil(Core::kil_now)),
    (refusing::REFUSED, |request| refusing::refused(request.core, request.from, &request.message)),
    (refusing::HELD, |request| refusing::held(request.core, request.from, &request.message)),
    (spawn::SPAWN, |request| spawn::carry_out(request.core, request.from, request.message)),
    ("snd_multiple", |request| request.send_on_multiple()),
    ("info", |request| request.answer_with(|core| vec![core.id().as_str().into()])),
    ("known_nodes", |request| request.answer_with(|core| nodes(core, false))),
    ("up_nodes", |request| request.answer_with(|core| nodes(core, true))),
    ("time", |request| request.answer_with(|core| vec![now(core)])),
    ("eval", |request| request.refuse_eval()),
    ("devnull", |_| Ok(())),
];

impl Request<'_> {
    /// Looks up who carries it out: the protocol's requests, the functions that every node has, those that the
    /// program has registered.
    fn carry_out(self) -> Result<(), Problem> {
        let name = SmolStr::new(self.message.tag());
        if let Some((_, carry_out)) = REQUESTS.iter().find(|(request, _)| *request == name) {
            return carry_out(self);
        }
        let Self { core, from, message, .. } = &self;
        if let Some(carried) = core.builtins().call(&name, core, *from, message) {
            return carried;
        }
        if name.contains("::") { self.call(&name) } else { Err("unknown request".into()) }
    }
}

/// The longest name of a port, in bytes: names are remembered.
pub(super) const LONGEST_NAME: usize = 256;

/// The port name that a request begins with, and the rest.
pub(super) fn port_and_rest(message: Message) -> Result<(PortName, Message), Problem> {
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

impl Request<'_> {
    fn demand(
        &self,
        right: &'static str,
        granted: impl FnOnce(&Rights) -> bool,
    ) -> Result<(), Problem> {
        self.from.map_or(Ok(()), |origin| origin.demand(right, granted))
    }

    fn watched(self, begin: bool) -> Result<(), Problem> {
        let Self { core, from, message, .. } = self;
        let (port, _) = port_and_rest(message)?;
        let origin = from.ok_or("only another node can ask this")?;
        if !begin {
            origin.peer.unwatched_by(core, &port);
        } else if port.len() > LONGEST_NAME {
            let text = format!("no port name of node {} has so many bytes", core.id());
            origin.peer.notify_refused(&port, &Reason::new(kind::NO_SUCH_PORT, text));
        } else if origin.may_send(core.registry().find(&port).as_ref()) {
            origin.peer.watched_by(core, &port);
        } else {
            origin.peer.notify_denied(core, &port, "be sent messages, or monitored,");
            return Err(Problem::Denied("messages"));
        }
        Ok(())
    }

    fn port_died(self) -> Result<(), Problem> {
        let (port, values) = port_and_rest(self.message)?;
        let peer = &self.from.ok_or("only another node can say this")?.peer;
        peer.port_died(self.core, &port, &reason(values)?);
        Ok(())
    }

    /// The answer to a question of ours, if it has a number: else it is a mere sign of life.
    fn round_trip(self) -> Result<(), Problem> {
        if let (Some(from), Ok(number)) = (self.from, self.message.arg(0)) {
            from.peer.answered(number);
        }
        Ok(())
    }

    fn kil(self, kil: fn(&Arc<Core>, &PortId, Reason)) -> Result<(), Problem> {
        self.demand("kil", Rights::may_kil)?;
        let (port, values) = port_and_rest(self.message)?;
        if port.is_empty() {
            return Err("a node port cannot be killed".into());
        }
        kil(self.core, &PortId::new(self.core.id().clone(), port), reason(values)?);
        Ok(())
    }

    fn send_on(self) -> Result<(), Problem> {
        send_on(self.core, self.from, self.message.without_first(), self.relayed)
    }

    fn send_on_multiple(self) -> Result<(), Problem> {
        for message in self.message.without_first().lists() {
            let message = message.ok_or("an element is no list")?;
            send_on(self.core, self.from, message, self.relayed)?;
        }
        Ok(())
    }

    /// Answers a question: sends its arguments back with the facts appended.
    fn answer_with(self, facts: impl FnOnce(&Arc<Core>) -> Vec<Value>) -> Result<(), Problem> {
        self.demand("look", Rights::may_look)?;
        let facts = facts(self.core);
        self.answer(facts)
    }

    fn answer(self, result: Vec<Value>) -> Result<(), Problem> {
        let message = self.message.without_first().with(result);
        let message = message.map_err(|_| "it cannot be answered")?;
        send_on(self.core, self.from, message, self.relayed)
    }

    /// Perl code is answered by an error text where the Perl implementation puts `$@`; nothing is run.
    fn refuse_eval(self) -> Result<(), Problem> {
        self.demand("eval", Rights::may_eval)?;
        let message = self.message.without_first();
        if message.clone().without_first().first_text().is_none() {
            return Err("eval is not supported".into());
        }
        let request = Request { message, ..self };
        request.answer(vec![Value::from("eval is not supported by this node")])
    }

    /// Calls a function that the program has registered.
    fn call(self, name: &str) -> Result<(), Problem> {
        self.demand("functions", |rights| rights.may_run(name))?;
        let Self { core, from, message, .. } = self;
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
        core.user_code(&format!("function {name}"), || {
            callback(FunctionCall { node, from, message });
        });
        Ok(())
    }
}

/// Sends a message, which follows its destination, from here: to a port here, or to another node;
/// what a node has sent to itself needs no right, so that everybody can ask for a sign of life.
fn send_on(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: Message,
    relayed: &mut Relayed,
) -> Result<(), Problem> {
    let demand = |right, granted: fn(&Rights) -> bool| {
        from.map_or(Ok(()), |origin| origin.demand(right, granted))
    };
    let to = message.first_text().ok_or("the destination is missing, or no string")?;
    let (to, message) = (PortId::from(&*to), message.without_first());
    if to.node() == core.id() {
        if to.is_node() {
            return relayed.push(message);
        }
        demand("messages", Rights::may_send)?;
        core.deliver(&to, message);
        return Ok(());
    }
    if from.is_none_or(|origin| to.node() != origin.peer.id()) {
        demand("relay", Rights::may_relay)?;
    }
    let origin = from.map(|origin| origin.peer.id());
    if to.is_node() && !relay::pass(core, origin, to.node(), &message)? {
        return Ok(());
    }
    core.try_snd(&to, &message).map_err(|_| "it holds what cannot be encoded")?;
    Ok(())
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
