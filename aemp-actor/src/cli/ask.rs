//! Requests whose answer may be anything.

use std::future::Future;

use aemp_transport::Value;
use tokio::sync::oneshot;

use super::{Connection, Failure};
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::port::CallError;
use crate::reason::Reason;
use crate::visible::one_line;

/// The end of a port, when it comes; dropped, the port is watched no more.
pub(crate) fn death_of(
    connection: &Connection,
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
    connection: &Connection,
    to: &PortId,
    mut request: Vec<Value>,
) -> Result<Vec<Value>, Failure> {
    let (node, decode) = (&connection.node, |message: Message| {
        message.values().map_err(|error| format!("it cannot be read: {error}"))
    });
    let answer = node.core().ask(to.clone(), decode, |reply| {
        request.push(Value::from(reply.to_string()));
        node.snd(to, &request);
    });
    answer.timeout(connection.left()).await.map_err(|error| match error {
        CallError::Died { target, reason } => Failure::died(&target, &reason),
        CallError::Timeout { .. } => late(connection, to),
        other => Failure::Failed(one_line(&other.to_string()).into_owned()),
    })
}

/// Waits until the node has carried out what it was sent before.
pub(crate) async fn settled(connection: &Connection, node: &NodeId) -> Result<(), Failure> {
    ask(connection, &PortId::of_node(node), vec![Value::from("snd")]).await.map(drop)
}

/// Waits until the node of a port has carried out what was sent to the port; fails when the port
/// died.
pub(crate) async fn delivered(
    connection: &Connection,
    port: &PortId,
    death: impl Future<Output = Reason>,
) -> Result<(), Failure> {
    tokio::select! {
        biased;
        reason = death => Err(Failure::died(port, &reason)),
        settled = settled(connection, port.node()) => settled,
    }
}

fn late(connection: &Connection, to: &PortId) -> Failure {
    Failure::Timeout(format!("no answer from {to} within {:?}", connection.options.timeout()))
}
