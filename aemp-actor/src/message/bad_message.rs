//! A message that its port has no handler for.

use std::fmt;

use super::value_list::{Message, shortened};
use crate::die::Die;
use crate::suggestion::nearest;

/// A message of an unknown tag or of the wrong shape, with what was expected and what came.
///
/// By default the port [refuses](crate::PortScope::refuse) it and lives: it is logged and counted, and who
/// waits for an answer to it is told this text. With `#[rcv(strict)]` it kills the port (`die`, with this
/// text). A handler marked `#[rcv(bad_message)]`, or [`Port::bad_message`](crate::Port::bad_message),
/// decides otherwise.
#[derive(Clone, Debug)]
pub struct BadMessage {
    // In a box, so that results of handlers are no larger for it.
    message: Box<Message>,
    problem: String,
}

impl BadMessage {
    /// No handler answers the tag.
    pub fn unknown(message: Message, known: &[&str]) -> Self {
        let what = match message.first_text() {
            Some(_) => "unknown tag",
            None if message.is_empty() => "it is empty",
            None => "its first element is no tag",
        };
        let meant = match nearest(&shortened(message.tag()), known.iter().copied()) {
            Some(meant) => format!(" (did you mean {meant:?}?)"),
            None => String::new(),
        };
        let problem = match known {
            [] => "this port answers no tags".to_owned(),
            known => format!("{what}{meant}, expected one of {}", known.join(", ")),
        };
        Self { message: Box::new(message), problem }
    }

    /// The handler takes values that cannot be sent as data.
    pub fn local_only(message: Message) -> Self {
        let problem = "only a typed handle on the same node can send this message".to_owned();
        Self { message: Box::new(message), problem }
    }

    pub(crate) fn arguments(message: &Message, problem: String) -> Self {
        Self { message: Box::new(message.clone()), problem: shortened(&problem).into_owned() }
    }

    /// The message that came.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// What is wrong with it.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = shortened(self.message.tag());
        write!(f, "message {tag:?}: {}; got {}", self.problem, self.message)
    }
}

impl From<BadMessage> for Die {
    fn from(bad: BadMessage) -> Self {
        Self::new(bad.to_string())
    }
}
