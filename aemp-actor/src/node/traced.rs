//! Messages as log lines: what `PERL_ANYEVENT_MP_TRACE` shows in the Perl implementation. They are
//! events of level trace, of the target `aemp::messages`, and cost next to nothing while nobody
//! wants them.
//!
//! What is shown: untyped messages, requests and whatever else goes to another node or comes from
//! one. A typed message within the node is moved as a value, of which nothing can be shown; nor are
//! signs of life shown.

use serde::Serialize;
use tracing::Level;

use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::visible::one_line;

/// The target of the events, of level trace, that show messages. They are not told to nodes that
/// catch log lines, since telling is a message, too.
pub const MESSAGES: &str = "aemp::messages";

/// Whether somebody wants them.
pub(crate) fn is_wanted() -> bool {
    tracing::enabled!(target: MESSAGES, Level::TRACE)
}

/// A message goes to that port of that node; one that cannot be serialised is its sender's affair.
pub(super) fn sent<M: Serialize + ?Sized>(node: &NodeId, port: &str, msg: &M) {
    if is_wanted()
        && let Ok(message) = Message::new(msg)
    {
        let text = format!("sent to {node}#{port}: {message}");
        tracing::trace!(target: MESSAGES, "{}", one_line(&text));
    }
}

/// A message has come from that node.
pub(super) fn received(from: &NodeId, port: &str, message: &Message) {
    if is_wanted() {
        let text = format!("received from {from} for #{port}: {message}");
        tracing::trace!(target: MESSAGES, "{}", one_line(&text));
    }
}

/// A message stays on this node.
pub(super) fn delivered(to: &PortId, message: &Message) {
    if is_wanted() {
        let text = format!("sent to {to}, here: {message}");
        tracing::trace!(target: MESSAGES, "{}", one_line(&text));
    }
}
