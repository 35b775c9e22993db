//! The typed handle.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::call::Call;
use super::cell::Cell;
use super::current;
use super::definition::Port;
use super::encoder::{Encoder, Unencodable};
use super::mailbox::Envelope;
use super::reply::Reply;
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
    /// Either, with something to be done before messages are sent. In a box, so that no handle is larger for it.
    Through(Arc<Box<dyn Through<P>>>),
}

/// What is done with the messages to a port in place of sending them.
pub(super) trait Through<P: Port>: Send + Sync {
    /// A handle that sends.
    fn target(&self) -> &Ref<P>;

    /// Takes a message.
    fn send(&self, msg: P::Msg);

    /// When they are sent, if that is known.
    fn at(&self) -> Option<Instant>;
}

struct ById {
    id: PortId,
    /// Where to send from; `None` is decided at each use.
    core: Option<Weak<Core>>,
}

/// A message that can only be sent on the same node was not sent: the port is on another one, or
/// is not of the handle's type.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{target} is no port of this node, and the message cannot be sent as data")]
pub struct NotLocal {
    target: PortId,
}

impl<P: Port> Ref<P> {
    pub(crate) fn local(cell: Arc<Cell<P>>) -> Self {
        Self { to: To::Cell(cell) }
    }

    /// One that gives messages to `through`.
    pub(super) fn through(through: impl Through<P> + 'static) -> Self {
        Self { to: To::Through(Arc::new(Box::new(through))) }
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
        Self { to: To::Id(Arc::new(ById { id, core: Some(Arc::downgrade(core)) })) }
    }

    /// The port's ID.
    pub fn id(&self) -> PortId {
        match &self.to {
            To::Cell(cell) => cell.id(),
            To::Id(by) => by.id.clone(),
            To::Through(way) => way.target().id(),
        }
    }

    /// The handle that sends itself.
    pub(super) fn direct(&self) -> &Self {
        match &self.to {
            To::Through(way) => way.target(),
            _ => self,
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
            To::Id(by) => {
                if let Some(core) = by.core() {
                    by.encode::<P>(&core, &msg);
                }
            }
            To::Through(way) => way.send(msg),
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
        let by = match &self.to {
            To::Cell(cell) => return Self::call_cell(cell, request),
            To::Id(by) => by,
            To::Through(way) => return Self::call_through(&***way, request),
        };
        Self::call_by(by, |core, reply| by.encode::<P>(core, &request(reply)))
    }

    fn call_through<T>(way: &dyn Through<P>, request: impl FnOnce(Reply<T>) -> P::Msg) -> Call<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let call = match &way.target().to {
            To::Id(by) => Self::call_by(by, |_, reply| way.send(request(reply))),
            _ => return Self::call_local_through(way, request),
        };
        call.sent_at(way.at())
    }

    fn call_local_through<T>(
        way: &dyn Through<P>,
        request: impl FnOnce(Reply<T>) -> P::Msg,
    ) -> Call<T> {
        let Some(cell) = way.target().cell() else { return Call::not_local(way.target().id()) };
        let (sender, receiver) = oneshot::channel();
        way.send(request(Reply::caller(sender, &cell)));
        Call::typed(receiver, cell).sent_at(way.at())
    }

    #[track_caller]
    fn call_by<T>(by: &ById, send: impl FnOnce(&Arc<Core>, Reply<T>)) -> Call<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let Some(core) = by.core() else {
            return Call::not_local(by.id.clone());
        };
        let decode = |message: crate::Message| {
            message.decode::<(T,)>().map(|(answer,)| answer).map_err(|error| error.to_string())
        };
        core.ask(by.id.clone(), decode, |reply| send(&core, Reply::port(Some(reply))))
    }

    /// Sends a message that cannot be serialised.
    ///
    /// # Errors
    /// When the port is not of this node; nothing was sent.
    pub fn tell_local(&self, msg: P::Msg) -> Result<(), NotLocal> {
        match self.cell() {
            Some(cell) => {
                match &self.to {
                    To::Through(way) => way.send(msg),
                    _ => cell.push(Envelope::Typed(msg)),
                }
                Ok(())
            }
            None => Err(NotLocal { target: self.id() }),
        }
    }

    /// Sends a request that cannot be serialised; gives [`CallError::NotLocal`](super::CallError::NotLocal) when the port is
    /// not of this node.
    pub fn call_local<T>(&self, request: impl FnOnce(Reply<T>) -> P::Msg) -> Call<T> {
        if let To::Through(way) = &self.to {
            return Self::call_local_through(&***way, request);
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
            To::Through(way) => way.target().found_cell(),
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
            To::Through(way) => way.target().cell(),
        }
    }

    /// The node to send from.
    pub(crate) fn core(&self) -> Option<Arc<Core>> {
        match &self.to {
            To::Cell(cell) => Some(cell.core.clone()),
            To::Id(by) => by.core(),
            To::Through(way) => way.target().core(),
        }
    }
}

impl ById {
    fn core(&self) -> Option<Arc<Core>> {
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

    #[track_caller]
    fn encode<P: Port>(&self, core: &Arc<Core>, msg: &P::Msg) {
        if let Err(error) = P::encode(msg, Encoder::new(core, &self.id)) {
            panic!("a message to {}: {error}", self.id);
        }
    }
}

impl<P: Port> Clone for Ref<P> {
    fn clone(&self) -> Self {
        let to = match &self.to {
            To::Cell(cell) => To::Cell(cell.clone()),
            To::Id(by) => To::Id(by.clone()),
            To::Through(way) => To::Through(way.clone()),
        };
        Self { to }
    }
}

impl<P: Port> From<PortId> for Ref<P> {
    fn from(id: PortId) -> Self {
        match current::core() {
            Some(core) => Self::found(&core, id),
            None => Self { to: To::Id(Arc::new(ById { id, core: None })) },
        }
    }
}

impl<P: Port> From<&PortId> for Ref<P> {
    fn from(id: &PortId) -> Self {
        id.clone().into()
    }
}

impl<P: Port> From<Ref<P>> for PortId {
    fn from(handle: Ref<P>) -> Self {
        handle.id()
    }
}

impl<P: Port> From<&Ref<P>> for PortId {
    fn from(handle: &Ref<P>) -> Self {
        handle.id()
    }
}

impl<P: Port> fmt::Debug for Ref<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.id())
    }
}

impl<P: Port> fmt::Display for Ref<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

impl<P: Port> PartialEq for Ref<P> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.to, &other.to) {
            (To::Cell(one), To::Cell(two)) => Arc::ptr_eq(one, two),
            _ => self.id() == other.id(),
        }
    }
}

impl<P: Port> Eq for Ref<P> {}

impl<P: Port> PartialOrd for Ref<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Port> Ord for Ref<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id().cmp(&other.id())
    }
}

impl<P: Port> Hash for Ref<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl<P: Port> Serialize for Ref<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.id().serialize(serializer)
    }
}

impl<'de, P: Port> Deserialize<'de> for Ref<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        PortId::deserialize(deserializer).map(Self::from)
    }
}

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
