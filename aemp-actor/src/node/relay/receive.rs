//! Packets to this node.

use std::sync::Arc;

use aemp_transport::{Network, Value};

use super::connection::{Connection, Key, Sent, Way};
use super::packet::{Cause, FUNCTION, RelayPacket, Word};
use super::stream::RelayStream;
use crate::id::PortName;
use crate::message::Message;
use crate::node::{Builtin, Core, Origin, run_accepted, why_refused};

/// Who speaks has to prove itself behind this, and has the rights that are its own then.
pub(crate) const BUILTIN: Builtin =
    Builtin::of_joining(FUNCTION, |core, from, message| Ok(receive(core, from, message)?));

/// A packet came through a hub.
///
/// # Errors
/// What is wrong with it.
fn receive(core: &Arc<Core>, from: Option<&Origin>, message: &Message) -> Result<(), &'static str> {
    let origin = from.ok_or("only another node can relay")?;
    let packet = RelayPacket::read(message)?;
    let hub = origin.peer.id();
    if packet.from == *hub || packet.from == *core.id() {
        return Err("a relayed connection joins two nodes other than the hub");
    }
    let key = Key { hub: hub.clone(), node: packet.from, name: packet.connection };
    let known = core.network().relays().find(&key).filter(|c| c.way().attempt == origin.attempt);
    match (known, packet.word) {
        (Some(connection), word) => {
            if let Err(error) = connection.receive(packet.seq, word) {
                tracing::warn!(
                    target: "aemp",
                    "connection to node {} relayed by {hub} is given up: {error}",
                    key.node
                );
            }
            Ok(())
        }
        (None, Word::Open { window }) if packet.seq == 0 => {
            opened(core, origin, key, window);
            Ok(())
        }
        // What was on its way when the connection ended.
        (None, Word::Close { .. }) => Ok(()),
        (None, _) => {
            tracing::debug!(
                target: "aemp",
                "a message of an unknown connection to node {} relayed by {hub}",
                key.node
            );
            refuse(core, origin, &key, "the relayed connection is not known (any more)");
            Ok(())
        }
    }
}

/// Another node dials this one.
fn opened(core: &Arc<Core>, origin: &Origin, key: Key, window: u64) {
    if !core.config().relay || core.is_closed() {
        refuse(
            core,
            origin,
            &key,
            "no relayed connections are accepted: set relay (Config::relay)",
        );
        return;
    }
    let Some((_, link)) = origin.peer.direct_link().filter(|(n, _)| *n == origin.attempt) else {
        refuse(core, origin, &key, "no relayed connection goes through another");
        return;
    };
    let speaker = Network::Host(key.node.to_string());
    let admitted = match core.network().relays().door.try_admit(Some(speaker.clone())) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let why = why_refused(&speaker, refusal);
            tracing::warn!(target: "aemp", "relayed connection refused: {why}");
            let text = "too many handshakes are unfinished";
            close(core, origin, &key, text, Some(Cause::Crowded));
            return;
        }
    };
    let way = Way::new(origin.attempt, link, core.config());
    let connection = Connection::accepted(core.id(), key, way, window);
    let Some(held) = core.network().relays().add(connection) else { return };
    if !matches!(held.connection().accept(), Sent::Done) {
        // The queue for the hub is full: the other side will try again.
        return;
    }
    run_accepted(core, Box::new(RelayStream::new(held)), admitted);
}

/// Tells the other side that there is no such connection.
fn refuse(core: &Core, origin: &Origin, key: &Key, text: &str) {
    close(core, origin, key, text, None);
}

fn close(core: &Core, origin: &Origin, key: &Key, text: &str, cause: Option<Cause>) {
    let (to, own, name) = (key.node.as_str(), core.id().as_str(), key.name.as_str());
    let head = ["snd", to, FUNCTION, own, name, "close"].map(Value::from);
    let mut packet = Vec::from(head);
    packet.extend([Value::Int(0), text.into()]);
    packet.extend(cause.map(|cause| cause.tag().into()));
    origin.peer.send_if_up(core, &PortName::default(), &PortName::default(), &packet);
}
