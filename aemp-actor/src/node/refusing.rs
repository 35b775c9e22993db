//! Messages that are not carried out: who waits for an answer is told.
//!
//! Two kinds of them: requests that a node port does not carry out, and messages that a port does
//! not understand and refuses. Both may end with the ID of a reply port, which is known by its name
//! ([`PortId::is_reply`]): the request `aemp::refused PORT TEXT` to the node of that port says that
//! there will be no answer, and why. It does something to reply ports only.
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
use super::requests::Problem;
use super::waiting::Place;
use crate::id::{NodeId, PortId};
use crate::message::{BadMessage, Message};
use crate::port::AnyCell;
use crate::visible::one_line;

/// The request that says so.
pub(super) const REFUSED: &str = "aemp::refused";

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
            cell.refused(&text);
        }
    } else {
        let request = [Value::from(REFUSED), Value::from(reply.port()), Value::from(text)];
        core.request(reply, Place::Among, &request);
    }
}

/// Tells whoever waits for an answer to this request, if it is one of ours, why there is none.
pub(super) fn notify_caller(
    core: &Arc<Core>,
    from: Option<&Origin>,
    message: &Message,
    problem: &Problem,
) {
    if message.tag() == REFUSED {
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
    let (port, text) = message.args::<(String, String)>().map_err(|_| "it is no such message")?;
    let origin = from.ok_or("only another node can say this")?;
    let cell = core.registry().find(&port);
    if let Some(cell) = cell.filter(|cell| origin.may_send(Some(cell))) {
        cell.refused(&text);
    }
    Ok(())
}
