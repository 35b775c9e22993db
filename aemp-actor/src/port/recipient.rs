//! What is inside the handle of a protocol.

use std::any::TypeId;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::call::Call;
use super::current;
use super::handle::{ById, NotLocal, Ref, plain_data};
use super::protocol::{Answers, Protocol, Speaks};
use super::reply::Reply;
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
    /// A port by its ID.
    Id(Arc<ById>),
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
        Self { to: To::Id(Arc::new(ById::new(id, Some(core)))) }
    }

    /// The port's ID.
    pub fn id(&self) -> PortId {
        match &self.to {
            To::Cell(cell) => PortId::new(cell.core().id().clone(), cell.name().clone()),
            To::Id(by) => by.id().clone(),
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
            To::Id(by) => by.tell(|to| H::encode(&msg, to)),
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
            To::Id(by) => by.call(|reply, to| H::encode(&request(reply), to)),
        }
    }

    /// Sends a message that cannot be serialised.
    ///
    /// # Errors
    /// When the port is not of this node, or does not list the protocol; nothing was sent.
    pub fn tell_local(&self, msg: H::Msg) -> Result<(), NotLocal> {
        match self.cell() {
            Some(cell) => {
                cell.push_message(msg);
                Ok(())
            }
            None => Err(NotLocal::new(self.id())),
        }
    }

    /// Sends a request that cannot be serialised; gives [`CallError::NotLocal`](super::CallError::NotLocal)
    /// when the port is not of this node, or does not list the protocol.
    pub fn call_local<T>(&self, request: impl FnOnce(Reply<T>) -> H::Msg) -> Call<T> {
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
            To::Id(by) => match Self::found(&by.core()?, by.id().clone()).to {
                To::Cell(cell) => Some(cell),
                To::Id(_) => None,
            },
        }
    }

    /// The cell, if it was found when the handle was made.
    pub(super) fn found_cell(&self) -> Option<Arc<dyn AnyCell>> {
        match &self.to {
            To::Cell(cell) => Some(cell.clone()),
            To::Id(_) => None,
        }
    }

    /// The node to send from.
    pub(super) fn core(&self) -> Option<Arc<Core>> {
        match &self.to {
            To::Cell(cell) => Some(cell.core().clone()),
            To::Id(by) => by.core(),
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
        let to = match port.found_cell() {
            Some(cell) => To::Cell(cell.clone()),
            None => To::Id(port.by_id()),
        };
        Self { to }
    }
}

impl<H: Protocol> Clone for Recipient<H> {
    fn clone(&self) -> Self {
        let to = match &self.to {
            To::Cell(cell) => To::Cell(cell.clone()),
            To::Id(by) => To::Id(by.clone()),
        };
        Self { to }
    }
}

impl<H: Protocol> From<PortId> for Recipient<H> {
    fn from(id: PortId) -> Self {
        match current::core() {
            Some(core) => Self::found(&core, id),
            None => Self { to: To::Id(Arc::new(ById::new(id, None))) },
        }
    }
}

plain_data!(Recipient<H: Protocol>);
