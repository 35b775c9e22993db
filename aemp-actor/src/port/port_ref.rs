//! What every typed handle can do.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::context::Ctx;
use super::definition::Port;
use super::handle::Ref;
use super::mailbox::Envelope;
use super::outcome::Ran;
use super::peval::{self, PevalError};
use super::protocol::Protocol;
use super::receive::is_receive_port;
use super::recipient::Recipient;
use super::stopping;
use super::through::{self, WhenRoom};
use crate::id::PortId;
use crate::node::{self, Core, MonAction, MonToken};
use crate::reason::Reason;

/// Methods of every typed handle, beside one for each message of its port. (A trait, so that a
/// message called `kil` or `id` hides these names and not the other way round.)
pub trait PortRef {
    /// The port's type.
    type Port: Port;

    /// The handle inside.
    fn as_handle(&self) -> &Ref<Self::Port>;

    /// The port's ID.
    fn id(&self) -> PortId {
        self.as_handle().id()
    }

    /// Sends an untyped message: see [`Node::snd`](crate::Node::snd).
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    fn snd(&self, msg: impl Serialize)
    where
        Self: Sized,
    {
        if let Some(core) = self.as_handle().core() {
            core.snd(&self.id(), &msg);
        }
    }

    /// Kills the port: see [`Node::kil`](crate::Node::kil).
    fn kil(&self, reason: impl Into<Reason>)
    where
        Self: Sized,
    {
        if let Some(cell) = self.as_handle().found_cell() {
            cell.clone().kil(reason.into());
        } else if let Some(core) = self.as_handle().core() {
            core.kil(&self.id(), reason.into());
        }
    }

    /// Kills the port at once: see [`Node::kil_now`](crate::Node::kil_now).
    fn kil_now(&self, reason: impl Into<Reason>)
    where
        Self: Sized,
    {
        if let Some(core) = self.as_handle().core() {
            core.kil_now(&self.id(), reason.into());
        }
    }

    /// Ends the port gracefully: it takes no more messages, handles those that wait, waits for its
    /// [tasks](crate::PortScope::spawn) and handles what they bring, and ends, normally. What is not done by
    /// `deadline` is lost: the port ends then, at once, with `die`. Awaiting gives the reason of the end;
    /// dropping this changes nothing.
    ///
    /// ([`kil`](Self::kil) with `()` keeps its place among the messages, too, but ends the tasks of the port
    /// where they wait, and has no deadline.) On another node it is that `kil`, with this deadline.
    fn stop(&self, deadline: Duration) -> impl Future<Output = Reason> + Send + use<Self>
    where
        Self: Sized,
    {
        let (id, handle) = (self.id(), self.as_handle());
        let cell = handle.cell().map(|cell| -> Arc<dyn AnyCell> { cell });
        stop(id, handle.core(), cell, deadline)
    }

    /// Sends later what is sent through the handle that this gives: `room.after(delay).say("joe", "hi")`. A
    /// request is sent later, too, and its deadline counts from then. What the node is shut down before is
    /// lost, and counted.
    fn after(&self, delay: Duration) -> <Self::Port as Port>::Ref
    where
        Self: Sized,
    {
        through::after(self.as_handle(), delay)
    }

    /// Sends what `send` sends, through the handle that it is given, when there is room for it: in the mailbox of
    /// a port of this node, in the queue for another node. It is a typed [`Node::snd_wait`](crate::Node::snd_wait):
    ///
    /// ```no_run
    /// # use aemp_actor::prelude::*;
    /// # #[derive(Port)] struct Worker;
    /// # #[rcv] impl Worker { fn add(&mut self, n: u64) {} fn sum(&self) -> u64 { 0 } }
    /// # async fn run(worker: WorkerRef) -> Result<(), Box<dyn std::error::Error>> {
    /// worker.when_room(|worker| worker.add(7)).await?;
    /// let sum = worker.when_room(|worker| worker.sum()).await?.await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The deadline of a request counts from when its answer is first waited for.
    ///
    /// # Errors
    /// As for [`Node::snd_wait`](crate::Node::snd_wait).
    ///
    /// # Panics
    /// When the port is on another node and the message cannot be serialised.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing was sent.
    #[track_caller]
    fn when_room<T>(&self, send: impl FnOnce(&<Self::Port as Port>::Ref) -> T) -> WhenRoom<T>
    where
        Self: Sized,
    {
        through::when_room(self.as_handle(), send)
    }

    /// Monitors the port: see [`Node::mon`](crate::Node::mon). When the handle knows no node to send from, a closure
    /// is called at once, with `no_such_node`.
    fn mon(&self, action: impl MonAction) -> MonToken
    where
        Self: Sized,
    {
        node::mon_from(self.as_handle().core(), self.id(), action)
    }

    /// Runs `f` in the context of the port, in order with its messages, and gives its result; an
    /// `Err` or a panic of `f` kills the port.
    ///
    /// # Errors
    /// When the port is not of this node, is dead or dies before `f` has ended; at once when a
    /// handler of the port itself waits.
    fn peval<R, F>(
        &self,
        f: F,
    ) -> impl Future<Output = Result<R, PevalError>> + Send + use<Self, R, F>
    where
        R: Send + 'static,
        F: FnOnce(&mut Self::Port, &mut Ctx<Self::Port>) -> Result<R, crate::Die> + Send + 'static,
        Self: Sized,
    {
        let (sender, receiver) = oneshot::channel();
        let id = self.id();
        let cell = self.as_handle().cell();
        let has_value = !is_receive_port::<Self::Port>();
        if let Some(cell) = cell.as_ref().filter(|_| has_value) {
            cell.push(Envelope::Call(Box::new(move |port, ctx| {
                Ran::Done(f(port, ctx).map(|result| drop(sender.send(result))))
            })));
        }
        async move {
            let Some(cell) = cell else { return Err(PevalError::NotLocal { target: id }) };
            if !has_value {
                return Err(PevalError::NoValue { target: id });
            }
            peval::result(receiver, cell, id).await
        }
    }
}

/// Methods of the handle of every protocol, beside one for each message: as [`PortRef`] has for the
/// handles of ports.
pub trait ProtocolRef {
    /// The protocol, named by its handle.
    #[doc(hidden)]
    type Protocol: Protocol;

    /// The handle inside.
    #[doc(hidden)]
    fn as_recipient(&self) -> &Recipient<Self::Protocol>;

    /// The port's ID.
    fn id(&self) -> PortId {
        self.as_recipient().id()
    }

    /// Sends an untyped message: see [`Node::snd`](crate::Node::snd).
    ///
    /// # Panics
    /// When `msg` cannot be serialised.
    #[track_caller]
    fn snd(&self, msg: impl Serialize)
    where
        Self: Sized,
    {
        if let Some(core) = self.as_recipient().core() {
            core.snd(&self.id(), &msg);
        }
    }

    /// Kills the port: see [`Node::kil`](crate::Node::kil).
    fn kil(&self, reason: impl Into<Reason>)
    where
        Self: Sized,
    {
        if let Some(cell) = self.as_recipient().found_cell() {
            cell.kil(reason.into());
        } else if let Some(core) = self.as_recipient().core() {
            core.kil(&self.id(), reason.into());
        }
    }

    /// Kills the port at once: see [`Node::kil_now`](crate::Node::kil_now).
    fn kil_now(&self, reason: impl Into<Reason>)
    where
        Self: Sized,
    {
        if let Some(core) = self.as_recipient().core() {
            core.kil_now(&self.id(), reason.into());
        }
    }

    /// Ends the port gracefully: see [`PortRef::stop`].
    fn stop(&self, deadline: Duration) -> impl Future<Output = Reason> + Send + use<Self>
    where
        Self: Sized,
    {
        let (id, handle) = (self.id(), self.as_recipient());
        let cell = handle.cell().map(|cell| -> Arc<dyn AnyCell> { cell });
        stop(id, handle.core(), cell, deadline)
    }

    /// Sends later what is sent through the handle that this gives: see [`PortRef::after`].
    fn after(&self, delay: Duration) -> Self::Protocol
    where
        Self: Sized,
    {
        through::after(self.as_recipient(), delay)
    }

    /// Sends what `send` sends when there is room for it: see [`PortRef::when_room`].
    ///
    /// # Errors
    /// As for [`Node::snd_wait`](crate::Node::snd_wait).
    ///
    /// # Panics
    /// When the port is on another node and the message cannot be serialised.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nothing was sent.
    #[track_caller]
    fn when_room<T>(&self, send: impl FnOnce(&Self::Protocol) -> T) -> WhenRoom<T>
    where
        Self: Sized,
    {
        through::when_room(self.as_recipient(), send)
    }

    /// Monitors the port: see [`PortRef::mon`].
    fn mon(&self, action: impl MonAction) -> MonToken
    where
        Self: Sized,
    {
        node::mon_from(self.as_recipient().core(), self.id(), action)
    }
}

fn stop(
    id: PortId,
    core: Option<Arc<Core>>,
    cell: Option<Arc<dyn AnyCell>>,
    deadline: Duration,
) -> impl Future<Output = Reason> + Send {
    let stopping = core.map(|core| stopping::begin(&core, id.clone(), cell.as_ref(), deadline));
    async move {
        match stopping {
            Some(stopping) => stopping.await,
            None => Reason::no_such_port(&id),
        }
    }
}

impl<P: Port> PortRef for Ref<P> {
    type Port = P;

    fn as_handle(&self) -> &Ref<P> {
        self
    }
}
