//! Messages of relayed connections that are coming, and not whole yet.
//!
//! A message takes its time on a slow way, and so does what waits behind it: that it is coming is a
//! sign of life of who speaks, to its receiver and to the hub.

use std::sync::Arc;

use aemp_transport::Framing;
use smol_str::SmolStr;
use tokio::time::Instant;

use super::connection::Key;
use super::hub;
use super::packet::{DATA, FUNCTION};
use super::pulse::Pulse;
use crate::id::PortId;
use crate::node::{Core, Origin};

/// What stands before the data, at the most: all that is looked at of what has come.
const HEAD: usize = 1 << 10;

/// How many texts a hub looks at: the node port, `snd`, the receiver, and four of the message.
const TEXTS: usize = 7;

/// The connection that a hub has last reported alive, and when.
pub(crate) struct Reported {
    connection: SmolStr,
    pulse: Pulse,
}

/// More has come, by a direct connection, of a packet that is not whole.
pub(crate) fn partial(
    core: &Arc<Core>,
    origin: &Origin,
    (framing, bytes): (Framing, &[u8]),
    reported: &mut Option<Reported>,
) {
    let texts = framing.first_texts(&bytes[..bytes.len().min(HEAD)], TEXTS);
    let texts: Vec<&str> = texts.iter().map(SmolStr::as_str).collect();
    match texts[..] {
        ["", FUNCTION, speaker, connection, DATA, ..] => {
            arriving(core, origin, speaker, connection);
        }
        ["", "snd", to, FUNCTION, speaker, connection, DATA] => {
            passing(core, origin, (to, speaker, connection), reported);
        }
        _ => {}
    }
}

/// Data for a connection of this node are coming.
fn arriving(core: &Core, origin: &Origin, speaker: &str, connection: &str) {
    let Ok(node) = speaker.parse() else { return };
    let key = Key { hub: origin.peer.id().clone(), node, name: connection.into() };
    let known = core.network().relays().find(&key).filter(|c| c.way().attempt == origin.attempt);
    if let Some(connection) = known {
        connection.arriving();
    }
}

/// Data that this node is to pass on are coming: the receiver is told now and then, and asked to
/// give a sign of life in turn.
fn passing(
    core: &Arc<Core>,
    origin: &Origin,
    (to, speaker, connection): (&str, &str, &str),
    reported: &mut Option<Reported>,
) {
    let to = PortId::from(to);
    let speaks_for_itself = *origin.peer.id() == *speaker;
    if !to.is_node() || !speaks_for_itself || !origin.rights.may_relay() {
        return;
    }
    let now = Instant::now();
    let known = reported.take().filter(|last| last.connection == connection);
    let mut last = known.unwrap_or_else(|| Reported {
        connection: connection.into(),
        pulse: Pulse::new(now, core.config().monitor_timeout),
    });
    if last.pulse.is_due(now) {
        hub::report_alive(core, origin.peer.id(), to.node(), connection);
    }
    *reported = Some(last);
}
