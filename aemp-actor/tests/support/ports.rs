//! Ports and monitors that tests look at.

use aemp_actor::{Message, Node, PortId, Reason};
use tokio::sync::{mpsc, oneshot};

use super::soon;

/// A port that keeps what it is sent.
pub(crate) struct Sink {
    pub(crate) id: PortId,
    messages: mpsc::UnboundedReceiver<Message>,
}

/// Makes a port that keeps what it is sent.
pub(crate) fn sink(node: &Node) -> Sink {
    let (sender, messages) = mpsc::unbounded_channel();
    let port = node.port_fn(move |_, message| drop(sender.send(message)));
    Sink { id: port.id(), messages }
}

impl Sink {
    /// The next message.
    pub(crate) async fn message(&mut self) -> Message {
        soon("a message", self.messages.recv()).await.expect("the port is alive")
    }

    /// The next message as text.
    pub(crate) async fn next(&mut self) -> String {
        self.message().await.to_string()
    }
}

impl From<&Sink> for PortId {
    fn from(sink: &Sink) -> Self {
        sink.id.clone()
    }
}

/// A monitor that was made and may have fired.
pub(crate) struct Death(oneshot::Receiver<Reason>);

/// Monitors a port.
pub(crate) fn death(node: &Node, port: impl Into<PortId>) -> Death {
    let (sender, receiver) = oneshot::channel();
    node.mon(port, move |reason| drop(sender.send(reason)));
    Death(receiver)
}

impl Death {
    /// Waits until it has fired.
    pub(crate) async fn reason(self) -> Reason {
        soon("a monitor to fire", self.0).await.expect("a monitor fires once, always")
    }

    /// The same as text.
    pub(crate) async fn text(self) -> String {
        self.reason().await.to_string()
    }

    /// Whether it has not fired.
    pub(crate) fn is_waiting(&mut self) -> bool {
        matches!(self.0.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }
}
