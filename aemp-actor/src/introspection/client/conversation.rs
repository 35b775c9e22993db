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
use crate::node::{MonGuard, Node, timer_deadline};
use crate::port::{CREDIT, Ctx, FnPort};
use crate::reason::{Reason, kind};

/// The tag of the echo that is asked for after each question: if it comes before the answer, there
/// will be none, since what is sent to one port keeps its order.
const ECHO: &str = "aemp::echo";

/// What may wait to be read: an answer, the echo, and the copies that a tap has credit for. A node
/// that sends more breaks the protocol, and fills no memory here.
const ROOM: usize = CREDIT as usize + 2;

/// A port of its own, to which a node answers. It ends when this value is dropped.
pub(crate) struct Conversation {
    node: Node,
    of: NodeId,
    function: &'static str,
    port: PortId,
    /// The first reason to end counts.
    end: mpsc::Sender<Reason>,
    ended: mpsc::Receiver<Reason>,
    /// Closed behind the last message that had room.
    heard: mpsc::Receiver<Message>,
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
        let ((sender, heard), (end, ended)) = (mpsc::channel(ROOM), mpsc::channel(1));
        let port = node.port_fn(keeping(sender, end.clone())).id();
        let down = node.mon(PortId::of_node(of), ending(end.clone()));
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
            end,
            ended,
            heard,
            _down: down.guard(),
            deadline: timer_deadline(timeout),
            timeout,
        }
    }

    /// The next thing that comes, whatever it is; messages come before the end.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn next(&mut self) -> Heard {
        tokio::select! {
            biased;
            Some(message) = self.heard.recv() => Heard::Message(message),
            // There is a sender as long as this lives.
            reason = self.ended.recv() => Heard::Ended(reason.unwrap_or_default()),
        }
    }

    /// Something that ends it when a monitor fires.
    pub(crate) fn end(&self) -> impl FnOnce(Reason) + Send + use<> {
        ending(self.end.clone())
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

fn ending(end: mpsc::Sender<Reason>) -> impl FnOnce(Reason) + Send {
    move |reason| drop(end.try_send(reason))
}

/// The handler of the port: after what has no room nothing is kept, so that there is no hole.
fn keeping(
    heard: mpsc::Sender<Message>,
    end: mpsc::Sender<Reason>,
) -> impl FnMut(&mut Ctx<FnPort>, Message) + Send {
    let mut heard = Some(heard);
    move |_, message| {
        if heard.as_ref().is_some_and(|heard| heard.try_send(message).is_err()) {
            heard = None;
            let text = format!("more than {ROOM} messages that nobody had asked for");
            drop(end.try_send(Reason::new(kind::OVERFLOW, text)));
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_node_that_answers_without_end_is_not_listened_to_for_ever() {
        let node = Node::local();
        let mut talk =
            Conversation::begin(&node, node.id(), "aemp::info", Vec::new(), Duration::MAX);
        for n in 0..2 * ROOM {
            node.snd(&talk.port, ("flood", n as u64));
        }
        while !talk.heard.is_closed() {
            tokio::task::yield_now().await;
        }
        for _ in 0..ROOM {
            assert!(matches!(talk.next().await, Heard::Message(_)));
        }
        let Heard::Ended(reason) = talk.next().await else { panic!("a message too many") };
        assert_eq!(reason.kind(), kind::OVERFLOW);
    }
}
