//! Setting monitors, and taking them back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::action::{Action, MonAction, Watch};
use super::fire::fire;
use super::token::MonToken;
use crate::id::PortId;
use crate::monitor::{WatchId, Watchers};
use crate::node::Core;
use crate::port::AnyCell;
use crate::reason::{Reason, kind};

/// The monitors that stand in no table of a port or peer.
#[derive(Default)]
pub(in crate::node) struct Monitors {
    next_id: AtomicU64,
    /// Those of this node's own node port: they fire when the node is shut down.
    of_node: Mutex<Watchers<Watch>>,
    /// Those of ports that do not exist: each fires in a moment, unless it is cancelled.
    due: Mutex<BTreeMap<WatchId, Watch>>,
}

impl Monitors {
    /// Takes those of the node port out, to be fired.
    pub(in crate::node) fn take_all_of_node(&self) -> Vec<Watch> {
        self.of_node.lock().take_all()
    }
}

impl Core {
    pub(crate) fn new_watch_id(&self) -> WatchId {
        WatchId(self.monitors().next_id.fetch_add(1, Ordering::Relaxed))
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
        let notified = match &action {
            Action::Kil(port) | Action::Snd(port, _) if *port.node() == *self.id() => port,
            _ => return self.mon_as(id, target, None, action),
        };
        let cell = self.registry().find(notified.name());
        self.mon_as(id, target, cell.as_ref(), action)
    }

    pub(crate) fn mon_as(
        self: &Arc<Self>,
        id: WatchId,
        target: &PortId,
        owner: Option<&Arc<dyn AnyCell>>,
        action: Action,
    ) -> MonToken {
        let lost = owner.and_then(|owner| owner.unnotified(target));
        if let Some(owner) = owner {
            owner.own(id, target);
        }
        let watch = Watch { id, owner: owner.map(Arc::downgrade), action };
        let token = MonToken::new(self, target.clone(), id, watch.owner.clone());
        if let Some(reason) = lost {
            // What the port sends to `target` now is lost (guarantee 2): so the new monitor has to
            // tell of the same loss, and not of the next one. It does so in the port's mailbox.
            fire(self, watch, &reason);
        } else if let Err((watch, reason)) = self.add_watch(target, watch) {
            self.monitors().due.lock().insert(id, watch);
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
        if *target.node() != *self.id() {
            if let Some(unreachable) = self.unreachable(target.node()) {
                return Err((watch, unreachable.reason(self, target.node())));
            }
            self.peer(target.node()).watch(self, target.name(), watch);
            return Ok(());
        }
        if self.is_closed() {
            return Err((watch, self.shutdown_reason()));
        }
        if target.is_node() {
            let id = watch.id;
            self.monitors().of_node.lock().add(id, watch);
            // If it was shut down meanwhile, its monitors may have been taken out before this.
            let late =
                if self.is_closed() { self.monitors().of_node.lock().remove(id) } else { None };
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
        let due = self.monitors().due.lock().remove(&id);
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
            let watch = self.monitors().of_node.lock().remove(id);
            drop(watch);
        } else if let Some(cell) = self.registry().find(target.name()) {
            cell.unwatch(id);
        }
    }
}

/// Monitors a port from the node that its handle knows; where that is none, it fires at once.
pub(crate) fn mon_from(
    core: Option<Arc<Core>>,
    target: PortId,
    action: impl MonAction,
) -> MonToken {
    let action = action.into_action().0;
    match (core, action) {
        (Some(core), action) => core.mon(&target, None, action),
        (None, Action::Call(call)) => {
            let text = format!("the handle on {target} knows no node to send from");
            call(Reason::new(kind::NO_SUCH_NODE, text));
            MonToken::of_none(target)
        }
        // Nobody can send it: whoever made the handle was told so in the log.
        (None, _) => MonToken::of_none(target),
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
        let watch = self.core.monitors().due.lock().remove(&self.id);
        if let Some(watch) = watch {
            fire(&self.core, watch, &self.reason);
        }
    }
}
