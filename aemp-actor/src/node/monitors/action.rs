//! What a monitor does when it fires.

use std::sync::Weak;

use aemp_transport::{Value, to_values};
use serde::Serialize;

use crate::id::{PortId, PortName};
use crate::monitor::WatchId;
use crate::node::Peer;
use crate::port::AnyCell;
use crate::reason::Reason;

/// One watch, as it stands in a table.
pub(crate) struct Watch {
    pub(crate) id: WatchId,
    /// The local port that is told, if it is one: its death ends the watch, and until it has
    /// been told, what it sends to the dead port stays lost.
    pub(crate) owner: Option<Weak<dyn AnyCell>>,
    pub(crate) action: Action,
}

/// What to do with the reason.
pub(crate) enum Action {
    /// Call it, in the task that noticed the death.
    Call(Box<dyn FnOnce(Reason) + Send>),
    /// Kill the port unless the end was a normal one.
    Kil(PortId),
    /// Send the values with the reason appended.
    Snd(PortId, Vec<Value>),
    /// Another node asked with `mon1`: answer `kil0`.
    Peer(Weak<Peer>, PortName),
    /// Another node spawned the port: it counts for that node until it dies. Nobody is told.
    Spawned(Weak<Peer>),
}

/// Kills `.0` with the same reason when the monitored port dies abnormally: for
/// [`Node::mon`](crate::Node::mon).
#[derive(Clone, Debug)]
pub struct Kil<I>(pub I);

/// Sends the message `.1`, with the reason appended, to `.0` when the monitored port dies: for
/// [`Node::mon`](crate::Node::mon).
///
/// The values of the reason follow the message's own: none for a normal end, else usually a kind
/// and a text. A handler takes them with a last parameter of the type [`Rest`](crate::Rest), and
/// [`Reason::from_values`](crate::Reason::from_values) makes a reason of them again.
#[derive(Clone, Debug)]
pub struct Snd<I, M>(pub I, pub M);

/// What can be done when a monitored port dies: a closure `FnOnce(Reason)`, [`Kil`] or [`Snd`].
///
/// A closure is called once, in the task that noticed the death, outside any port: it must be
/// quick. (For a closure in port context see [`Ctx::mon`](crate::Ctx::mon).)
pub trait MonAction: sealed::Sealed {
    #[doc(hidden)]
    fn into_action(self) -> sealed::Sealing;
}

impl<F: FnOnce(Reason) + Send + 'static> MonAction for F {
    fn into_action(self) -> sealed::Sealing {
        sealed::Sealing(Action::Call(Box::new(self)))
    }
}

impl<I: Into<PortId>> MonAction for Kil<I> {
    fn into_action(self) -> sealed::Sealing {
        sealed::Sealing(Action::Kil(self.0.into()))
    }
}

impl<I: Into<PortId>, M: Serialize> MonAction for Snd<I, M> {
    /// # Panics
    /// When the message cannot be serialised.
    fn into_action(self) -> sealed::Sealing {
        let values = to_values(&self.1).expect("the message of a monitor serialises");
        sealed::Sealing(Action::Snd(self.0.into(), values))
    }
}

pub(crate) mod sealed {
    //! Keeps [`MonAction`](super::MonAction) ours to extend.

    use super::{Action, Kil, Reason, Snd};

    pub trait Sealed {}
    impl<F: FnOnce(Reason) + Send + 'static> Sealed for F {}
    impl<I> Sealed for Kil<I> {}
    impl<I, M> Sealed for Snd<I, M> {}

    /// An action in a wrapper that other crates can name but not use.
    #[allow(missing_debug_implementations)]
    pub struct Sealing(pub(crate) Action);
}
