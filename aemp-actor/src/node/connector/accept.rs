//! Listeners.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{BoxStream, EstablishError, HandshakeError, Listener, Network};
use tokio::time::Instant;

use super::greet::{Failure, greet};
use super::refusals::Refusals;
use crate::node::core::Core;
use crate::node::door::{Crowd, Door, Entered, Visit};

/// Accepts connections until the node is shut down.
pub(in crate::node) fn listen(core: &Arc<Core>, mut listener: Box<dyn Listener>) {
    let door = Door::new(core.config().max_handshakes, core.config().max_handshakes_per_address);
    let own = core.clone();
    core.run(async move {
        let mut refusals = Refusals::default();
        loop {
            let stream = match listener.accept().await {
                Ok(stream) => stream,
                Err(error) => {
                    // Out of file descriptors, most likely: others may be closed soon.
                    if refusals.told("", Instant::now()).is_some() {
                        tracing::error!(target: "aemp", "cannot accept a connection: {error}");
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let network = stream.peer_address().map(|address| Network::of_peer(&address));
            match door.enter(network).await {
                Ok(entered) => {
                    if let Some(network) = &entered.instead_of {
                        let text = "it is unfinished, and others need its place (max_handshakes)";
                        warn(&mut refusals, network, &format!("{text}: the oldest of {network}"));
                    }
                    run_accepted(&own, stream, entered);
                }
                Err(Crowd::OfOne { network, count }) => {
                    let crowd = Crowd::OfOne { network: network.clone(), count };
                    warn(&mut refusals, &network, &crowd.to_string());
                }
                Err(Crowd::InAll { .. }) => {}
            }
        }
    });
}

/// Says that a connection was refused, now and then for each network.
fn warn(refusals: &mut Refusals, network: &Network, why: &str) {
    if let Some(untold) = refusals.told(&network.to_string(), Instant::now()) {
        let more = more(untold);
        tracing::warn!(target: "aemp", "connection refused: {why}{more}");
    }
}

/// Runs the handshake of a connection that was accepted, until it has to make room for another one.
pub(crate) fn run_accepted(core: &Arc<Core>, stream: BoxStream, entered: Entered) {
    let own = core.clone();
    core.run(async move {
        let Entered { visit, end, .. } = entered;
        let greeting = greet_accepted(&own, stream, visit);
        tokio::select! {
            biased;
            () = greeting => {}
            // (An error when it has proved itself: then it goes on.)
            Ok(()) = end => {}
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

/// Says that a handshake has failed; of an address not more than now and then, since anybody can have
/// them fail.
fn refused(core: &Core, from: &str, error: &dyn std::fmt::Display) {
    let host = from.rsplit_once(':').map_or(from, |(host, _)| host);
    if let Some(untold) = core.refusals().lock().told(host, Instant::now()) {
        let more = more(untold);
        tracing::warn!(target: "aemp", "connection from {from} refused: {error}{more}");
    }
}

/// How many more there were that were not told of.
fn more(untold: u64) -> String {
    match untold {
        0 => String::new(),
        more => format!("; {more} more since this was told the last time"),
    }
}
