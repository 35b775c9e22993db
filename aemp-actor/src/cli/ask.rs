//! Requests whose answer may be anything.

use std::future::Future;
use std::sync::Mutex;

use aemp_transport::Value;
use tokio::sync::oneshot;

use super::{Connection, Failure};
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::node::Node;
use crate::reason::Reason;

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
    let (tell, told) = oneshot::channel();
    let tell = Mutex::new(Some(tell));
    let reply = connection.node.port_fn(move |_, message: Message| {
        let tell = tell.lock().ok().and_then(|mut tell| tell.take());
        if let Some(tell) = tell {
            drop(tell.send(message.values()));
        }
    });
    let reply = Passing { node: &connection.node, port: PortId::from(&reply) };
    request.push(Value::from(reply.port.to_string()));
    let death = death_of(connection, to);
    connection.node.snd(to, &request);
    tokio::select! {
        biased;
        answer = told => match answer {
            Ok(Ok(values)) => Ok(values),
            Ok(Err(error)) => Err(Failure::Failed(format!("the answer cannot be read: {error}"))),
            Err(_) => Err(Failure::Failed("this node was shut down".to_owned())),
        },
        reason = death => Err(Failure::died(to, &reason)),
        () = tokio::time::sleep(connection.left()) => Err(late(connection, to)),
    }
}

/// A port for one request, which dies with this: a request may be given up.
struct Passing<'a> {
    node: &'a Node,
    port: PortId,
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.node.kil(&self.port, ());
    }
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
