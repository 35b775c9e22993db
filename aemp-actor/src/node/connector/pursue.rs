//! Connections to nodes that something is wanted of.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::Address;
use tokio::sync::watch;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::dial::dial;
use super::dials::{Dials, Purpose};
use super::unknown;
use crate::id::NodeId;
use crate::node::core::Core;
use crate::node::peer::Peer;
use crate::node::relay;
use crate::reason::{Absence, Reason, kind};

/// Makes a connection to a node because something waits for it.
pub(in crate::node) fn want(core: &Arc<Core>, peer: &Arc<Peer>) {
    let pursuit = Pursuit { core: core.clone(), peer: peer.clone(), ended: false };
    core.run(async move {
        pursue(&pursuit.core, &pursuit.peer).await;
        pursuit.end();
    });
}

/// Who makes a connection owes those who wait for it: dropped before its end, because the node is shut
/// down, its runtime ends or a transport panics, it tells them that there will be none.
struct Pursuit {
    core: Arc<Core>,
    peer: Arc<Peer>,
    ended: bool,
}

impl Pursuit {
    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Pursuit {
    fn drop(&mut self) {
        let Self { core, peer, ended } = self;
        if !*ended {
            let reason = if core.is_closed() {
                core.shutdown_reason()
            } else {
                Reason::transport(format!("dialling node {} was broken off", peer.id()))
            };
            peer.unreachable(core, reason);
        }
        // Unless it is up.
        core.network().mesh().given_up(core, peer.id());
    }
}

/// How long one address is tried before the next has its turn.
pub(crate) const DIAL_LIMIT: Duration = Duration::from_secs(10);

/// How long a node is waited for of which nobody knows an address before the log says so.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);

/// How long the next address is tried when there are so many left, and so much time.
fn share(time: Duration, left: usize) -> Duration {
    DIAL_LIMIT.min(time / u32::try_from(left).unwrap_or(u32::MAX).max(1))
}

/// Where to dial a node, who else dials, and how long at the most: where no address is known, it is
/// tried through others.
fn ways<'a>(core: &'a Core, node: &NodeId, round: usize) -> (Vec<Address>, &'a Dials, Duration) {
    let addresses = core.addresses(node);
    if !addresses.is_empty() {
        return (addresses, core.network().dials(), DIAL_LIMIT);
    }
    (relay::addresses(core, node, round), core.network().relays().dials(), relay::RELAY_LIMIT)
}

/// What came of dialling the addresses of a node, one after the other.
struct Round {
    /// The last problem, if anything was dialled.
    problem: Option<Problem>,
    /// How many can help only after somebody has changed a configuration.
    refused: usize,
    /// When an address that was left out may be dialled, if all were.
    not_before: Option<Instant>,
}

/// Why there is no connection.
enum Problem {
    /// Nobody knows the node.
    Unknown,
    Silent(String),
    Text(String),
}

impl Problem {
    fn reason(&self, kind: &str, core: &Core, node: &NodeId) -> Reason {
        let absence = match self {
            Self::Unknown => Some(Absence::Unknown),
            Self::Silent(_) => Some(Absence::Silent),
            Self::Text(_) => None,
        };
        Reason::new(kind, self.text(core, node)).with_absence(absence)
    }

    fn text(&self, core: &Core, node: &NodeId) -> String {
        match self {
            Self::Unknown => unknown::why(core, node),
            Self::Silent(text) | Self::Text(text) => {
                format!("no connection to node {node}: {text}")
            }
        }
    }
}

/// Dials the addresses of a node once; `None` when that is connected, or nobody wants it any more.
async fn try_all(
    core: &Arc<Core>,
    peer: &Arc<Peer>,
    round: usize,
    deadline: Instant,
) -> Option<(usize, Round)> {
    let (addresses, dials, longest) = ways(core, peer.id(), round);
    let mut tried = Round { problem: None, refused: 0, not_before: None };
    let mut left_out = Vec::new();
    for (left, address) in (1..=addresses.len()).rev().zip(&addresses) {
        if !peer.is_connecting() {
            return None;
        }
        // Paced: a node that hears of many at once dials a few at a time.
        let turn = dials.turn(Purpose { wanted: peer.is_wanted(), again: round > 0 }).await;
        let now = Instant::now();
        if now >= deadline {
            break;
        }
        if core.network().book().is_hearsay(peer.id(), address)
            && let Err(not_before) = core.network().targets().begin(address, now)
        {
            left_out.push(not_before);
            continue;
        }
        let limit = share(deadline.saturating_duration_since(now), left).min(longest);
        tried.problem = Some(match turn.run(limit, dial(core, address)).await {
            Some(Ok(other)) if other.id() == peer.id() => return None,
            Some(Ok(other)) => Problem::Text(format!("at {address} there is node {}", other.id())),
            Some(Err(error)) if relay::is_unknown(&error) => Problem::Unknown,
            Some(Err(error)) => {
                tried.refused += usize::from(error.is_permanent());
                match error.is_timeout() {
                    true => Problem::Silent(error.to_string()),
                    false => Problem::Text(error.to_string()),
                }
            }
            // Cut short at the end: the round before says more.
            None if round > 0 && limit < longest => continue,
            None => Problem::Silent(format!("no answer from {address}")),
        });
    }
    if left_out.len() == addresses.len() {
        tried.not_before = left_out.into_iter().min();
    }
    Some((addresses.len(), tried))
}

/// Dials the addresses of a node, and where these lead nowhere goes through a hub besides.
async fn pursue(core: &Arc<Core>, peer: &Arc<Peer>) {
    let (failed, mut failures) = watch::channel(0);
    tokio::select! {
        biased;
        () = dial_all(core, peer, &failed) => {}
        // What is still being dialled is given up: the arbiter has decided.
        () = relay::fall_back(core, peer, &mut failures) => {}
    }
}

/// Dials the addresses of a node again and again, and counts the rounds that have `failed`.
async fn dial_all(core: &Arc<Core>, peer: &Arc<Peer>, failed: &watch::Sender<u64>) {
    let deadline = Instant::now() + core.config().connect_timeout_or_default();
    let mut backoff = Backoff::new(core.config().connect_interval);
    let mut problem = Problem::Unknown;
    let mut may_come = Some(Instant::now() + UNKNOWN_FOR);
    for round in 0.. {
        let has_addresses = core.network().book().knows(peer.id());
        let Some((ways, tried)) = try_all(core, peer, round, deadline).await else { return };
        if has_addresses {
            failed.send_modify(|rounds| *rounds += 1);
        }
        problem = tried.problem.unwrap_or(problem);
        let hopeless = ways == 0 && unknown::is_hopeless(core);
        if hopeless || tried.refused > 0 && tried.refused == ways {
            return give_up(core, peer, problem.reason(kind::AUTH_ERROR, core, peer.id()));
        }
        let pause = Instant::now() + backoff.next(core.environment());
        let pause = tried.not_before.map_or(pause, |not_before| not_before.max(pause));
        let changed = peer.changed();
        if !peer.is_connecting() {
            return;
        }
        if Instant::now() >= deadline {
            return give_up(core, peer, problem.reason(kind::TRANSPORT_ERROR, core, peer.id()));
        }
        let now = Instant::now();
        if matches!(problem, Problem::Unknown) && may_come.is_some_and(|time| now >= time) {
            may_come = None;
            unknown::warn(core, peer.id(), deadline.saturating_duration_since(now));
        }
        drop(tokio::time::timeout_at(pause.min(deadline), changed).await);
    }
}

fn give_up(core: &Arc<Core>, peer: &Arc<Peer>, reason: Reason) {
    peer.unreachable(core, reason);
    core.network().book().unreachable(peer.id());
}

/// Connects to a node that was heard of at `addresses`, from node `told_by`.
pub(crate) fn reach(core: &Arc<Core>, node: &NodeId, addresses: &[String], told_by: &NodeId) {
    core.network().book().heard(node, core.dialable(node, addresses), told_by);
    let is_known = core.network().book().knows(node);
    if addresses.is_empty() || !is_known {
        // A private node dials us if we listen: there is nothing to look for, and of many such nodes each
        // would look for all. One that no transport here leads to may or may not.
        let approached = relay::is_wanted(core) || !addresses.is_empty() && core.config().relay;
        if approached && !is_known {
            relay::approach(core, node, Some(told_by));
        } else if addresses.is_empty() {
            core.network().mesh().leave_alone(core, node);
        } else {
            core.network().mesh().given_up(core, node);
        }
        return;
    }
    let peer = core.peer(node);
    if peer.begin() {
        want(core, &peer);
    } else if !peer.is_connecting() {
        // It is up, or about to be down: then it is looked for.
        core.network().mesh().given_up(core, node);
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
