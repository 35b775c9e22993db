//! One other node: its connection, what waits for it, who watches its ports.
//!
//! ```text
//!            want                     up                    link ends
//!   Idle ──────────▶ Connecting ──────────▶ Up ───────────────────────▶ Falling
//!    ▲                   │ no connection in time                          │
//!    │                   └───────────────────────────────▶ Falling        │
//!    └── nothing wanted ─────────────────────────────────────────────────┤
//!                    Connecting ◀── something wanted ─────────────────────┘
//! ```
//!
//! While `Falling`, the monitors of the lost connection are fired. What others send meanwhile is
//! lost too, so that nothing sent after a loss arrives before the monitors have fired
//! (guarantee 2); what the firing monitors themselves send waits for the next connection.
//!
//! Invariants:
//!
//! 1. Everything for the node passes `state` under its lock, or the link taken from it.
//! 2. Watches are taken out of the table when the stage becomes `Falling`, and fired by whoever
//!    took them: once each.
//! 3. `Falling` ends only when all of them have been fired (for a port: are in its mailbox).

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

use aemp_transport::{CloseReason, EncodeError, Encoded, Framing, LinkSender, SendError, Value};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::Notify;

use super::arbiter::{Arbiter, Claim, Completion, Refusal};
use super::core::Core;
use super::counters::Dropped;
use super::events::NodeEvent;
use super::waiting::Waiting;
use super::{connector, router};
use crate::id::{NodeId, PortName};
use crate::monitor::{Action, RemoteWatches, Watch, WatchId};
use crate::reason::{Reason, kind};

thread_local! {
    /// The peer whose monitors this thread is firing.
    static FIRING: Cell<*const ()> = const { Cell::new(std::ptr::null()) };
}

/// See the module.
pub(crate) struct Peer {
    id: NodeId,
    core: Weak<Core>,
    state: Mutex<State>,
    /// Woken when the stage changes.
    changed: Notify,
    /// Held while node events are told, so that they are told in their order.
    telling: Mutex<()>,
}

#[derive(Default)]
struct State {
    stage: Stage,
    arbiter: Arbiter,
    /// Our watches on its ports.
    watches: RemoteWatches<Watch>,
    /// Its watches on our ports.
    watched: HashMap<PortName, WatchId>,
}

#[derive(Default)]
enum Stage {
    #[default]
    Idle,
    Connecting(Waiting),
    Up(Up),
    Falling(Waiting),
}

struct Up {
    attempt: u64,
    link: LinkSender,
}

impl Peer {
    pub(crate) fn new(id: NodeId, core: Weak<Core>) -> Arc<Self> {
        Arc::new(Self {
            id,
            core,
            state: Mutex::default(),
            changed: Notify::new(),
            telling: Mutex::new(()),
        })
    }

    pub(crate) fn id(&self) -> &NodeId {
        &self.id
    }

    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state.lock().stage, Stage::Up(_))
    }

    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.state.lock().stage, Stage::Connecting(_))
    }

    /// Completes at the next change of the stage.
    pub(crate) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    /// Sends `msg` to port `port` there; it waits while a connection is being made.
    pub(crate) fn send<M: Serialize + ?Sized>(
        self: &Arc<Self>,
        core: &Arc<Core>,
        port: &PortName,
        msg: &M,
    ) -> Result<(), EncodeError> {
        let link = match &self.state.lock().stage {
            Stage::Up(up) => Some(up.link.clone()),
            _ => None,
        };
        if let Some(link) = link {
            return self.send_now(core, &link, port, msg);
        }
        let message = Encoded::from_message(Framing::Json, msg)?;
        let mut state = self.state.lock();
        if let Stage::Up(up) = &state.stage {
            let link = up.link.clone();
            drop(state);
            return self.send_now(core, &link, port, msg);
        }
        let start = matches!(state.stage, Stage::Idle);
        self.wait(core, state_waiting(&mut state, self), port, message);
        drop(state);
        if start {
            connector::want(core, self);
        }
        Ok(())
    }

    fn send_now<M: Serialize + ?Sized>(
        &self,
        core: &Core,
        link: &LinkSender,
        port: &PortName,
        msg: &M,
    ) -> Result<(), EncodeError> {
        match link.send(port, msg) {
            Ok(()) => {}
            Err(SendError::Encode(error)) => return Err(error),
            Err(SendError::Full { .. }) => core.count_dropped(Dropped::QueueFull, 1),
            Err(_) => core.count_dropped(Dropped::NoConnection, 1),
        }
        Ok(())
    }

    /// Puts a packet into the queue, if there is one to wait in.
    fn wait(&self, core: &Core, waiting: Option<&mut Waiting>, port: &PortName, message: Encoded) {
        let Some(waiting) = waiting else {
            core.count_dropped(Dropped::NoConnection, 1);
            return;
        };
        if !waiting.push(port.clone(), message, core.config().max_queue) {
            core.count_dropped(Dropped::QueueFull, 1);
            self.overflowed(core);
        }
    }

    /// More waits for this node than may: what waits is lost, and monitors fire.
    fn overflowed(&self, core: &Core) {
        let (Some(core), Some(peer)) = (self.core.upgrade(), core.known_peer(&self.id)) else {
            return;
        };
        let text = format!("the queue for node {} is full", self.id);
        let reason = Reason::new(kind::OVERFLOW, text);
        self.core_runtime_spawn(&core, move |core| peer.fall(core, None, &reason));
    }

    fn core_runtime_spawn(&self, core: &Arc<Core>, f: impl FnOnce(&Arc<Core>) + Send + 'static) {
        let own = core.clone();
        core.runtime().spawn(async move { f(&own) });
    }

    /// Adds a watch on a port there.
    pub(crate) fn watch(self: &Arc<Self>, core: &Arc<Core>, port: &PortName, watch: Watch) {
        let mut state = self.state.lock();
        let start = matches!(state.stage, Stage::Idle);
        if state.watches.add(port, watch.id, watch) {
            self.request(core, &mut state, &("mon1", port.as_str()), true);
        }
        drop(state);
        if start {
            connector::want(core, self);
        }
    }

    /// Takes a watch back.
    pub(crate) fn unwatch(&self, port: &PortName, id: WatchId) {
        let Some(core) = self.core.upgrade() else { return };
        let mut state = self.state.lock();
        let removed = state.watches.remove(port, id);
        if removed.last {
            self.request(&core, &mut state, &("mon0", port.as_str()), false);
        }
        drop(state);
        drop(removed.watch);
    }

    /// Sends a request to the node port there, under the lock, so that `mon1` and `mon0` of the
    /// same port keep their order. `begin`: worth making a connection for.
    fn request<M: Serialize>(&self, core: &Core, state: &mut State, msg: &M, begin: bool) {
        if let Stage::Up(up) = &state.stage {
            // A request is a tuple of texts: it serialises. A full or closed link is falling.
            drop(up.link.send("", msg));
            return;
        }
        if begin && matches!(state.stage, Stage::Idle) {
            state.stage = Stage::Connecting(Waiting::default());
        }
        let waiting = match &mut state.stage {
            Stage::Connecting(waiting) | Stage::Falling(waiting) => waiting,
            Stage::Idle | Stage::Up(_) => return,
        };
        if let Ok(message) = Encoded::from_message(Framing::Json, msg) {
            self.wait(core, Some(waiting), &PortName::default(), message);
        }
    }

    /// The node asked with `mon1` for one of our ports.
    pub(crate) fn watched_by(self: &Arc<Self>, core: &Arc<Core>, port: &PortName) {
        let id = core.new_watch_id();
        if self.state.lock().watched.insert(port.clone(), id).is_some() {
            return;
        }
        let action = Action::Peer(Arc::downgrade(self), port.clone());
        let watch = Watch { id, owner: None, action };
        let refused = match core.registry().find(port) {
            Some(cell) => cell.watch(watch).is_err(),
            None => !port.is_empty(),
        };
        if refused {
            let id = crate::id::PortId::new(core.id().clone(), port.clone());
            self.tell_death(port, &Reason::no_such_port(&id));
        }
    }

    /// The node said `mon0` for one of our ports.
    pub(crate) fn unwatched_by(&self, core: &Core, port: &str) {
        let id = self.state.lock().watched.remove(port);
        if let (Some(id), Some(cell)) = (id, core.registry().find(port)) {
            cell.unwatch(id);
        }
    }

    /// One of our ports that it watches died.
    pub(crate) fn tell_death(&self, port: &PortName, reason: &Reason) {
        let mut request = vec![Value::from("kil0"), Value::from(port.as_str())];
        request.extend(reason.values().iter().cloned());
        let mut state = self.state.lock();
        if state.watched.remove(port).is_some() {
            if let Stage::Up(up) = &state.stage {
                drop(up.link.send("", &request));
            }
        }
    }

    /// One of its ports that we watch died.
    pub(crate) fn port_died(&self, core: &Arc<Core>, port: &str, reason: &Reason) {
        let watches = self.state.lock().watches.died(port);
        for watch in watches {
            router::fire(core, watch, reason);
        }
    }

    /// Whether a connection whose greeting was read may go on.
    pub(crate) fn admit(&self, claim: &Claim<'_>) -> Result<(), Refusal> {
        self.state.lock().arbiter.admit(claim)
    }

    /// The handshake of a connection that was admitted failed.
    pub(crate) fn release(&self, attempt: u64) {
        self.state.lock().arbiter.release(attempt);
    }

    /// The handshake is done: adopts the connection that `start` makes, after the fall of one
    /// that it replaces.
    pub(crate) async fn adopt(
        self: &Arc<Self>,
        core: &Arc<Core>,
        claim: &Claim<'_>,
        start: impl FnOnce() -> LinkSender,
    ) -> Result<LinkSender, Refusal> {
        let completion = self.state.lock().arbiter.complete(claim)?;
        if let Completion::Replaces(old) = completion {
            let text = format!("node {} was restarted, or lost its connection", self.id);
            self.fall(core, Some(old), &Reason::transport(text));
        }
        loop {
            let changed = self.changed();
            let mut changed = std::pin::pin!(changed);
            changed.as_mut().enable();
            if !matches!(self.state.lock().stage, Stage::Falling(_) | Stage::Up(_)) {
                break;
            }
            changed.await;
        }
        Ok(self.rise(core, claim.attempt, start))
    }

    fn rise(
        self: &Arc<Self>,
        core: &Arc<Core>,
        attempt: u64,
        start: impl FnOnce() -> LinkSender,
    ) -> LinkSender {
        let telling = self.telling.lock();
        let mut state = self.state.lock();
        let link = start();
        let stage = Stage::Up(Up { attempt, link: link.clone() });
        if let Stage::Connecting(waiting) = std::mem::replace(&mut state.stage, stage) {
            for (port, message) in waiting.into_packets() {
                if link.send_encoded(&port, &message).is_err() {
                    core.count_dropped(Dropped::NoConnection, 1);
                }
            }
        }
        drop(state);
        tracing::info!(target: "aemp", "node {} is up", self.id);
        core.events().tell(&NodeEvent::Up { node: self.id.clone() });
        drop(telling);
        self.changed.notify_waiters();
        link
    }

    /// The connection ended.
    pub(crate) fn link_closed(self: &Arc<Self>, core: &Arc<Core>, attempt: u64, why: &CloseReason) {
        let text = format!("connection to node {}: {why}", self.id);
        let kind = match why {
            CloseReason::Overflow { .. } => kind::OVERFLOW,
            _ => kind::TRANSPORT_ERROR,
        };
        self.fall(core, Some(attempt), &Reason::new(kind, text));
    }

    /// No connection could be made in time.
    pub(crate) fn unreachable(self: &Arc<Self>, core: &Arc<Core>, text: String) {
        self.fall(core, None, &Reason::transport(text));
    }

    /// Ends the connection of that number, or with `None` the wait for one: monitors fire.
    fn fall(self: &Arc<Self>, core: &Arc<Core>, attempt: Option<u64>, reason: &Reason) {
        let (was_up, link, watches, watched) = {
            let mut state = self.state.lock();
            let falls = match (&state.stage, attempt) {
                (Stage::Up(up), Some(attempt)) => up.attempt == attempt,
                (Stage::Connecting(_), None) => true,
                _ => false,
            };
            if !falls {
                return;
            }
            if let Some(attempt) = attempt {
                state.arbiter.down(attempt);
            }
            let stage = std::mem::replace(&mut state.stage, Stage::Falling(Waiting::default()));
            let link = match stage {
                Stage::Up(up) => Some(up.link),
                Stage::Connecting(waiting) => {
                    core.count_dropped(Dropped::NoConnection, waiting.len());
                    None
                }
                Stage::Idle | Stage::Falling(_) => None,
            };
            (attempt.is_some(), link, state.watches.lost(), std::mem::take(&mut state.watched))
        };
        if let Some(link) = link {
            link.close(CloseReason::local(reason.text()));
        }
        for (port, id) in watched {
            if let Some(cell) = core.registry().find(&port) {
                cell.unwatch(id);
            }
        }
        self.fire_all(core, watches, reason);
        if was_up {
            self.tell_down(core, reason);
        }
        self.fallen(core);
    }

    fn fire_all(&self, core: &Arc<Core>, watches: Vec<Watch>, reason: &Reason) {
        let before = FIRING.replace(std::ptr::from_ref(self).cast());
        for watch in watches {
            router::fire(core, watch, reason);
        }
        FIRING.set(before);
    }

    fn tell_down(&self, core: &Arc<Core>, reason: &Reason) {
        tracing::info!(target: "aemp", "node {} is down: {reason}", self.id);
        let _telling = self.telling.lock();
        let before = FIRING.replace(std::ptr::from_ref(self).cast());
        core.events().tell(&NodeEvent::Down { node: self.id.clone(), reason: reason.clone() });
        FIRING.set(before);
    }

    /// All monitors have fired: idle, or connecting again for who wants it.
    fn fallen(self: &Arc<Self>, core: &Arc<Core>) {
        let mut state = self.state.lock();
        let mut wanted = false;
        if let Stage::Falling(waiting) = std::mem::take(&mut state.stage) {
            wanted = !(waiting.is_empty() && state.watches.is_empty());
            if wanted {
                state.stage = Stage::Connecting(waiting);
            }
        }
        drop(state);
        self.changed.notify_waiters();
        if wanted {
            connector::want(core, self);
        }
    }

    /// The node is being shut down: what is queued goes out, then the connection ends.
    pub(crate) fn finish(self: &Arc<Self>, core: &Arc<Core>, reason: &Reason) {
        let link = match &self.state.lock().stage {
            Stage::Up(up) => Some(up.link.clone()),
            _ => None,
        };
        match link {
            Some(link) => link.finish(),
            None => self.fall(core, None, reason),
        }
    }

    /// The link, if the node is connected.
    pub(crate) fn link(&self) -> Option<LinkSender> {
        match &self.state.lock().stage {
            Stage::Up(up) => Some(up.link.clone()),
            _ => None,
        }
    }
}

/// The queue that a packet sent now has to wait in; none when it is to be lost.
fn state_waiting<'a>(state: &'a mut State, peer: &Peer) -> Option<&'a mut Waiting> {
    if matches!(state.stage, Stage::Idle) {
        state.stage = Stage::Connecting(Waiting::default());
    }
    match &mut state.stage {
        Stage::Connecting(waiting) => Some(waiting),
        Stage::Falling(waiting) if FIRING.get() == std::ptr::from_ref(peer).cast() => Some(waiting),
        Stage::Idle | Stage::Falling(_) | Stage::Up(_) => None,
    }
}
