//! Requests to a node port that are not carried out: who waits for an answer is told.
//!
//! The request `aemp::refused PORT TEXT` says that the request whose last argument was the reply port
//! PORT has no answer. Nodes of other implementations are not told, since they would not understand.
//! It does something to reply ports only: what stood last in a request need not have been one.

use std::sync::Arc;

use super::core::Core;
use super::inbound::Origin;
use super::requests::Problem;
use crate::id::{PortId, PortName};
use crate::message::Message;

/// The request that says so.
pub(super) const REFUSED: &str = "aemp::refused";

/// Tells whoever waits for an answer to this message why there is none.
pub(super) fn tell(core: &Arc<Core>, from: Option<&Origin>, message: &Message, problem: &Problem) {
    if message.tag() == REFUSED || message.is_long() {
        return;
    }
    let Some(reply) = message.values().ok().and_then(|values| {
        let text = values.last()?.to_text()?.into_owned();
        text.parse::<PortId>().ok().filter(|port| !port.is_node())
    }) else {
        return;
    };
    let text = problem.to_string();
    match from {
        None if reply.node() == core.id() => {
            if let Some(cell) = core.registry().find(reply.name()) {
                cell.refused(&text);
            }
        }
        Some(Origin { peer, .. })
            if reply.node() == peer.id() && peer.is_of_ours() == Some(true) =>
        {
            let request = (REFUSED, reply.port(), text);
            peer.send_if_up(core, &PortName::default(), reply.name(), &request);
        }
        _ => {}
    }
}

/// Another node says that a request has no answer.
pub(super) fn told(core: &Core, from: Option<&Origin>, message: &Message) -> Result<(), Problem> {
    let (port, text) = message.args::<(String, String)>().map_err(|_| "it is no such message")?;
    let origin = from.ok_or("only another node can say this")?;
    let cell = core.registry().find(&port);
    if let Some(cell) = cell.filter(|cell| origin.may_send(Some(cell))) {
        cell.refused(&text);
    }
    Ok(())
}
