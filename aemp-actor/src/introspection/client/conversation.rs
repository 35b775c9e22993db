//! One question, and what comes back: an answer, and more after it from a tap.

use std::time::Duration;

use aemp_transport::Value;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::error::IntrospectError;
use crate::id::{NodeId, PortId};
use crate::introspection::VERSION;
use crate::message::Message;
use crate::monitor::MonGuard;
use crate::node::Node;
use crate::reason::Reason;

/// The tag of the echo that is asked for after each question: if it comes before the answer, there
/// will be none, since what is sent to one port keeps its order.
const ECHO: &str = "aemp::echo";

/// A port of its own, to which a node answers. It ends when this value is dropped.
pub(crate) struct Conversation {
    node: Node,
    of: NodeId,
    function: &'static str,
    port: PortId,
    told: mpsc::UnboundedSender<Heard>,
    heard: mpsc::UnboundedReceiver<Heard>,
    _down: MonGuard,
    deadline: Instant,
    timeout: Duration,
}

/// What comes to the port.
pub(crate) enum Heard {
    Message(Message),
    /// The connection is lost, or what [`Conversation::end`] was given to.
    Ended(Reason),
}

impl Conversation {
    /// Asks.
    pub(crate) fn begin(
        node: &Node,
        of: &NodeId,
        function: &'static str,
        args: Vec<Value>,
        timeout: Duration,
    ) -> Self {
        // Bounded by who sends: one answer and an echo, or what a tap has credit for.
        let (sender, heard) = mpsc::unbounded_channel();
        let told = sender.clone();
        let port = node.port_fn(move |_, message| drop(sender.send(Heard::Message(message)))).id();
        let down = node.mon(PortId::of_node(of), ending(told.clone()));
        let reply = Value::from(port.to_string());
        let mut question = vec![Value::from(function), Value::Int(VERSION)];
        question.extend(args);
        question.push(reply.clone());
        node.snd(PortId::of_node(of), &question);
        node.snd(PortId::of_node(of), ("snd", reply, ECHO));
        Self {
            node: node.clone(),
            of: of.clone(),
            function,
            port,
            told,
            heard,
            _down: down.guard(),
            deadline: Instant::now() + timeout,
            timeout,
        }
    }

    /// The next thing that comes, whatever it is.
    pub(crate) async fn next(&mut self) -> Heard {
        // There is a sender as long as this lives.
        self.heard.recv().await.unwrap_or_else(|| Heard::Ended(Reason::normal()))
    }

    /// Something that ends it when a monitor fires.
    pub(crate) fn end(&self) -> impl FnOnce(Reason) + Send + use<> {
        ending(self.told.clone())
    }

    /// Whether this is the echo, and no message of the node's own.
    fn is_echo(message: &Message) -> bool {
        message.tag() == ECHO
    }

    /// Waits for the answer.
    pub(crate) async fn answer<T: DeserializeOwned>(&mut self) -> Result<T, IntrospectError> {
        let deadline = self.deadline;
        let Ok(heard) = tokio::time::timeout_at(deadline, self.next()).await else {
            return Err(self.too_late());
        };
        let (node, function) = (self.of.clone(), self.function);
        match heard {
            Heard::Ended(reason) => Err(IntrospectError::Down { node, reason }),
            Heard::Message(message) if Self::is_echo(&message) => {
                Err(IntrospectError::Unanswered { node, function })
            }
            Heard::Message(message) => self.read(&message),
        }
    }

    fn read<T: DeserializeOwned>(&self, message: &Message) -> Result<T, IntrospectError> {
        let (node, function) = (self.of.clone(), self.function);
        let bad = |text: String| IntrospectError::BadAnswer {
            node: self.of.clone(),
            function: self.function,
            text,
        };
        match message.tag() {
            "ok" => message.arg(0).map_err(|error| bad(error.to_string())),
            "error" => {
                let text: String = message.arg(0).map_err(|error| bad(error.to_string()))?;
                Err(match message.arg::<Vec<i64>>(1) {
                    Ok(known) => IntrospectError::Version { node, function, text, known },
                    Err(_) => IntrospectError::Refused { node, function, text },
                })
            }
            _ => Err(bad(message.to_string())),
        }
    }

    fn too_late(&self) -> IntrospectError {
        let (node, function, after) = (self.of.clone(), self.function, self.timeout);
        IntrospectError::Timeout { node, function, after }
    }

    /// Sends something from here.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }
}

fn ending(told: mpsc::UnboundedSender<Heard>) -> impl FnOnce(Reason) + Send {
    move |reason| drop(told.send(Heard::Ended(reason)))
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Conversation({} of {})", self.function, self.of)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.node.kil(&self.port, ());
    }
}
