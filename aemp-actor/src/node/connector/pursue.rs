//! Connections to nodes that something is wanted of.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::dial::dial;
use crate::id::NodeId;
use crate::node::core::Core;
use crate::node::peer::Peer;
use crate::reason::{Reason, kind};
use crate::relay;

/// Makes a connection to a node because something waits for it.
pub(in crate::node) fn want(core: &Arc<Core>, peer: &Arc<Peer>) {
    let (own, peer) = (core.clone(), peer.clone());
    core.run(async move { pursue(&own, &peer).await });
}

/// How long one address is tried before the next has its turn.
pub(crate) const DIAL_LIMIT: Duration = Duration::from_secs(10);

async fn pursue(core: &Arc<Core>, peer: &Arc<Peer>) {
    let deadline = Instant::now() + core.config().connect_timeout_or_default();
    let mut backoff = Backoff::new(core.config().connect_interval);
    let mut problem = "no address is known for it, and it did not connect".to_owned();
    for round in 0.. {
        let mut addresses = core.addresses(peer.id());
        let relayed = addresses.is_empty();
        if relayed {
            addresses = relay::addresses(core, peer.id(), round);
        }
        let (dials, longest) = if relayed {
            (core.relays().dials(), relay::RELAY_LIMIT)
        } else {
            (core.dials(), DIAL_LIMIT)
        };
        let mut refused = 0;
        for address in &addresses {
            if !peer.is_connecting() {
                return;
            }
            // Paced: a node that hears of many at once dials a few at a time.
            let Ok(_permit) = dials.acquire().await else { return };
            if Instant::now() >= deadline {
                break;
            }
            let limit = deadline.min(Instant::now() + longest);
            match tokio::time::timeout_at(limit, dial(core, address)).await {
                Ok(Ok(other)) if other.id() == peer.id() => return,
                Ok(Ok(other)) => {
                    problem = format!("at {address} there is node {}", other.id());
                }
                Ok(Err(error)) => {
                    refused += usize::from(error.is_permanent());
                    problem = error.to_string();
                }
                Err(_) => problem = format!("no answer from {address}"),
            }
        }
        if refused > 0 && refused == addresses.len() {
            let text = format!("no connection to node {}: {problem}", peer.id());
            peer.unreachable(core, Reason::new(kind::AUTH_ERROR, text));
            core.mesh().given_up(core, peer.id());
            return;
        }
        let pause = Instant::now() + backoff.next(core.chance());
        let changed = peer.changed();
        if !peer.is_connecting() {
            return;
        }
        if Instant::now() >= deadline {
            let text = format!("no connection to node {}: {problem}", peer.id());
            peer.unreachable(core, Reason::transport(text));
            core.mesh().given_up(core, peer.id());
            return;
        }
        drop(tokio::time::timeout_at(pause.min(deadline), changed).await);
    }
}

/// Connects to a node that was heard of at `addresses`,
/// from node `told_by`.
pub(crate) fn reach(core: &Arc<Core>, node: &NodeId, addresses: &[String], told_by: &NodeId) {
    if addresses.is_empty() {
        // A private node: it dials us, or cannot.
        if relay::is_wanted(core) && core.addresses(node).is_empty() {
            relay::approach(core, node, Some(told_by));
        } else {
            core.mesh().given_up(core, node);
        }
        return;
    }
    let peer = core.peer(node);
    core.remember_addresses(node, addresses);
    if peer.begin() {
        want(core, &peer);
    }
}
