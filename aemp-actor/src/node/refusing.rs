//! Messages that are not carried out: who waits for an answer is told.
//!
//! Two kinds of them: requests that a node port does not carry out, and messages that a port does
//! not understand and refuses. Both may end with the ID of a reply port, which is known by its name
//! ([`PortId::is_reply`]): the request `aemp::refused PORT TEXT` to the node of that port says that
//! there will be no answer, and why. It does something to reply ports only.
//!
//! A port that takes its time to answer may drop the request, fail it, or forward it to another port. The same
//! request says that, with two more arguments: `aemp::refused PORT TEXT KIND HOLDER REASON…`, where KIND is
//! `dropped`, `failed` or `died`, HOLDER the port that had the request, and REASON why it failed it or died. Once a
//! request has been forwarded, `aemp::held PORT` says that the node which sends it sees to the answer: the caller
//! monitors that node in place of the port.
//!
//! Nodes of other implementations would not understand that request, nor have their reply ports
//! names of their own. The Perl implementation calls back without arguments when there is no
//! answer, which an empty message to the reply port does: it is sent to the port at the end of a
//! refused message, if that is one of the very node that sent the message. A port there that waits
//! for no answer ignores it, unless it takes whatever comes. Requests to a node port are not
//! answered so, since what stands last in them may be any port.

use std::sync::Arc;

use aemp_transport::Value;
use tokio::time::Instant;

use super::core::Core;
use super::counters::Dropped;
use super::inbound::Origin;
use super::requests::{self, Problem};
use super::waiting::Place;
use crate::id::{NodeId, PortId, PortName};
use crate::message::{BadMessage, Message};
use crate::port::{AnyCell, CallError, ReplyCell, Unanswered};
use crate::reason::Reason;
use crate::visible::one_line;

/// The request that says so.
pub(super) const REFUSED: &str = "aemp::refused";

/// The request that says that the node which sends it sees to the answer.
pub(super) const HELD: &str = "aemp::held";

/// A port refuses a message that it does not understand: logged, counted, and told to a caller.
pub(crate) fn refuse(core: &Arc<Core>, cell: &dyn AnyCell, bad: &BadMessage) {
    core.count_dropped(Dropped::BadMessage, 1);
    let (message, text) = (bad.message(), bad.to_string());
    warn(core, cell, message, &text);
    let Some(reply) = last_port(message) else { return };
    let is_senders = message.sender_node() == Some(reply.node());
    if reply.is_reply() {
        notify_reply_port(core, &reply, text);
    } else if is_senders && is_foreign(core, &reply) {
        core.snd(&reply, &());
    }
}

/// Logs it.
fn warn(core: &Core, cell: &dyn AnyCell, message: &Message, text: &str) {
    let node = message.sender_node().unwrap_or(core.id());
    let Some(more) = may_be_logged(core, node) else { return };
    let (id, name, kind) = (core.id(), cell.name(), cell.kind());
    let text = format!("port {id}#{name} ({kind}) refuses a message of node {node}: {text}{more}");
    tracing::warn!(target: "aemp", "{}", one_line(&text));
}

/// For each node only so many lines; with what there is to add to one: how many were left out.
pub(super) fn may_be_logged(core: &Core, node: &NodeId) -> Option<String> {
    let left_out = core.bad_messages().lock().may_log(node.as_str(), Instant::now())?;
    Some(match left_out {
        0 => String::new(),
        left_out => format!(" ({left_out} more of this node were refused without a word)"),
    })
}

/// Whether the node of the port runs another implementation, as far as is known.
fn is_foreign(core: &Core, port: &PortId) -> bool {
    core.known_peer(port.node()).is_some_and(|peer| peer.is_of_ours() == Some(false))
}

/// The port that a message ends with: where its answer is to go, if it is a request.
fn last_port(message: &Message) -> Option<PortId> {
    message.last_text()?.parse::<PortId>().ok().filter(|port| !port.is_node())
}

fn notify_reply_port(core: &Arc<Core>, reply: &PortId, text: String) {
    if reply.node() == core.id() {
        if let Some(cell) = core.registry().find(reply.name()) {
            cell.unanswered(Unanswered::Refused(text));
        }
    } else {
        let request = [Value::from(REFUSED), Value::from(reply.port()), Value::from(text)];
        core.request(reply, Place::Among, &request);
    }
}

/// A request that this node has taken is not answered, for that reason.
pub(crate) fn notify_unanswered(core: &Arc<Core>, reply: &PortId, why: &CallError) {
    if !reply.is_reply() {
        if is_foreign(core, reply) {
            core.snd(reply, &());
        }
    } else if reply.node() == core.id() {
        if let Some(cell) = core.registry().find(reply.name()) {
            cell.unanswered(Unanswered::Notified(Box::new(why.clone())));
        }
    } else {
        let (kind, holder, reason) = match why {
            CallError::Dropped { target } => (DROPPED, target, None),
            CallError::Failed { target, reason } => (FAILED, target, Some(reason)),
            CallError::Died { target, reason } => (DIED, target, Some(reason)),
            other => return notify_reply_port(core, reply, other.to_string()),
        };
        let texts = [REFUSED, reply.port(), &why.to_string(), kind, &holder.to_string()];
        let mut request = Vec::from(texts.map(Value::from));
        request.extend(reason.into_iter().flat_map(Reason::values).cloned());
        core.request(reply, Place::Among, &request);
    }
}

const DROPPED: &str = "dropped";
const FAILED: &str = "failed";
const DIED: &str = "died";

/// A request that this node has taken was forwarded by the port that had it.
pub(crate) fn notify_held(core: &Arc<Core>, reply: &PortId) {
    if !reply.is_reply() {
        return;
    }
    if reply.node() == core.id() {
        is_held_by(core, reply.name(), core.id());
    } else {
        core.request(reply, Place::Among, &[HELD, reply.port()].map(Value::from));
    }
}

fn is_held_by(core: &Core, reply: &PortName, node: &NodeId) {
    let cell = core.registry().find(reply).map(|cell| cell.as_any().downcast::<ReplyCell>());
    if let Some(Ok(cell)) = cell {
        cell.is_held_by(node);
    }
}

/// Tells whoever waits for an answer to this request, if it is one of ours, why there is none.
pub(super) fn notify_caller(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    problem: &Problem,
) {
    if [REFUSED, HELD].contains(&message.tag()) {
        return;
    }
    let asking = from.map_or(core.id(), |origin| origin.peer.id());
    let reply = last_port(message).filter(|port| port.is_reply() && port.node() == asking);
    if let Some(reply) = reply {
        notify_reply_port(core, &reply, problem.to_string());
    }
}

/// Another node says that there will be no answer.
pub(super) fn refused(
    core: &Core,
    from: Option<&Origin>,
    message: &Message,
) -> Result<(), Problem> {
    type Refused = (String, String, Option<String>, Option<PortId>);
    let (port, text, kind, holder) =
        message.args::<Refused>().map_err(|_| "it is no such message")?;
    let origin = from.ok_or("only another node can say this")?;
    let cell = core.registry().find(&port);
    let Some(cell) = cell.filter(|cell| origin.may_send(Some(cell))) else { return Ok(()) };
    let reason = || {
        let values = (0..5).fold(message.clone(), |message, _| message.without_first());
        requests::reason(values)
    };
    let why = match (kind.as_deref(), holder) {
        (Some(DROPPED), Some(target)) => CallError::Dropped { target },
        (Some(FAILED), Some(target)) => CallError::Failed { target, reason: reason()? },
        (Some(DIED), Some(target)) => CallError::Died { target, reason: reason()? },
        _ => {
            cell.unanswered(Unanswered::Refused(text));
            return Ok(());
        }
    };
    cell.unanswered(Unanswered::Notified(Box::new(why)));
    Ok(())
}

/// Another node says that it sees to an answer.
pub(super) fn held(core: &Core, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let (port,) = message.args::<(String,)>().map_err(|_| "it is no such message")?;
    let origin = from.ok_or("only another node can say this")?;
    if origin.rights.may_send() {
        is_held_by(core, &port.into(), origin.peer.id());
    }
    Ok(())
}
