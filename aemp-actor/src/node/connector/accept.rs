//! Listeners.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{
    Address, Admitted, BoxStream, EstablishError, HandshakeError, Listener, Network, Refusal,
};
use tokio::time::Instant;

use super::greet::{Failure, greet};
use super::refusals::Refusals;
use crate::node::core::Core;
use crate::node::door::{Door, Visit, why_refused};

/// Accepts connections until the node is shut down.
pub(in crate::node) fn listen(core: &Arc<Core>, mut listener: Box<dyn Listener>) {
    let door = Door::replacing(
        core.config().node_limits.max_handshakes,
        core.config().node_limits.max_handshakes_per_address,
    );
    let own = core.clone();
    core.run(async move {
        let mut refusals = Refusals::default();
        loop {
            let stream = match listener.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: others may be closed soon.
                    if refusals.may_log("", Instant::now()).is_some() {
                        tracing::error!(target: "aemp", "cannot accept a connection: {error}");
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let network = stream.peer_address().map(|address| Network::of_peer(&address));
            match door.admit(network.clone()).await {
                Ok(admitted) => {
                    if let Some(network) = &admitted.instead_of {
                        let text = "it is unfinished, and others need its place (max_handshakes)";
                        warn(&mut refusals, network, &format!("{text}: the oldest of {network}"));
                    }
                    run_accepted(&own, stream, admitted);
                }
                Err(refusal @ Refusal::OfKey { .. }) => {
                    if let Some(network) = network {
                        warn(&mut refusals, &network, &why_refused(&network, refusal));
                    }
                }
                Err(Refusal::InAll { .. }) => {}
            }
        }
    });
}

/// Says that a connection was refused, now and then for each network.
fn warn(refusals: &mut Refusals, network: &Network, why: &str) {
    if let Some(left_out) = refusals.may_log(&network.to_string(), Instant::now()) {
        let more = more(left_out);
        tracing::warn!(target: "aemp", "connection refused: {why}{more}");
    }
}

/// Runs the handshake of a connection that was accepted, until it has to make room for another one.
pub(crate) fn run_accepted(core: &Arc<Core>, stream: BoxStream, admitted: Admitted<Network>) {
    let own = core.clone();
    core.run(async move {
        let Admitted { permit, revoked, .. } = admitted;
        let greeting = greet_accepted(&own, stream, permit);
        tokio::select! {
            biased;
            () = greeting => {}
            // (An error when it has proved itself: then it goes on.)
            Ok(()) = revoked => {}
        }
    });
}

/// Runs the handshake of a connection that was accepted.
///
/// # Cancel safety
/// Dropping it abandons the connection.
async fn greet_accepted(core: &Arc<Core>, stream: BoxStream, visit: Visit) {
    let from = stream.peer_address().unwrap_or_else(|| "an unknown address".into());
    match greet(core, stream, None, Some(visit)).await {
        Ok(_) => {}
        Err(Failure::Refused(refusal, node)) => {
            tracing::debug!(target: "aemp", "connection of node {node} from {from}: {refusal}");
        }
        Err(Failure::Unexpected(error)) => refused(core, &from, &error),
        Err(Failure::Establish(EstablishError::Handshake(HandshakeError::OwnNodeId {
            is_self: true,
            ..
        }))) => {
            tracing::debug!(target: "aemp", "connection from {from}: it is this node's own");
        }
        Err(Failure::Establish(error)) => refused(core, &from, &error),
    }
}

/// Says that a handshake has failed; of an origin not more than now and then, since anybody can have
/// them fail.
fn refused(core: &Core, from: &str, error: &dyn std::fmt::Display) {
    if let Some(left_out) = core.network().refusals().lock().may_log(&origin(from), Instant::now())
    {
        let more = more(left_out);
        tracing::warn!(target: "aemp", "connection from {from} refused: {error}{more}");
    }
}

/// Whose fault it counts as when a connection from this address fails: its network's, or that of the
/// hub which passes it on.
fn origin(from: &str) -> String {
    let address: Option<Address> = from.parse().ok();
    match address.as_ref().and_then(Address::hub_and_node) {
        Some((hub, _)) => format!("relay:{hub}"),
        None => Network::of_peer(from).to_string(),
    }
}

/// How many more there were that were not logged.
fn more(left_out: u64) -> String {
    match left_out {
        0 => String::new(),
        more => format!("; {more} more since this was told the last time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_is_a_network_or_a_hub() {
        assert_eq!(origin("[2001:db8:1:2::1]:4040"), origin("[2001:db8:1:2:3::9]:1"));
        assert_ne!(origin("[2001:db8:1:2::1]:4040"), origin("[2001:db8:1:3::1]:4040"));
        assert_eq!(origin("10.0.0.1:1"), "10.0.0.1");
        assert_eq!(origin("relay:hub>a"), "relay:hub");
        assert_eq!(origin("relay:hub:1>b:2"), "relay:hub:1");
        assert_eq!(origin("an unknown address"), "an unknown address");
    }
}
