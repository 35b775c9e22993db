//! From a typed message to the values that travel.

use std::sync::Arc;

use aemp_transport::to_values;
use serde::Serialize;

use super::reply::Reply;
use crate::id::PortId;
use crate::message::{Message, Rest};
use crate::node::Core;

/// Where [`Port::encode`](crate::Port::encode) puts a message: exactly one of its methods is to
/// be called, once.
#[derive(Debug)]
pub struct Encoder<'a> {
    core: &'a Arc<Core>,
    to: &'a PortId,
}

/// A message that cannot be sent as data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unencodable {
    /// The message is marked `local`.
    #[error("message {tag:?} can only be sent to a port on the same node")]
    LocalOnly {
        /// The message's tag.
        tag: String,
    },
    /// Its `Serialize` implementation failed.
    #[error("a message cannot be serialised: {text}")]
    Serialize {
        /// What it said.
        text: String,
    },
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(core: &'a Arc<Core>, to: &'a PortId) -> Self {
        Self { core, to }
    }

    /// Sends `parts`, a tuple that begins with the tag.
    ///
    /// # Errors
    /// When a part cannot be serialised.
    pub fn message<T: Serialize + ?Sized>(self, parts: &T) -> Result<(), Unencodable> {
        self.core
            .try_snd(self.to, parts)
            .map_err(|error| Unencodable::Serialize { text: error.to_string() })
    }

    /// Sends `parts` and the surplus arguments after them.
    ///
    /// # Errors
    /// As for [`message`](Self::message).
    pub fn message_rest<T: Serialize>(self, parts: &T, rest: &Rest) -> Result<(), Unencodable> {
        let mut values =
            to_values(parts).map_err(|error| Unencodable::Serialize { text: error.to_string() })?;
        values.extend(rest.iter().cloned());
        self.message(&values)
    }

    /// Sends `parts`, the surplus arguments and the reply port.
    ///
    /// # Errors
    /// As for [`message`](Self::message).
    pub fn message_rest_reply<T: Serialize, R>(
        self,
        parts: &T,
        rest: &Rest,
        reply: &Reply<R>,
    ) -> Result<(), Unencodable> {
        let mut rest = rest.clone();
        rest.0.extend(reply.port_id().map(|id| id.to_string().into()));
        self.message_rest(parts, &rest)
    }

    /// Sends an untyped message as it is.
    ///
    /// # Errors
    /// As for [`message`](Self::message).
    pub fn forward(self, message: &Message) -> Result<(), Unencodable> {
        self.message(message)
    }

    /// Refuses: the message of this tag holds what cannot be sent.
    ///
    /// # Errors
    /// Always.
    pub fn local_only(self, tag: &str) -> Result<(), Unencodable> {
        Err(Unencodable::LocalOnly { tag: tag.to_owned() })
    }
}
