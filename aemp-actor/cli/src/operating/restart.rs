//! `restart`.

use aemp_transport::Value;

use crate::ask::{ask, settled};
use crate::{Failure, NetworkConnection};
use aemp_actor::NodeEvents;
use aemp_actor::introspection::IntrospectError;
use aemp_actor::{NodeId, PortId};

/// What a Perl node does to be restarted by its watchdog: that ends the process, so that
/// there is an answer only when it does not. The module is loaded first: in Perl the name of a
/// function that is not there is a text, which is true.
const PERL: &str = "use AnyEvent::Watchdog::Util (); \
                    AnyEvent::Watchdog::Util::enabled() or die \"not running under a watchdog\\n\"; \
                    AnyEvent::Watchdog::Util::restart(); ()";

/// Asks for the restart, and waits until the node was away and is back.
pub(crate) async fn restart(connection: &NetworkConnection, node: &str) -> Result<(), Failure> {
    let node = connection.node_id(node)?;
    // Connected, so that its going is seen.
    settled(connection, &node).await?;
    let mut events = connection.node.node_events();
    match connection.look(node.as_str())?.restart().await {
        Err(IntrospectError::Unanswered { .. }) => perl(connection, &node).await?,
        // It may be gone before the answer is out.
        Err(IntrospectError::Down { .. }) | Ok(()) => {}
        Err(error) => return Err(error.into()),
    }
    let limit = connection.options.timeout();
    if tokio::time::timeout(connection.left(), back(&mut events, &node)).await.is_err() {
        return Err(Failure::Timeout(format!("node {node} did not come back within {limit:?}")));
    }
    let output = connection.output();
    match output.json {
        true => output.json(&serde_json::json!({ "restarted": node.as_str() })),
        false => output.line(&format!("node {node} is back")),
    }
    Ok(())
}

async fn back(events: &mut NodeEvents, node: &NodeId) {
    let mut was_down = false;
    loop {
        // The caller limits the time.
        let Some(event) = events.next().await else { return std::future::pending().await };
        if event.node() == node {
            was_down |= !event.is_up();
            if was_down && event.is_up() {
                return;
            }
        }
    }
}

async fn perl(connection: &NetworkConnection, node: &NodeId) -> Result<(), Failure> {
    let request = vec![Value::from("eval"), Value::from(PERL)];
    let answer = ask(connection, &PortId::of_node(node), request).await;
    match answer.as_deref() {
        Ok([Value::Str(error), ..]) if !error.is_empty() => {
            Err(Failure::Failed(format!("node {node}: {}", error.trim_end())))
        }
        // It may be gone before the answer is out.
        Ok(_) | Err(Failure::Failed(_)) => Ok(()),
        Err(_) => Err(Failure::Timeout(format!("node {node} does not answer"))),
    }
}
