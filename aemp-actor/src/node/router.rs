//! Where a message, a kill or a monitor goes: a port of this node, its node port, or another node.

use std::cell::Cell;
use std::sync::Arc;

use aemp_transport::{EncodeError, Value};
use serde::Serialize;

use super::core::Core;
use super::counters::Dropped;
use super::peer::Peer;
use super::waiting::Place;
use super::{requests, traced};
use crate::id::{NodeId, PortId, PortName};
use crate::message::{FromArgs, Message, shortened};
use crate::port::{AnyCell, Call, ReplyCell, Unanswered, reply_cell};
use crate::reason::{Absence, Reason, kind};
use crate::visible::one_line;

/// The request that kills a port of this implementation at once.
pub(super) const KIL_NOW: &str = "aemp::kil_now";

thread_local! {
    /// The node that this thread has sent to last, which it mostly sends to next: so it need not be looked up
    /// in the table. (A peer that somebody holds stays in the table.)
    static LAST: Cell<Option<Arc<Peer>>> = const { Cell::new(None) };
}

impl Core {
    /// Sends a message.
    ///
    /// # Panics
    /// When it cannot be serialised.
    #[track_caller]
    pub(crate) fn snd<M: Serialize + ?Sized>(self: &Arc<Self>, to: &PortId, msg: &M) {
        if let Err(error) = self.try_snd(to, msg) {
            panic!("a message to {to} cannot be serialised: {error}");
        }
    }

    pub(crate) fn try_snd<M: Serialize + ?Sized>(
        self: &Arc<Self>,
        to: &PortId,
        msg: &M,
    ) -> Result<(), EncodeError> {
        if *to.node() != *self.id() {
            return self.snd_remote(to, msg);
        }
        self.deliver(to, Message::new(msg).map_err(EncodeError::from)?);
        Ok(())
    }

    /// Sends a message to another node when there is room for it.
    pub(crate) async fn snd_wait_remote(
        self: &Arc<Self>,
        to: &PortId,
        message: &Message,
    ) -> Result<(), EncodeError> {
        if !self.can_reach(to) {
            return Ok(());
        }
        self.peer(to.node()).send_wait(self, to, message).await
    }

    fn snd_remote<M: Serialize + ?Sized>(
        self: &Arc<Self>,
        to: &PortId,
        msg: &M,
    ) -> Result<(), EncodeError> {
        if self.can_reach(to) {
            // A thread that ends has none any more, and may still send: what it kept is dropped then.
            let last =
                LAST.try_with(Cell::take).ok().flatten().filter(|peer| peer.is(self, to.node()));
            let peer = last.unwrap_or_else(|| self.peer(to.node()));
            let sent = peer.send(self, to.name(), (to, Place::Among), msg);
            let _ = LAST.try_with(|last| last.set(Some(peer)));
            return sent;
        }
        if matches!(self.unreachable(to.node()), Some(Unreachable::NoNetwork)) {
            // A mistake of the sender's shows on a local node, too.
            Message::new(msg)?;
        }
        Ok(())
    }

    /// Whether a message to another node may be sent at all; if not, it is counted as lost.
    fn can_reach(&self, to: &PortId) -> bool {
        let Some(unreachable) = self.unreachable(to.node()) else { return true };
        let cause = match unreachable {
            Unreachable::Closed => Dropped::Closed,
            Unreachable::NoNode => {
                tracing::warn!(target: "aemp", "a message to {to:?} is lost: no legal node ID");
                Dropped::NoConnection
            }
            Unreachable::NoNetwork => Dropped::NoConnection,
        };
        self.count_dropped(cause, 1);
        false
    }

    /// Whether no other node, or not this one, can be reached from here whatever happens: then nothing is sent
    /// to it, and monitors of its ports fire at once. (It is decided nowhere else that a local node loses what is
    /// for others.)
    pub(super) fn unreachable(&self, node: &NodeId) -> Option<Unreachable> {
        if self.is_closed() {
            Some(Unreachable::Closed)
        } else if !node.is_valid() {
            Some(Unreachable::NoNode)
        } else if !self.is_networked() {
            Some(Unreachable::NoNetwork)
        } else {
            None
        }
    }

    /// Puts a message into the mailbox of a port of this node.
    pub(crate) fn deliver(self: &Arc<Self>, to: &PortId, message: Message) {
        traced::delivered(to, &message);
        if to.is_node() {
            requests::handle(self, None, message);
        } else if let Some(cell) = self.registry().find(to.name()) {
            cell.deliver(message);
        } else {
            self.unknown_port(to, &message);
        }
    }

    pub(crate) fn unknown_port(&self, to: &PortId, message: &Message) {
        let cause = if self.is_closed() { Dropped::Closed } else { Dropped::UnknownPort };
        self.count_dropped(cause, 1);
        tracing::debug!(
            target: "aemp",
            "message {:?} to {} is lost: there is no such port (any more)",
            shortened(message.tag()),
            one_line(&to.to_string())
        );
    }

    /// Kills a port, in order with messages sent to it before.
    pub(crate) fn kil(self: &Arc<Self>, port: &PortId, reason: Reason) {
        if port.is_node() {
            let port = port.to_string();
            tracing::error!(target: "aemp", "kil {}: a node port cannot be killed", one_line(&port));
        } else if *port.node() != *self.id() {
            let mut request = vec![Value::from("kil"), Value::from(port.port())];
            request.extend(reason.values().iter().cloned());
            self.request(port, Place::Among, &request);
        } else if let Some(cell) = self.registry().find(port.name()) {
            cell.kil(reason);
        }
    }

    /// Kills a port at once. A node that may not be one of ours is asked in the protocol's words, too;
    /// one of the Perl implementation kills at once anyway.
    pub(crate) fn kil_now(self: &Arc<Self>, port: &PortId, reason: Reason) {
        if port.is_node() {
            tracing::error!(target: "aemp", "kil_now {port}: a node port cannot be killed");
        } else if *port.node() != *self.id() {
            let own_kind = self.known_peer(port.node()).and_then(|peer| peer.is_of_ours());
            if own_kind != Some(false) {
                let mut request = vec![Value::from(KIL_NOW), Value::from(port.port())];
                request.extend(reason.values().iter().cloned());
                self.request(port, Place::Among, &request);
            }
            if own_kind != Some(true) {
                self.kil(port, reason);
            }
        } else if let Some(cell) = self.registry().find(port.name()) {
            cell.abort(reason);
        }
    }

    /// Sends a request about `port` to the node port of its node: its place is among the messages
    /// to `port`, with which it is lost or not.
    pub(super) fn request(self: &Arc<Self>, port: &PortId, place: Place, request: &[Value]) {
        if self.can_reach(port) {
            let peer = self.peer(port.node());
            let sent = peer.send(self, &PortName::default(), (port, place), request);
            sent.expect("values serialise");
        }
    }

    /// Sends a request of any kind, to be answered to a reply port that is appended to it.
    #[track_caller]
    pub(crate) fn cal<R: FromArgs>(
        self: &Arc<Self>,
        to: PortId,
        msg: &(impl Serialize + ?Sized),
    ) -> Call<R> {
        let mut values = match aemp_transport::to_values(msg) {
            Ok(values) => values,
            Err(error) => panic!("a request to {to} cannot be serialised: {error}"),
        };
        let target = to.clone();
        let decode = |message: Message| message.decode::<R>().map_err(|error| error.to_string());
        // What begins with the reply port has that as its tag.
        if let Some(cell) = self.asked_here(&to).filter(|_| !values.is_empty()) {
            let (reply, receiver) = ReplyCell::late(&cell);
            let message = Message::asking(values, reply.clone());
            let call = Call::asked((to, cell.clone()), receiver, decode, &reply);
            // The message alone holds it.
            drop(reply);
            traced::delivered(&target, &message);
            cell.deliver(message);
            return call;
        }
        self.ask(to, decode, move |reply| {
            values.push(Value::from(reply.to_string()));
            self.snd(&target, &values);
        })
    }

    /// The port of this node that can be asked without a reply port.
    fn asked_here(&self, to: &PortId) -> Option<Arc<dyn AnyCell>> {
        if *to.node() != *self.id() || to.is_node() {
            return None;
        }
        self.registry().find(to.name()).filter(|cell| cell.knows_late_replies())
    }

    /// Makes a reply port, monitors `to`, lets `send` send the request, and waits.
    pub(crate) fn ask<T>(
        self: &Arc<Self>,
        to: PortId,
        decode: fn(Message) -> Result<T, String>,
        send: impl FnOnce(PortId),
    ) -> Call<T> {
        let (cell, receiver) = reply_cell(self);
        let id = cell.id();
        cell.monitor(&to, Unanswered::Died);
        // Made first, so that it takes all back if the request cannot be serialised.
        let call = Call::untyped(to, receiver, decode, cell);
        send(id);
        call
    }
}

/// Why a node cannot be reached, whatever happens.
pub(super) enum Unreachable {
    /// This node is shut down.
    Closed,
    /// There can be no such node.
    NoNode,
    /// This is a local node.
    NoNetwork,
}

impl Unreachable {
    /// What monitors of a port there fire with.
    pub(super) fn reason(&self, core: &Core, node: &NodeId) -> Reason {
        match self {
            Self::Closed => core.shutdown_reason(),
            Self::NoNode => {
                let text = format!("{:?} is no legal node ID", node.as_str());
                Reason::new(kind::NO_SUCH_NODE, text)
            }
            Self::NoNetwork => {
                let why = "has no network: it was set up without binds, seeds and nodes";
                let text = format!("no connection to node {node}: node {} {why}", core.id());
                Reason::transport(text).with_absence(Some(Absence::Unknown))
            }
        }
    }
}
