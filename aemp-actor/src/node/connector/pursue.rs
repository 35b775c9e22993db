//! Connections to nodes that something is wanted of.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Address;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::dial::dial;
use super::unknown;
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

/// How long the next address is tried when there are so many left, and so much time.
fn share(time: Duration, left: usize) -> Duration {
    DIAL_LIMIT.min(time / u32::try_from(left).unwrap_or(u32::MAX).max(1))
}

/// Where to dial a node, who else dials, and how long at the most: where no address is known, it is
/// tried through others.
fn ways<'a>(
    core: &'a Core,
    node: &NodeId,
    round: usize,
) -> (Vec<Address>, &'a Semaphore, Duration) {
    let addresses = core.addresses(node);
    if !addresses.is_empty() {
        return (addresses, core.dials(), DIAL_LIMIT);
    }
    (relay::addresses(core, node, round), core.relays().dials(), relay::RELAY_LIMIT)
}

async fn pursue(core: &Arc<Core>, peer: &Arc<Peer>) {
    let deadline = Instant::now() + core.config().connect_timeout_or_default();
    let mut backoff = Backoff::new(core.config().connect_interval);
    // What went wrong the last time; nothing, where nobody knows the node.
    let mut problem = None;
    let why = |problem: Option<String>| match problem {
        Some(problem) => format!("no connection to node {}: {problem}", peer.id()),
        None => unknown::why(core, peer.id()),
    };
    for round in 0.. {
        let (addresses, dials, longest) = ways(core, peer.id(), round);
        let mut refused = 0;
        for (left, address) in (1..=addresses.len()).rev().zip(&addresses) {
            if !peer.is_connecting() {
                return;
            }
            // Paced: a node that hears of many at once dials a few at a time.
            let Ok(_permit) = dials.acquire().await else { return };
            if Instant::now() >= deadline {
                break;
            }
            let limit = share(deadline.saturating_duration_since(Instant::now()), left);
            match tokio::time::timeout(limit.min(longest), dial(core, address)).await {
                Ok(Ok(other)) if other.id() == peer.id() => return,
                Ok(Ok(other)) => {
                    problem = Some(format!("at {address} there is node {}", other.id()));
                }
                Ok(Err(error)) => {
                    refused += usize::from(error.is_permanent());
                    problem = (!relay::is_unknown(&error)).then(|| error.to_string());
                }
                // Cut short at the end: the round before says more.
                Err(_) if round > 0 && limit < longest => {}
                Err(_) => problem = Some(format!("no answer from {address}")),
            }
        }
        let hopeless = addresses.is_empty() && unknown::is_hopeless(core);
        if hopeless || refused > 0 && refused == addresses.len() {
            peer.unreachable(core, Reason::new(kind::AUTH_ERROR, why(problem)));
            core.mesh().given_up(core, peer.id());
            return;
        }
        let pause = Instant::now() + backoff.next(core.chance());
        let changed = peer.changed();
        if !peer.is_connecting() {
            return;
        }
        if Instant::now() >= deadline {
            peer.unreachable(core, Reason::transport(why(problem)));
            core.mesh().given_up(core, peer.id());
            return;
        }
        drop(tokio::time::timeout_at(pause.min(deadline), changed).await);
    }
}

/// Connects to a node that was heard of at `addresses`, from node `told_by`.
pub(crate) fn reach(core: &Arc<Core>, node: &NodeId, addresses: &[String], told_by: &NodeId) {
    core.remember_addresses(node, addresses);
    if addresses.is_empty() || core.addresses(node).is_empty() {
        // A private node, or one that no transport here leads to: it dials us, or cannot.
        if relay::is_wanted(core) && core.addresses(node).is_empty() {
            relay::approach(core, node, Some(told_by));
        } else {
            core.mesh().given_up(core, node);
        }
        return;
    }
    let peer = core.peer(node);
    if peer.begin() {
        want(core, &peer);
    } else if !peer.is_connecting() {
        // It is up, or about to be down: then it is looked for.
        core.mesh().given_up(core, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_share_of_the_time() {
        let second = Duration::from_secs(1);
        assert_eq!(share(30 * second, 1), DIAL_LIMIT);
        assert_eq!(share(30 * second, 2), DIAL_LIMIT);
        assert_eq!(share(6 * second, 2), 3 * second);
        assert_eq!(share(Duration::ZERO, 3), Duration::ZERO);
    }
}
