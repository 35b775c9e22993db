//! Packets to a peer: written, waiting for a connection, or lost and counted.

use std::sync::Arc;

use aemp_transport::{EncodeError, Encoded, Framing, LinkSender, Order, SendError};
use serde::Serialize;

use super::Peer;
use super::state::{Stage, State};
use crate::fail_points::fail_point;
use crate::id::{PortId, PortName};
use crate::message::Message;
use crate::node::connector;
use crate::node::core::Core;
use crate::node::counters::Dropped;
use crate::node::traced;
use crate::node::waiting::{Packet, Place, Waiting};
use crate::reason::{Reason, kind};

/// How messages wait for a connection: nothing of them is lost, whatever its framing will be.
const WAITING: Framing = Framing::Bincode;

impl Peer {
    /// Sends `msg` to port `port` there; it waits while a connection is being made.
    ///
    /// `about` is the port whose messages it has to keep its `place` among. Whether the running port
    /// was cut off from that is asked after the connection was looked up, whose lock orders it
    /// after the firing of the monitors of an earlier connection: else it might be asked before
    /// the loss, and the message sent after it.
    pub(crate) fn send<M: Serialize + ?Sized>(
        self: &Arc<Self>,
        core: &Arc<Core>,
        port: &PortName,
        (about, place): (&PortId, Place),
        msg: &M,
    ) -> Result<(), EncodeError> {
        traced::sent(&self.id, port, msg);
        let link = self.state.lock().link().cloned();
        if self.is_cut_off(core, about) {
            return Ok(());
        }
        if let Some(link) = link {
            return send_now(self, core, &link, port, place.order(about.port()), msg);
        }
        // Encoded without the lock: serialising is the user's code.
        let message = Encoded::from_message(WAITING, msg)?;
        let mut state = self.state.lock();
        if !fail_point!(AskOnce) && self.is_cut_off(core, about) {
            return Ok(());
        }
        if let Some(link) = state.link().cloned() {
            drop(state);
            return send_now(self, core, &link, port, place.order(about.port()), msg);
        }
        let begin = matches!(state.stage, Stage::Idle);
        let packet = Packet { port: port.clone(), about: about.name().clone(), place, message };
        self.wait(core, state.waiting(self), packet);
        drop(state);
        if begin {
            connector::want(core, self);
        }
        Ok(())
    }

    /// Sends `msg` if the node is connected; else it is dropped. For what belongs to a connection.
    /// It keeps its place among the messages to port `about`.
    pub(crate) fn send_if_up<M: Serialize + ?Sized>(
        &self,
        core: &Core,
        port: &PortName,
        about: &PortName,
        msg: &M,
    ) {
        let link = self.state.lock().link().cloned();
        if let Some(link) = link {
            traced::sent(&self.id, port, msg);
            drop(counted(self, core, link.send_ordered(port, Order::Among(about), msg)));
        }
    }

    /// Whether messages or monitors wait for a connection to it.
    pub(crate) fn is_wanted(&self) -> bool {
        let state = self.state.lock();
        let waits = matches!(&state.stage, Stage::Connecting(waiting) if !waiting.is_empty());
        waits || !state.watches.is_empty()
    }

    /// From now on a connection is wanted; false when there is one, or is wanted already.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.state.lock();
        let idle = matches!(state.stage, Stage::Idle);
        if idle {
            state.stage = Stage::Connecting(Waiting::default());
        }
        idle
    }

    /// Puts a packet into the queue, if there is one to wait in.
    fn wait(&self, core: &Core, waiting: Option<&mut Waiting>, packet: Packet) {
        let Some(waiting) = waiting else {
            self.count_lost(core, Dropped::NoConnection, 1);
            return;
        };
        let limit = fail_point!(UnboundedWaiting, core.config().node_limits.max_queue);
        if !waiting.push(packet, limit) {
            self.count_lost(core, Dropped::QueueFull, 1);
            self.overflowed(core);
        }
    }

    /// More waits for this node than may: what waits is lost, and monitors fire. Until they have,
    /// the queue takes nothing more, and no connection begins.
    fn overflowed(&self, core: &Core) {
        let (Some(core), Some(peer)) = (self.core.upgrade(), core.known_peer(&self.id)) else {
            return;
        };
        let text = format!("more than max_queue bytes wait for node {}", self.id);
        let own = core.clone();
        core.runtime().spawn(async move {
            if peer.state.lock().has_overflowed() {
                peer.fall(&own, None, &Reason::new(kind::OVERFLOW, text));
                own.mesh().given_up(&own, peer.id());
            }
        });
    }

    /// Sends the request `mon1` or `mon0` about a port there, under the lock, so that those of the
    /// same port keep their order. `mon1` is worth making a connection for.
    pub(super) fn request(&self, core: &Core, state: &mut State, about: &PortName, what: &str) {
        let request = (what, about.as_str());
        traced::sent(&self.id, "", &request);
        if let Some(link) = state.link() {
            // Texts serialise. A full or closed link is falling.
            drop(link.send_ordered("", Order::Among(about), &request));
            return;
        }
        if what == "mon1" && matches!(state.stage, Stage::Idle) {
            state.stage = Stage::Connecting(Waiting::default());
        }
        let waiting = match &mut state.stage {
            Stage::Connecting(waiting) | Stage::Falling(waiting) => waiting,
            Stage::Idle | Stage::Up(_) => return,
        };
        if let Ok(message) = Encoded::from_message(WAITING, &request) {
            let (port, about, place) = (PortName::default(), about.clone(), Place::Among);
            let packet = Packet { port, about, place, message };
            self.wait(core, Some(waiting), packet);
        }
    }

    /// Where a message can go now; into the queue for a connection to come it is put at once, so
    /// that nobody takes the room in between.
    fn way(&self, core: &Core, to: &PortId, message: Option<&Encoded>) -> Way {
        let limit = core.config().node_limits.max_queue;
        let mut state = self.state.lock();
        if self.is_cut_off(core, to) {
            return Way::Done;
        }
        match (&mut state.stage, message) {
            (Stage::Up(up), _) => Way::Link(up.link.clone()),
            (Stage::Connecting(_), None) => Way::Encode,
            (Stage::Connecting(waiting), Some(message))
                if !waiting.has_room(message.bytes_len(), limit) =>
            {
                Way::Full
            }
            (Stage::Connecting(waiting), Some(message)) => {
                traced::sent(&self.id, to.port(), message);
                let port = to.name().clone();
                let (place, message) = (Place::Among, message.clone());
                let packet = Packet { about: port.clone(), port, place, message };
                self.wait(core, Some(waiting), packet);
                Way::Done
            }
            (Stage::Idle | Stage::Falling(_), _) => Way::Send,
        }
    }

    /// Whether the running port has lost messages to `about` and was not told yet: then this one is
    /// lost, and counted, too (guarantee 2).
    fn is_cut_off(&self, core: &Core, about: &PortId) -> bool {
        let cut_off = crate::port::sender_is_cut_off(about);
        if cut_off {
            self.count_lost(core, Dropped::CutOff, 1);
        }
        cut_off
    }

    /// Sends `message` when the queue for this node has room for it, unless its sender is cut off
    /// by then.
    pub(crate) async fn send_wait(
        self: &Arc<Self>,
        core: &Arc<Core>,
        to: &PortId,
        message: &Message,
    ) -> Result<(), EncodeError> {
        let port = to.name();
        let (mut waiting, mut packet) = (None, None);
        loop {
            let mut changed = std::pin::pin!(self.changed());
            changed.as_mut().enable();
            let link = match self.way(core, to, waiting.as_ref()) {
                Way::Link(link) => link,
                Way::Encode => {
                    waiting = Some(Encoded::from_message(WAITING, message)?);
                    continue;
                }
                Way::Done => return Ok(()),
                Way::Send => return self.send(core, port, (to, Place::Among), message),
                Way::Full => {
                    changed.await;
                    continue;
                }
            };
            // The link may be another one by now, of another framing.
            let encoded = match packet.take().filter(|packet| link.takes(packet)) {
                Some(encoded) => encoded,
                None => link.encode(port, message)?,
            };
            match link.try_send_packet(encoded, Order::Among(port)) {
                Ok(Some(refused)) => link.room(packet.insert(refused).bytes_len()).await,
                Ok(None) => {
                    traced::sent(&self.id, port, message);
                    return Ok(());
                }
                sent => return counted(self, core, sent.map(drop)),
            }
        }
    }
}

/// Where a message can go now.
enum Way {
    Link(LinkSender),
    /// Into the queue for a connection to come, once it is encoded for that.
    Encode,
    /// It is in the queue for a connection to come, or lost and counted.
    Done,
    /// Wherever any message goes.
    Send,
    /// Nowhere yet: the queue for a connection to come is full.
    Full,
}

fn send_now<M: Serialize + ?Sized>(
    peer: &Peer,
    core: &Core,
    link: &LinkSender,
    port: &PortName,
    order: Order<'_>,
    msg: &M,
) -> Result<(), EncodeError> {
    counted(peer, core, link.send_ordered(port, order, msg))
}

/// What is lost is counted; only a message that cannot be encoded is the caller's affair.
fn counted(peer: &Peer, core: &Core, sent: Result<(), SendError>) -> Result<(), EncodeError> {
    match sent {
        Ok(()) => {}
        Err(SendError::Encode(error)) => return Err(error),
        Err(SendError::Full { .. }) => peer.count_lost(core, Dropped::QueueFull, 1),
        Err(_) => peer.count_lost(core, Dropped::NoConnection, 1),
    }
    Ok(())
}
