//! What is inside the handle of a protocol.

use std::any::TypeId;
use std::sync::Arc;

use aemp_transport::Value;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::call::Call;
use super::current;
use super::encoder::{Encoder, Unencodable};
use super::handle::{ById, NotLocal, Ref, plain_data};
use super::protocol::{Answers, Protocol, Speaks};
use super::reply::Reply;
use super::through::{Held, Typed, Via};
use crate::id::PortId;
use crate::node::{Core, Node};

/// A handle on any port that answers the protocol with the handle `H`: what [`Ref`] is for one type of
/// ports.
///
/// On the same node messages are moved into the mailbox as values, through one indirect call; a port
/// on another node, and one that does not list the protocol, is sent the messages encoded.
pub struct Recipient<H: Protocol> {
    to: To<H>,
}

enum To<H: Protocol> {
    /// A port of this process, found.
    Cell(Arc<dyn Speaks<H>>),
    /// Another, behind one pointer, so that no handle is larger for it.
    Other(Arc<Other<H>>),
}

enum Other<H: Protocol> {
    /// A port by its ID.
    Id(ById),
    /// Either, with something to be done before messages are sent.
    Through(Via<Recipient<H>>),
}

impl<H: Protocol> Recipient<H> {
    /// A handle on the port `id` that sends from `node`.
    pub fn at(node: &Node, id: impl Into<PortId>) -> Self {
        Self::found(node.core(), id.into())
    }

    /// The handle that is the quickest for `id` from the node of `core`.
    fn found(core: &Arc<Core>, id: PortId) -> Self {
        if id.node() == core.id() {
            let cell = core.registry().find(id.name());
            let found = cell.and_then(|cell| cell.protocol(TypeId::of::<H>()));
            if let Some(Ok(found)) = found.map(|found| found.downcast::<Self>()) {
                return *found;
            }
        }
        Self::by(ById::new(id, Some(core)))
    }

    fn by(id: ById) -> Self {
        Self { to: To::Other(Arc::new(Other::Id(id))) }
    }

    fn via(&self) -> Option<&Via<Self>> {
        match &self.to {
            To::Other(other) => match &**other {
                Other::Through(via) => Some(via),
                Other::Id(_) => None,
            },
            To::Cell(_) => None,
        }
    }

    /// The port's ID.
    pub fn id(&self) -> PortId {
        match &self.to {
            To::Cell(cell) => PortId::new(cell.core().id().clone(), cell.name().clone()),
            To::Other(other) => match &**other {
                Other::Id(by) => by.id().clone(),
                Other::Through(via) => via.target().id(),
            },
        }
    }

    /// Sends a typed message: see [`Ref::tell`].
    ///
    /// # Panics
    /// When the message has to be encoded and cannot be.
    #[track_caller]
    pub fn tell(&self, msg: H::Msg) {
        match &self.to {
            To::Cell(cell) => cell.clone().push_message(msg),
            To::Other(other) => match &**other {
                Other::Id(by) => by.tell(|to| H::encode(&msg, to)),
                Other::Through(via) => via.tell(msg),
            },
        }
    }

    /// Sends a request: see [`Ref::call`].
    ///
    /// # Panics
    /// When the message has to be encoded and cannot be.
    #[track_caller]
    pub fn call<T>(&self, request: impl FnOnce(Reply<T>) -> H::Msg) -> Call<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        match &self.to {
            To::Cell(cell) => Self::call_cell(cell, request),
            To::Other(other) => match &**other {
                Other::Id(by) => by.call(|reply, to| H::encode(&request(reply), to)),
                Other::Through(via) => via.call(request),
            },
        }
    }

    /// Sends a message that cannot be serialised.
    ///
    /// # Errors
    /// When the port is not of this node, or does not list the protocol; nothing was sent.
    pub fn tell_local(&self, msg: H::Msg) -> Result<(), NotLocal> {
        if let Some(via) = self.via() {
            return via.tell_local(msg);
        }
        let cell = self.cell().ok_or_else(|| NotLocal::new(self.id()))?;
        cell.push_message(msg);
        Ok(())
    }

    /// Sends a request that cannot be serialised; gives [`CallError::NotLocal`](super::CallError::NotLocal)
    /// when the port is not of this node, or does not list the protocol.
    pub fn call_local<T>(&self, request: impl FnOnce(Reply<T>) -> H::Msg) -> Call<T> {
        if let Some(via) = self.via() {
            return via.call_local(request);
        }
        match self.cell() {
            Some(cell) => Self::call_cell(&cell, request),
            None => Call::not_local(self.id()),
        }
    }

    fn call_cell<T>(
        cell: &Arc<dyn Speaks<H>>,
        request: impl FnOnce(Reply<T>) -> H::Msg,
    ) -> Call<T> {
        let (sender, receiver) = oneshot::channel();
        cell.clone().push_message(request(Reply::caller(sender, cell)));
        Call::typed(receiver, cell.clone())
    }

    /// The cell, if the port is of this process and lists the protocol.
    pub(super) fn cell(&self) -> Option<Arc<dyn Speaks<H>>> {
        match &self.to {
            To::Cell(cell) => Some(cell.clone()),
            To::Other(other) => match &**other {
                Other::Id(by) => match Self::found(&by.core()?, by.id().clone()).to {
                    To::Cell(cell) => Some(cell),
                    To::Other(_) => None,
                },
                Other::Through(via) => via.target().cell(),
            },
        }
    }

    /// The cell, if it was found when the handle was made.
    pub(super) fn found_cell(&self) -> Option<Arc<dyn AnyCell>> {
        match &self.to {
            To::Cell(cell) => Some(cell.clone()),
            To::Other(_) => self.via()?.target().found_cell(),
        }
    }

    /// The node to send from.
    pub(super) fn core(&self) -> Option<Arc<Core>> {
        match &self.to {
            To::Cell(cell) => Some(cell.core().clone()),
            To::Other(other) => match &**other {
                Other::Id(by) => by.core(),
                Other::Through(via) => via.target().core(),
            },
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.to, &other.to) {
            (To::Cell(one), To::Cell(two)) => Arc::ptr_eq(one, two),
            _ => self.id() == other.id(),
        }
    }
}

impl<H: Protocol, P: Answers<H>> From<&Ref<P>> for Recipient<H> {
    fn from(port: &Ref<P>) -> Self {
        if let Some(via) = port.via() {
            return Self::through(via.with(Self::from(via.target())));
        }
        match port.found_cell() {
            Some(cell) => Self { to: To::Cell(cell.clone()) },
            None => Self::by(port.by_id()),
        }
    }
}

impl<H: Protocol> Typed for Recipient<H> {
    type Msg = H::Msg;
    type Found = Arc<dyn Speaks<H>>;

    fn id(&self) -> PortId {
        self.id()
    }

    fn core(&self) -> Option<Arc<Core>> {
        self.core()
    }

    fn by_id(&self) -> ById {
        match &self.to {
            To::Cell(cell) => ById::new(self.id(), Some(cell.core())),
            To::Other(other) => match &**other {
                Other::Id(by) => by.clone(),
                Other::Through(via) => via.target().by_id(),
            },
        }
    }

    fn find(&self) -> Option<Arc<dyn Speaks<H>>> {
        self.cell()
    }

    fn cell(found: &Arc<dyn Speaks<H>>) -> Arc<dyn AnyCell> {
        found.clone()
    }

    fn hold(found: Arc<dyn Speaks<H>>, msg: H::Msg) -> Box<dyn Held> {
        found.hold(msg)
    }

    fn values(msg: &H::Msg) -> Result<Vec<Value>, Unencodable> {
        Encoder::values(|to| H::encode(msg, to))
    }

    fn direct(&self) -> &Self {
        self.via().map_or(self, Via::target)
    }

    fn through(via: Via<Self>) -> Self {
        Self { to: To::Other(Arc::new(Other::Through(via))) }
    }
}

impl<H: Protocol> Clone for Recipient<H> {
    fn clone(&self) -> Self {
        let to = match &self.to {
            To::Cell(cell) => To::Cell(cell.clone()),
            To::Other(other) => To::Other(other.clone()),
        };
        Self { to }
    }
}

impl<H: Protocol> From<PortId> for Recipient<H> {
    fn from(id: PortId) -> Self {
        match current::core() {
            Some(core) => Self::found(&core, id),
            None => Self::by(ById::new(id, None)),
        }
    }
}

plain_data!(Recipient<H: Protocol>);

#[cfg(test)]
mod tests {
    use super::*;

    enum Named {}

    impl From<Recipient<Named>> for Named {
        fn from(_: Recipient<Named>) -> Self {
            unreachable!()
        }
    }

    impl Protocol for Named {
        type Msg = ();
        const NAME: &'static str = "Named";
        const TAGS: &'static [&'static str] = &[];

        fn decode(msg: crate::Message) -> Result<(), crate::BadMessage> {
            Err(crate::BadMessage::local_only(msg))
        }

        fn encode((): &(), to: Encoder<'_>) -> Result<(), Unencodable> {
            to.local_only("")
        }
    }

    /// Everybody has many of them.
    #[test]
    fn a_handle_is_two_words() {
        assert_eq!(size_of::<Recipient<Named>>(), 2 * size_of::<usize>());
    }
}
