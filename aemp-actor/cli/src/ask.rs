//! Requests whose answer may be anything.

use std::future::Future;

use aemp_transport::Value;
use tokio::sync::oneshot;

use super::{Failure, NetworkConnection};
use aemp_actor::CallError;
use aemp_actor::Reason;
use aemp_actor::Rest;
use aemp_actor::log::one_line;
use aemp_actor::{NodeId, PortId};

/// The end of a port, when it comes; dropped, the port is watched no more.
pub(crate) fn death_of(
    connection: &NetworkConnection,
    port: &PortId,
) -> impl Future<Output = Reason> + Send + 'static {
    let (tell, told) = oneshot::channel();
    let watch = connection.node.mon(port, move |reason: Reason| drop(tell.send(reason))).guard();
    async move {
        let _watch = watch;
        told.await.unwrap_or_default()
    }
}

/// Sends a request with a reply port at its end, and gives what this port is sent.
pub(crate) async fn ask(
    connection: &NetworkConnection,
    to: &PortId,
    request: Vec<Value>,
) -> Result<Vec<Value>, Failure> {
    let answer = connection.node.cal::<Rest>(to, request).timeout(connection.left()).await;
    answer.map(|Rest(values)| values).map_err(|error| match error {
        CallError::Died { target, reason } => Failure::died(&target, &reason),
        CallError::Timeout { .. } => late(connection, to),
        other => Failure::Failed(one_line(&other.to_string()).into_owned()),
    })
}

/// Waits until the node has carried out what it was sent before.
pub(crate) async fn settled(connection: &NetworkConnection, node: &NodeId) -> Result<(), Failure> {
    ask(connection, &PortId::of_node(node), vec![Value::from("snd")]).await.map(drop)
}

/// Waits until the node of a port has carried out what was sent to the port; fails when the port
/// died.
pub(crate) async fn delivered(
    connection: &NetworkConnection,
    port: &PortId,
    death: impl Future<Output = Reason>,
) -> Result<(), Failure> {
    tokio::select! {
        biased;
        reason = death => Err(Failure::died(port, &reason)),
        settled = settled(connection, port.node()) => settled,
    }
}

fn late(connection: &NetworkConnection, to: &PortId) -> Failure {
    Failure::Timeout(format!("no answer from {to} within {:?}", connection.options.timeout()))
}
