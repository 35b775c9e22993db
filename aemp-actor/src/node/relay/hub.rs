//! This node as the hub of others.

use std::sync::Arc;

use aemp_transport::Order;
use serde::Serialize;

use super::connection::Refusal;
use super::packet::{self, ALIVE, Cause, Envelope, FUNCTION, Word};
use crate::id::{NodeId, PortName};
use crate::message::Message;
use crate::node::{Core, DialError};

/// Whether a message that node `from` has this node send to the node port of `to` is to be passed
/// on. Relayed packets for a node that is not connected are not: they are answered; and signs of life
/// are not: they have been passed on, ahead of what waits.
///
/// # Errors
/// What is wrong with the packet.
pub(crate) fn pass(
    core: &Arc<Core>,
    from: Option<&NodeId>,
    to: &NodeId,
    message: &Message,
) -> Result<bool, &'static str> {
    if message.tag() != FUNCTION {
        return Ok(true);
    }
    let values = packet::values(message)?;
    let Envelope { from: speaker, connection, kind } = Envelope::read(&values)?;
    let Some(from) = from.filter(|from| **from == *speaker) else {
        return Err("a relayed message in the name of another node");
    };
    let (connection, kind) = (&*connection, &*kind);
    if !is_up(core, to) {
        refuse(core, from, to, connection, kind);
        return Ok(false);
    }
    match kind {
        "open" => {
            core.network().relays().routes.lock().opened(from, to, connection);
            // Whoever takes the routes of a node that goes down does so when it is up no more.
            if !is_up(core, to) {
                refuse(core, from, to, connection, kind);
                return Ok(false);
            }
        }
        "close" => core.network().relays().routes.lock().closed(from, to, connection),
        ALIVE => {
            send_urgent(core, to, message);
            return Ok(false);
        }
        _ => {}
    }
    Ok(true)
}

fn is_up(core: &Core, node: &NodeId) -> bool {
    core.known_peer(node).is_some_and(|peer| peer.is_up())
}

/// Tells a node that data for it are coming from another, and asks it for a sign of life for that.
pub(super) fn report_alive(core: &Core, from: &NodeId, to: &NodeId, connection: &str) {
    let word = Word::Alive { ask: true };
    send_urgent(core, to, &(FUNCTION, from, connection, word.kind(), 0, &word));
}

/// Passes on what goes ahead of everything, if there is room for it.
fn send_urgent<M: Serialize + ?Sized>(core: &Core, to: &NodeId, packet: &M) {
    if let Some((_, link)) = core.known_peer(to).and_then(|peer| peer.direct_link()) {
        drop(link.try_send("", Order::Urgent, packet));
    }
}

/// There is no passing on to a node that is not connected.
fn refuse(core: &Core, from: &NodeId, to: &NodeId, connection: &str, kind: &str) {
    core.network().relays().routes.lock().closed(from, to, connection);
    if kind != "close" {
        close(core, from, to, connection);
    }
}

/// A node is down: connections through it are lost, and those that it had through this node are
/// closed in its name.
pub(crate) fn node_down(core: &Arc<Core>, node: &NodeId) {
    core.network().relays().hub_down(node);
    let ends = core.network().relays().routes.lock().node_down(node);
    for (other, connection) in ends {
        close(core, &other, node, &connection);
    }
}

/// Tells a node that its relayed connection to another is gone.
fn close(core: &Core, to: &NodeId, gone: &NodeId, connection: &str) {
    let Some(peer) = core.known_peer(to) else { return };
    let text = format!("node {gone} is not connected to the hub {}", core.id());
    let packet = (FUNCTION, gone, connection, "close", 0, text, Cause::Unknown.tag());
    peer.send_if_up(core, &PortName::default(), &PortName::default(), &packet);
}

/// Whether a hub said that it does not know the node.
pub(crate) fn is_unknown(error: &DialError) -> bool {
    let DialError::Io { error, .. } = error else { return false };
    let said = error.get_ref().and_then(|said| said.downcast_ref::<Refusal>());
    said.is_some_and(|said| said.is_unknown)
}
