//! What can be told of a port to whoever looks into a node: nothing of it is kept for that.

use std::any::TypeId;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::closure::FnPort;
use super::definition::Port;
use super::mailbox::Stage;
use super::receive::is_receive_port;

/// Where a port is in its life.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PortState {
    /// Its init function has not ended yet.
    Starting,
    /// It waits for messages.
    Idle,
    /// It handles a message, or is about to.
    Running,
    /// It is being killed, or was killed a moment ago.
    Dying,
}

/// What can be told of a port; see [`PortInfo`](crate::introspection::PortInfo).
pub(crate) struct Facts {
    pub(crate) state: PortState,
    pub(crate) waiting: usize,
    pub(crate) bytes: usize,
    pub(crate) watchers: usize,
    pub(crate) handled: u32,
}

impl Facts {
    /// A port without a mailbox.
    pub(crate) fn simple(watchers: usize) -> Self {
        Self { state: PortState::Idle, waiting: 0, bytes: 0, watchers, handled: 0 }
    }
}

/// The kinds of ports that are values of no type.
pub(crate) mod kind {
    /// It waits for an answer.
    pub(crate) const REPLY: &str = "reply";
    /// Another node tells it of the mesh.
    pub(crate) const RENDEZVOUS: &str = "rendezvous";
}

/// What kind of port this is: the name of its type, or a word for those of this crate.
pub(super) fn kind<P: Port>() -> &'static str {
    let own = TypeId::of::<P>();
    if own == TypeId::of::<FnPort>() {
        "closure"
    } else if is_receive_port::<P>() {
        "receiving"
    } else {
        std::any::type_name::<P>()
    }
}

impl<P: Port> Cell<P> {
    pub(super) fn look(&self) -> Facts {
        let mailbox = self.mailbox.lock();
        let state = match &mailbox.stage {
            Stage::Dead(_) => PortState::Dying,
            _ if mailbox.abort_reason().is_some() => PortState::Dying,
            Stage::Starting(_) => PortState::Starting,
            Stage::Idle(_) if !mailbox.scheduled => PortState::Idle,
            Stage::Running(_) if mailbox.waker.is_some() => PortState::Idle,
            Stage::Idle(_) | Stage::Running(_) => PortState::Running,
        };
        let waiting = mailbox.waiting();
        Facts {
            state,
            waiting: waiting.messages,
            bytes: waiting.bytes,
            watchers: mailbox.watchers.len(),
            handled: self.handled.load(Ordering::Relaxed),
        }
    }
}
