//! What every typed handle can do.

use std::future::Future;

use serde::Serialize;
use tokio::sync::oneshot;

use super::any_cell::AnyCell;
use super::context::Ctx;
use super::definition::Port;
use super::handle::Ref;
use super::mailbox::Envelope;
use super::peval::{self, PevalError};
use super::protocol::Protocol;
use super::recipient::Recipient;
use crate::id::PortId;
use crate::monitor::{MonAction, MonToken};
use crate::node::Core;
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

    /// Monitors the port: see [`Node::mon`](crate::Node::mon). `None` when the handle knows no
    /// node.
    fn mon(&self, action: impl MonAction) -> Option<MonToken>
    where
        Self: Sized,
    {
        let core: std::sync::Arc<Core> = self.as_handle().core()?;
        Some(core.mon(&self.id(), None, action.into_action().0))
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
        if let Some(cell) = &cell {
            cell.push(Envelope::Call(Box::new(move |port, ctx| {
                drop(sender.send(f(port, ctx)?));
                Ok(())
            })));
        }
        async move {
            let Some(cell) = cell else { return Err(PevalError::NotLocal { target: id }) };
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

    /// Monitors the port: see [`Node::mon`](crate::Node::mon). `None` when the handle knows no
    /// node.
    fn mon(&self, action: impl MonAction) -> Option<MonToken>
    where
        Self: Sized,
    {
        let core = self.as_recipient().core()?;
        Some(core.mon(&self.id(), None, action.into_action().0))
    }
}

impl<P: Port> PortRef for Ref<P> {
    type Port = P;

    fn as_handle(&self) -> &Ref<P> {
        self
    }
}
