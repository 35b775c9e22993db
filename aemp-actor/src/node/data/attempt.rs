//! [`Attempt`]: what exists as long as a data connection is being made.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::connection::DataConn;
use super::error::DataConnError;
use super::expectations::Expectation;
use super::requests::LONGEST;
use crate::id::{NodeId, PortId};
use crate::message::Message;
use crate::node::{Core, MonGuard, Node};
use crate::reason::{Reason, kind};

/// How long the random IDs of connections are.
const ID_LENGTH: usize = 32;

/// What happens meanwhile.
enum Event {
    /// The other node expects the connection.
    Expected,
    /// The port was killed: the other node does not want it.
    Refused(Reason),
    /// The other node is down.
    Lost(Reason),
    /// Here it is.
    Connected(DataConn),
}

/// The ID, the port that stands for the attempt, and what is heard of it. Dropping it takes all of
/// that back, here and, since the port dies, on the other node; unless it has succeeded.
pub(super) struct Attempt {
    core: Arc<Core>,
    pub(super) node: NodeId,
    pub(super) id: String,
    pub(super) port: PortId,
    events: mpsc::UnboundedReceiver<Event>,
    _monitors: [MonGuard; 2],
    /// The port is to outlive this.
    port_stays: bool,
}

impl Attempt {
    pub(super) fn begin(handle: &Node, node: &NodeId) -> Self {
        let core = handle.core().clone();
        let (sender, events) = mpsc::unbounded_channel();
        let tell = |make: fn(Reason) -> Event| {
            let sender = sender.clone();
            move |reason| drop(sender.send(make(reason)))
        };
        let echo = sender.clone();
        let port = handle.port_fn(move |_, _: Message| drop(echo.send(Event::Expected))).id();
        let refused = handle.mon(&port, tell(Event::Refused));
        let lost = handle.mon(PortId::of_node(node), tell(Event::Lost));
        let id = core.environment().text(ID_LENGTH);
        let then = move |_: &Arc<Core>, conn| drop(sender.send(Event::Connected(conn)));
        let expectation = Expectation { node: node.clone(), then: Box::new(then), wanted: None };
        // Nobody else draws the same 190 random bits.
        drop(core.network().data().expectations.add(&id, expectation));
        let _monitors = [refused.guard(), lost.guard()];
        Self { core, node: node.clone(), id, port, events, _monitors, port_stays: false }
    }

    /// Waits for what happens next: the connection, or that the other node expects it (`None`).
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing is missed.
    pub(super) async fn next(&mut self) -> Result<Option<DataConn>, DataConnError> {
        let node = || self.node.clone();
        match self.events.recv().await {
            Some(Event::Connected(conn)) => Ok(Some(conn)),
            Some(Event::Expected) => Ok(None),
            Some(Event::Refused(reason) | Event::Lost(reason))
                if reason.kind() == kind::SHUTDOWN =>
            {
                Err(DataConnError::ShutDown { node: node() })
            }
            Some(Event::Refused(reason)) => {
                Err(DataConnError::Refused { node: node(), text: reason.text() })
            }
            Some(Event::Lost(reason)) => Err(DataConnError::NodeLost { node: node(), reason }),
            // Never: the expectation can send as long as this exists.
            None => Err(DataConnError::ShutDown { node: node() }),
        }
    }
}

impl Attempt {
    /// The connection is there. The port stays until `deadline`: the other node may not have read
    /// the end of the handshake yet, and gives up when it learns of the port's death first.
    pub(super) fn succeed(mut self, deadline: Instant) {
        self.port_stays = true;
        let (core, port) = (self.core.clone(), self.port.clone());
        let end = deadline.min(Instant::now() + LONGEST);
        self.core.run(async move {
            sleep_until(end).await;
            core.kil(&port, Reason::normal());
        });
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        drop(self.core.network().data().expectations.take(&self.id, &self.node));
        if !self.port_stays {
            self.core.kil(&self.port, Reason::normal());
        }
    }
}
