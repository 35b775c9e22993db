//! From a typed message to the values that travel.

use std::cell::Cell;
use std::sync::Arc;

use aemp_transport::{Value, to_values};
use serde::Serialize;

use super::definition::Port;
use super::reply::Reply;
use crate::id::PortId;
use crate::message::{Message, Rest};
use crate::node::Core;

/// Where [`Port::encode`](crate::Port::encode) puts a message: exactly one of its methods is to
/// be called, once.
#[derive(Debug)]
pub struct Encoder<'a> {
    target: Target<'a>,
}

#[derive(Debug)]
enum Target<'a> {
    /// Sent to a port.
    Send { core: &'a Arc<Core>, to: &'a PortId },
    /// Copied for a tap.
    Copy(&'a mut Vec<Value>),
}

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a message is being copied on this thread, and sent nowhere.
pub(super) fn is_capturing() -> bool {
    CAPTURING.get()
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
        Self { target: Target::Send { core, to } }
    }

    /// The values of a typed message, which stays where it is.
    pub(super) fn copy<P: Port>(msg: &P::Msg) -> Result<Vec<Value>, Unencodable> {
        struct Capturing;
        impl Drop for Capturing {
            fn drop(&mut self) {
                CAPTURING.set(false);
            }
        }
        CAPTURING.set(true);
        let _capturing = Capturing;
        Self::values(|to| P::encode(msg, to))
    }

    /// The values of a typed message that is to be sent as data, which `encode` encodes.
    pub(super) fn values(
        encode: impl FnOnce(Encoder<'_>) -> Result<(), Unencodable>,
    ) -> Result<Vec<Value>, Unencodable> {
        let mut values = Vec::new();
        encode(Encoder { target: Target::Copy(&mut values) })?;
        Ok(values)
    }

    /// Sends `parts`, a tuple that begins with the tag.
    ///
    /// # Errors
    /// When a part cannot be serialised.
    pub fn message<T: Serialize + ?Sized>(self, parts: &T) -> Result<(), Unencodable> {
        let unencodable = |text| Unencodable::Serialize { text };
        match self.target {
            Target::Send { core, to } => {
                core.try_snd(to, parts).map_err(|error| unencodable(error.to_string()))
            }
            Target::Copy(copy) => {
                *copy = to_values(parts).map_err(|error| unencodable(error.to_string()))?;
                Ok(())
            }
        }
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
