//! Listeners.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{BoxStream, EstablishError, HandshakeError, Listener};
use tokio::time::Instant;

use super::greet::{Failure, greet};
use super::refusals::Refusals;
use crate::node::core::Core;
use crate::node::door::Door;

/// Accepts connections until the node is shut down.
pub(in crate::node) fn listen(core: &Arc<Core>, mut listener: Box<dyn Listener>) {
    let door = Door::new(core.config().max_handshakes, core.config().max_handshakes_per_address);
    let own = core.clone();
    core.run(async move {
        let mut refusals = Refusals::default();
        loop {
            door.room().await;
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
            match door.enter(stream.peer_address()) {
                Ok(visit) => {
                    let core = own.clone();
                    own.run(async move {
                        greet_accepted(&core, stream).await;
                        drop(visit);
                    });
                }
                Err(crowd) => {
                    if let Some(untold) = refusals.told(crowd.address(), Instant::now()) {
                        let more = more(untold);
                        tracing::warn!(target: "aemp", "connection refused: {crowd}{more}");
                    }
                }
            }
        }
    });
}

/// Runs the handshake of a connection that was accepted.
///
/// # Cancel safety
/// Dropping it abandons the connection.
pub(crate) async fn greet_accepted(core: &Arc<Core>, stream: BoxStream) {
    let from = stream.peer_address().unwrap_or_else(|| "an unknown address".into());
    match greet(core, stream, None).await {
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
