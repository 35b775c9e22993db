//! `stop`.

use crate::ask::settled;
use crate::{Failure, NetworkConnection};
use aemp_actor::introspection::IntrospectError;
use aemp_actor::{NodeEvents, NodeId};

/// Asks for the end, and waits until the node has gone.
pub(crate) async fn stop(connection: &NetworkConnection, node: &str) -> Result<(), Failure> {
    let node = connection.node_id(node)?;
    // Connected, so that its going is seen.
    settled(connection, &node).await?;
    let mut events = connection.node.node_events();
    match connection.look(node.as_str())?.stop().await {
        // It may be gone before the answer is out.
        Err(IntrospectError::Down { .. }) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    let limit = connection.options.timeout();
    let gone = async {
        // Of one that has gone before the events were asked for there are none.
        if connection.node.node_is_up(&node) {
            gone(&mut events, &node).await;
        }
    };
    if tokio::time::timeout(connection.left(), gone).await.is_err() {
        return Err(Failure::Timeout(format!("node {node} has not ended within {limit:?}")));
    }
    let output = connection.output();
    match output.json {
        true => output.json(&serde_json::json!({ "stopped": node.as_str() })),
        false => output.line(&format!("node {node} has stopped")),
    }
    Ok(())
}

async fn gone(events: &mut NodeEvents, node: &NodeId) {
    loop {
        // The caller limits the time.
        let Some(event) = events.next().await else { return std::future::pending().await };
        if event.node() == node && !event.is_up() {
            return;
        }
    }
}
