//! Where a message, a kill or a monitor goes: a port of this node, its node port, or another node.

use std::cell::Cell;
use std::sync::Arc;

use aemp_transport::{EncodeError, Value};
use serde::Serialize;

use super::core::Core;
use super::counters::Dropped;
use super::peer::Peer;
use super::waiting::Place;
use super::{functions, requests, traced};
use crate::fail_points::fail_point;
use crate::id::{NodeId, PortId, PortName};
use crate::message::{FromArgs, Message, shortened};
use crate::monitor::{Action, MonToken, Watch, WatchId};
use crate::port::{AnyCell, Call, reply_cell};
use crate::reason::Reason;
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
        if !self.can_reach(to) {
            return Ok(());
        }
        let last = LAST.take().filter(|peer| peer.is(self, to.node()));
        let peer = last.unwrap_or_else(|| self.peer(to.node()));
        let sent = peer.send(self, to.name(), (to, Place::Among), msg);
        LAST.set(Some(peer));
        sent
    }

    /// Whether a message to another node may be sent at all; if not, it is counted as lost.
    fn can_reach(&self, to: &PortId) -> bool {
        let cause = if self.is_closed() {
            Dropped::Closed
        } else if to.node().is_valid() {
            return true;
        } else {
            tracing::warn!(target: "aemp", "a message to {to:?} is lost: no legal node ID");
            Dropped::NoConnection
        };
        self.count_dropped(cause, 1);
        false
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

    /// Monitors a port. `owner` is the local port in whose name it is done.
    pub(crate) fn mon(
        self: &Arc<Self>,
        target: &PortId,
        owner: Option<&Arc<dyn AnyCell>>,
        action: Action,
    ) -> MonToken {
        let id = self.new_watch_id();
        if owner.is_some() {
            return self.mon_as(id, target, owner, action);
        }
        let told = match &action {
            Action::Kil(port) | Action::Snd(port, _) if *port.node() == *self.id() => port,
            _ => return self.mon_as(id, target, None, action),
        };
        let cell = self.registry().find(told.name());
        self.mon_as(id, target, cell.as_ref(), action)
    }

    pub(crate) fn mon_as(
        self: &Arc<Self>,
        id: WatchId,
        target: &PortId,
        owner: Option<&Arc<dyn AnyCell>>,
        action: Action,
    ) -> MonToken {
        let untold = owner.and_then(|owner| owner.untold(target));
        if let Some(owner) = owner {
            owner.own(id, target);
        }
        let watch = Watch { id, owner: owner.map(Arc::downgrade), action };
        let token = MonToken::new(self, target.clone(), id, watch.owner.clone());
        if let Some(reason) = untold {
            // What the port sends to `target` now is lost (guarantee 2): so the new monitor has to
            // tell of the same loss, and not of the next one. It does so in the port's mailbox.
            fire(self, watch, &reason);
        } else if let Err((watch, reason)) = self.add_watch(target, watch) {
            self.due().lock().insert(id, watch);
            let due = Due { core: self.clone(), id, reason };
            self.runtime().spawn(async move { drop(due) });
        }
        if owner.is_some_and(|owner| owner.death().is_some()) {
            // It may have died before the watch stood in its table, and could not take it out.
            self.unmon(target, id);
        }
        token
    }

    /// Puts the watch into the table of its target, or says why it is to fire at once.
    fn add_watch(self: &Arc<Self>, target: &PortId, watch: Watch) -> Result<(), (Watch, Reason)> {
        if self.is_closed() {
            return Err((watch, self.shutdown_reason()));
        }
        if *target.node() != *self.id() {
            if !target.node().is_valid() {
                let text = format!("{:?} is no legal node ID", target.node().as_str());
                return Err((watch, Reason::new("no_such_node", text)));
            }
            self.peer(target.node()).watch(self, target.name(), watch);
            return Ok(());
        }
        if target.is_node() {
            let id = watch.id;
            self.own_watchers().lock().add(id, watch);
            // If it was shut down meanwhile, its monitors may have been taken out before this.
            let late = if self.is_closed() { self.own_watchers().lock().remove(id) } else { None };
            return late.map_or(Ok(()), |watch| Err((watch, self.shutdown_reason())));
        }
        let watched = match self.registry().find(target.name()) {
            Some(cell) => cell.watch(watch),
            None => Err(watch),
        };
        watched.map_err(|watch| (watch, self.why_gone(target)))
    }

    /// What the monitors of a port are told that is not there (any more).
    pub(crate) fn why_gone(&self, port: &PortId) -> Reason {
        self.registry().failed_spawns(port.name()).unwrap_or_else(|| Reason::no_such_port(port))
    }

    /// Takes a monitor back, from wherever it stands.
    pub(crate) fn unmon(self: &Arc<Self>, target: &PortId, id: WatchId) {
        let due = self.due().lock().remove(&id);
        if due.is_some() {
            // It is dropped here, without the lock.
            return;
        }
        if *target.node() != *self.id() {
            if let Some(peer) = self.known_peer(target.node()) {
                peer.unwatch(target.name(), id);
            }
        } else if target.is_node() {
            // Not dropped under the lock: it holds the user's.
            let watch = self.own_watchers().lock().remove(id);
            drop(watch);
        } else if let Some(cell) = self.registry().find(target.name()) {
            cell.unwatch(id);
        }
    }

    /// Creates a port on a node; its ID is known at once.
    #[track_caller]
    pub(crate) fn spawn<M: Serialize + ?Sized>(
        self: &Arc<Self>,
        node: &NodeId,
        init: &str,
        args: &M,
    ) -> PortId {
        let name = self.registry().new_name();
        let port = PortId::new(node.clone(), name.clone());
        let mut request = vec![
            Value::from("AnyEvent::MP::_spawn"),
            Value::from(name.as_str()),
            Value::from(init),
        ];
        match aemp_transport::to_values(args) {
            Ok(values) => request.extend(values),
            Err(error) => panic!("the arguments of {init} cannot be serialised: {error}"),
        }
        if *node == *self.id() {
            let mut message = request.split_off(2);
            message[0] = Value::from(init);
            functions::spawn(self, name, init, Message::from_values(message));
        } else {
            self.request(&port, Place::Ahead, &request);
        }
        port
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
        self.ask(to, decode, move |reply| {
            values.push(Value::from(reply.to_string()));
            self.snd(&target, &values);
        })
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
        let waiting = cell.clone();
        let action = Action::Call(Box::new(move |reason| {
            waiting.answer(Err(reason.into()));
        }));
        let token = self.mon(&to, None, action);
        // Made first, so that it takes all back if the request cannot be serialised.
        let call = Call::untyped(to, receiver, decode, cell, token);
        send(id);
        call
    }
}

/// A watch that is to fire in a moment: in a task of its own, or, if the runtime has ended, at once.
struct Due {
    core: Arc<Core>,
    id: WatchId,
    reason: Reason,
}

impl Drop for Due {
    fn drop(&mut self) {
        let watch = self.core.due().lock().remove(&self.id);
        if let Some(watch) = watch {
            fire(&self.core, watch, &self.reason);
        }
    }
}

/// Does what a watch is for. Whoever calls it has taken the watch out of its table.
pub(crate) fn fire(core: &Arc<Core>, watch: Watch, reason: &Reason) {
    let Watch { id, owner, action } = watch;
    let owner = owner.map(|owner| owner.upgrade());
    if matches!(owner, Some(None)) || fail_point!(ForgetMonitor) {
        core.user_code("a monitor", || drop(action));
        return;
    }
    let wrong;
    let reason = if fail_point!(WrongReason) {
        wrong = Reason::from("wrong");
        &wrong
    } else {
        reason
    };
    match (owner.flatten(), action) {
        (_, Action::Call(f)) => {
            core.user_code("a monitor", || f(reason.clone()));
        }
        (_, Action::Peer(peer, port)) => {
            if let Some(peer) = peer.upgrade() {
                peer.tell_death(&port, reason);
            }
        }
        (_, Action::Spawned(peer)) => {
            if let Some(peer) = peer.upgrade() {
                peer.spawned_ended();
            }
        }
        (Some(owner), Action::Kil(_)) if reason.is_normal() => owner.disown(id),
        (None, Action::Kil(_)) if reason.is_normal() => {}
        (Some(owner), Action::Kil(_)) => owner.fired_kil(id, reason.clone()),
        (None, Action::Kil(port)) => core.kil(&port, reason.clone()),
        (Some(owner), Action::Snd(_, values)) => {
            owner.fired_snd(id, reason.clone(), with_reason(values, reason));
        }
        (None, Action::Snd(port, values)) => core.snd(&port, &with_reason(values, reason)),
    }
}

fn with_reason(mut values: Vec<Value>, reason: &Reason) -> Message {
    values.extend(reason.values().iter().cloned());
    Message::from_values(values)
}
