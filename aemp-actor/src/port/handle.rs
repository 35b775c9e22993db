//! The typed handle.

use std::sync::{Arc, Weak};

use aemp_transport::Value;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::call::Call;
use super::cell::Cell;
use super::current;
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::mailbox::Envelope;
use super::reply::Reply;
use super::through::{Held, Typed, Via, hold};
use crate::id::PortId;
use crate::node::{Core, Node, directory};

/// A typed handle on a port, here or on another node: what the handles that `#[derive(Port)]`
/// makes are a shell around.
///
/// Plain data: it serialises as the port ID, prints, compares and hashes as one. It does not
/// keep the port alive.
///
/// A handle that [`Node::port`](crate::Node::port) gave knows its port, one made with
/// [`at`](Self::at) its node. One that came in an answer sends from the node that asked, wherever the
/// answer was awaited. One that was made from a bare ID, or came in a message, sends from the node of
/// the port, or of the callback, in whose context it was made; outside of those, from the node that
/// owns the ID if it lives in this process, else from the only node of this process.
pub struct Ref<P: Port> {
    to: To<P>,
}

enum To<P: Port> {
    /// A port of this process, found.
    Cell(Arc<Cell<P>>),
    /// A port by its ID.
    Id(Arc<ById>),
    /// Either, with something to be done before messages are sent.
    Through(Arc<Via<Ref<P>>>),
}

/// A port by its ID.
#[derive(Clone)]
pub(super) struct ById {
    id: PortId,
    /// Where to send from; `None` is decided at each use.
    core: Option<Weak<Core>>,
}

/// A message that can only be sent on the same node was not sent: the port is on another one, or
/// is not of the handle's type.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[error("{target} is no port of this node, and the message cannot be sent as data")]
pub struct NotLocal {
    target: PortId,
}

impl NotLocal {
    pub(super) fn new(target: PortId) -> Self {
        Self { target }
    }
}

impl<P: Port> Ref<P> {
    pub(crate) fn local(cell: Arc<Cell<P>>) -> Self {
        Self { to: To::Cell(cell) }
    }

    /// A handle on the port `id` that sends from `node`.
    pub fn at(node: &Node, id: impl Into<PortId>) -> Self {
        Self::found(node.core(), id.into())
    }

    /// The handle that is the quickest for `id` from the node of `core`.
    fn found(core: &Arc<Core>, id: PortId) -> Self {
        if id.node() == core.id() {
            let cell = core.registry().find(id.name());
            if let Some(Ok(cell)) = cell.map(|cell| cell.as_any().downcast::<Cell<P>>()) {
                return Self::local(cell);
            }
        }
        Self { to: To::Id(Arc::new(ById::new(id, Some(core)))) }
    }

    /// The port's ID.
    pub fn id(&self) -> PortId {
        match &self.to {
            To::Cell(cell) => cell.id(),
            To::Id(by) => by.id.clone(),
            To::Through(via) => via.target().id(),
        }
    }

    /// Sends a typed message. Never waits, never fails; see the delivery contract for what may
    /// be lost.
    ///
    /// # Panics
    /// When the port is on another node and the message cannot be serialised.
    #[track_caller]
    pub fn tell(&self, msg: P::Msg) {
        match &self.to {
            To::Cell(cell) => cell.push(Envelope::Typed(msg)),
            To::Id(by) => by.tell(|to| P::encode(&msg, to)),
            To::Through(via) => via.tell(msg),
        }
    }

    /// Sends it to another node, if it can be sent as data.
    pub(super) fn try_tell(&self, msg: &P::Msg) -> Result<(), Unencodable> {
        match self.core() {
            Some(core) => P::encode(msg, Encoder::new(&core, &self.id())),
            None => Ok(()),
        }
    }

    /// Sends a request; `request` puts the place for the answer into the message.
    ///
    /// # Panics
    /// When the port is on another node and the message cannot be serialised.
    #[track_caller]
    pub fn call<T>(&self, request: impl FnOnce(Reply<T>) -> P::Msg) -> Call<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        match &self.to {
            To::Cell(cell) => Self::call_cell(cell, request),
            To::Id(by) => by.call(|reply, to| P::encode(&request(reply), to)),
            To::Through(via) => via.call(request),
        }
    }

    /// Sends a message that cannot be serialised.
    ///
    /// # Errors
    /// When the port is not of this node; nothing was sent.
    pub fn tell_local(&self, msg: P::Msg) -> Result<(), NotLocal> {
        if let To::Through(via) = &self.to {
            return via.tell_local(msg);
        }
        let cell = self.cell().ok_or_else(|| NotLocal::new(self.id()))?;
        cell.push(Envelope::Typed(msg));
        Ok(())
    }

    /// Sends a request that cannot be serialised; gives [`CallError::NotLocal`](super::CallError::NotLocal) when the port is
    /// not of this node.
    pub fn call_local<T>(&self, request: impl FnOnce(Reply<T>) -> P::Msg) -> Call<T> {
        if let To::Through(via) = &self.to {
            return via.call_local(request);
        }
        match self.cell() {
            Some(cell) => Self::call_cell(&cell, request),
            None => Call::not_local(self.id()),
        }
    }

    fn call_cell<T>(cell: &Arc<Cell<P>>, request: impl FnOnce(Reply<T>) -> P::Msg) -> Call<T> {
        let (sender, receiver) = oneshot::channel();
        cell.push(Envelope::Typed(request(Reply::caller(sender, cell))));
        Call::typed(receiver, cell.clone())
    }

    /// The cell, if it was found when the handle was made.
    pub(super) fn found_cell(&self) -> Option<&Arc<Cell<P>>> {
        match &self.to {
            To::Cell(cell) => Some(cell),
            To::Id(_) => None,
            To::Through(via) => via.target().found_cell(),
        }
    }

    /// What is done with messages in place of sending them, if something is.
    pub(super) fn via(&self) -> Option<&Via<Self>> {
        match &self.to {
            To::Through(via) => Some(via),
            _ => None,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.to, &other.to) {
            (To::Cell(one), To::Cell(two)) => Arc::ptr_eq(one, two),
            _ => self.id() == other.id(),
        }
    }

    /// The cell, if the port is of this process and of this type.
    pub(crate) fn cell(&self) -> Option<Arc<Cell<P>>> {
        match &self.to {
            To::Cell(cell) => Some(cell.clone()),
            To::Id(by) => match Self::found(&by.core()?, by.id.clone()).to {
                To::Cell(cell) => Some(cell),
                To::Id(_) | To::Through(_) => None,
            },
            To::Through(via) => via.target().cell(),
        }
    }

    /// The node to send from.
    pub(crate) fn core(&self) -> Option<Arc<Core>> {
        match &self.to {
            To::Cell(cell) => Some(cell.core.clone()),
            To::Id(by) => by.core(),
            To::Through(via) => via.target().core(),
        }
    }
}

impl ById {
    pub(super) fn new(id: PortId, core: Option<&Arc<Core>>) -> Self {
        Self { id, core: core.map(Arc::downgrade) }
    }

    pub(super) fn id(&self) -> &PortId {
        &self.id
    }

    /// The node to send from; logs that there is none.
    pub(super) fn core(&self) -> Option<Arc<Core>> {
        let core = match &self.core {
            Some(core) => core.upgrade(),
            None => current::core().or_else(|| directory::node_for(&self.id)),
        };
        if core.is_none() {
            tracing::error!(
                target: "aemp",
                "nothing can be sent to {}: the handle knows no node to send from; \
                 make it with `at(&node, id)`",
                self.id
            );
        }
        core
    }

    /// Sends what `encode` encodes.
    ///
    /// # Panics
    /// When it cannot be encoded.
    #[track_caller]
    pub(super) fn tell(&self, encode: impl FnOnce(Encoder<'_>) -> Result<(), Unencodable>) {
        if let Some(core) = self.core() {
            self.send(encode(Encoder::new(&core, &self.id)));
        }
    }

    /// The same for a request.
    ///
    /// # Panics
    /// When it cannot be encoded.
    #[track_caller]
    pub(super) fn call<T>(
        &self,
        encode: impl FnOnce(Reply<T>, Encoder<'_>) -> Result<(), Unencodable>,
    ) -> Call<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        self.ask(|core, reply| self.send(encode(reply, Encoder::new(core, &self.id))))
    }

    /// A request that `send` sends.
    #[track_caller]
    pub(super) fn ask<T>(&self, send: impl FnOnce(&Arc<Core>, Reply<T>)) -> Call<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let Some(core) = self.core() else { return Call::not_local(self.id.clone()) };
        let decode = |message: crate::Message| {
            message.decode::<(T,)>().map(|(answer,)| answer).map_err(|error| error.to_string())
        };
        core.ask(self.id.clone(), decode, |reply| send(&core, Reply::encoded(reply)))
    }

    #[track_caller]
    fn send(&self, sent: Result<(), Unencodable>) {
        if let Err(error) = sent {
            panic!("a message to {}: {error}", self.id);
        }
    }
}

impl<P: Port> Typed for Ref<P> {
    type Msg = P::Msg;
    type Found = Arc<Cell<P>>;

    fn id(&self) -> PortId {
        self.id()
    }

    fn core(&self) -> Option<Arc<Core>> {
        self.core()
    }

    fn by_id(&self) -> ById {
        match &self.to {
            To::Cell(cell) => ById::new(cell.id(), Some(&cell.core)),
            To::Id(by) => ById::clone(by),
            To::Through(via) => via.target().by_id(),
        }
    }

    fn find(&self) -> Option<Arc<Cell<P>>> {
        self.cell()
    }

    fn cell(found: &Arc<Cell<P>>) -> Arc<dyn AnyCell> {
        found.clone()
    }

    fn hold(found: Arc<Cell<P>>, msg: P::Msg) -> Box<dyn Held> {
        hold(found, msg)
    }

    fn values(msg: &P::Msg) -> Result<Vec<Value>, Unencodable> {
        Encoder::values(|to| P::encode(msg, to))
    }

    fn direct(&self) -> &Self {
        self.via().map_or(self, Via::target)
    }

    fn through(via: Via<Self>) -> Self {
        Self { to: To::Through(Arc::new(via)) }
    }
}

impl<P: Port> Clone for Ref<P> {
    fn clone(&self) -> Self {
        let to = match &self.to {
            To::Cell(cell) => To::Cell(cell.clone()),
            To::Id(by) => To::Id(by.clone()),
            To::Through(via) => To::Through(via.clone()),
        };
        Self { to }
    }
}

impl<P: Port> From<PortId> for Ref<P> {
    fn from(id: PortId) -> Self {
        match current::core() {
            Some(core) => Self::found(&core, id),
            None => Self { to: To::Id(Arc::new(ById::new(id, None))) },
        }
    }
}

/// What makes a handle plain data: it is its ID, for serde and in texts and comparisons.
macro_rules! plain_data {
    ($handle:ident<$p:ident: $bound:ident>) => {
        impl<$p: $bound> From<&PortId> for $handle<$p> {
            fn from(id: &PortId) -> Self {
                id.clone().into()
            }
        }

        impl<$p: $bound> From<&$handle<$p>> for $handle<$p> {
            fn from(handle: &$handle<$p>) -> Self {
                handle.clone()
            }
        }

        impl<$p: $bound> From<$handle<$p>> for PortId {
            fn from(handle: $handle<$p>) -> Self {
                handle.id()
            }
        }

        impl<$p: $bound> From<&$handle<$p>> for PortId {
            fn from(handle: &$handle<$p>) -> Self {
                handle.id()
            }
        }

        impl<$p: $bound> std::fmt::Debug for $handle<$p> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($handle), "({})"), self.id())
            }
        }

        impl<$p: $bound> std::fmt::Display for $handle<$p> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.id(), f)
            }
        }

        impl<$p: $bound> PartialEq for $handle<$p> {
            fn eq(&self, other: &Self) -> bool {
                self.is_same(other)
            }
        }

        impl<$p: $bound> Eq for $handle<$p> {}

        impl<$p: $bound> PartialOrd for $handle<$p> {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl<$p: $bound> Ord for $handle<$p> {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.id().cmp(&other.id())
            }
        }

        impl<$p: $bound> std::hash::Hash for $handle<$p> {
            fn hash<S: std::hash::Hasher>(&self, state: &mut S) {
                self.id().hash(state);
            }
        }

        impl<$p: $bound> serde::Serialize for $handle<$p> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.id().serialize(serializer)
            }
        }

        impl<'de, $p: $bound> serde::Deserialize<'de> for $handle<$p> {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                PortId::deserialize(from).map(Self::from)
            }
        }
    };
}
pub(super) use plain_data;

plain_data!(Ref<P: Port>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::FnPort;

    /// Everybody has many of them.
    #[test]
    fn a_handle_is_two_words() {
        assert_eq!(size_of::<Ref<FnPort>>(), 2 * size_of::<usize>());
    }
}
