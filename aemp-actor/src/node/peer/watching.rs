//! Who watches whom across the connection to a peer.

use std::sync::Arc;

use aemp_transport::{CloseReason, LinkSender, Order, Value};

use super::Peer;
use super::state::Stage;
use crate::fail_points::fail_point;
use crate::id::{PortId, PortName};
use crate::monitor::WatchId;
use crate::node::core::Core;
use crate::node::monitors::{Action, Watch, fire};
use crate::node::{connector, traced};
use crate::reason::{Reason, kind};

impl Peer {
    /// Adds a watch on a port there.
    pub(crate) fn watch(self: &Arc<Self>, core: &Arc<Core>, port: &PortName, watch: Watch) {
        let mut state = self.state.lock();
        if matches!(state.stage, Stage::Falling(_)) && !super::state::is_firing(self) {
            state.late.push(watch);
            return;
        }
        let begin = matches!(state.stage, Stage::Idle);
        if state.watches.add(port, watch.id, watch) {
            self.request(core, &mut state, port, "mon1");
        }
        drop(state);
        if begin {
            connector::want(core, self);
        }
    }

    /// Takes a watch back.
    pub(crate) fn unwatch(&self, port: &PortName, id: WatchId) {
        let Some(core) = self.core.upgrade() else { return };
        let mut state = self.state.lock();
        let late = state.late.iter().position(|watch| watch.id == id);
        let late = late.map(|index| state.late.remove(index));
        let removed = state.watches.remove(port, id);
        if removed.last && !fail_point!(KeepRemoteMonitor) {
            self.request(&core, &mut state, port, "mon0");
        }
        drop(state);
        drop((late, removed.watch));
    }

    /// One of its ports that we watch died.
    pub(crate) fn port_died(&self, core: &Arc<Core>, port: &str, reason: &Reason) {
        let watches = self.state.lock().watches.died(port);
        for watch in watches {
            fire(core, watch, reason);
        }
    }

    /// The node asked with `mon1` for one of our ports.
    pub(crate) fn watched_by(self: &Arc<Self>, core: &Arc<Core>, port: &PortName) {
        let id = core.new_watch_id();
        if !self.remember_watched(core, port, id) {
            return;
        }
        let action = Action::Peer(Arc::downgrade(self), port.clone());
        let watch = Watch { id, owner: None, action };
        let refused = match core.registry().find(port) {
            Some(cell) => cell.watch(watch).is_err(),
            None => !port.is_empty(),
        };
        if refused {
            let id = PortId::new(core.id().clone(), port.clone());
            self.notify_death(port, &core.why_gone(&id));
        }
    }

    /// False when it was remembered before, or is one too many, which ends the connection:
    /// monitors that are not kept must not be promised (guarantee 3).
    fn remember_watched(&self, core: &Core, port: &PortName, id: WatchId) -> bool {
        let limit = core.config().node_limits.max_monitors;
        let mut state = self.state.lock();
        if state.watched.contains_key(port) {
            return false;
        }
        if state.watched.len() < limit {
            state.watched.insert(port.clone(), id);
            return true;
        }
        if let Some(link) = state.link() {
            link.close(CloseReason::local(format!(
                "node {} monitors more than {limit} ports (max_monitors)",
                self.id
            )));
        }
        false
    }

    /// Closes that connection, if it is still the one.
    pub(crate) fn close_link(&self, attempt: u64, text: String) {
        if let Stage::Up(up) = &self.state.lock().stage
            && up.attempt == attempt
        {
            up.link.close(CloseReason::local(text));
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
    pub(crate) fn notify_death(&self, port: &PortName, reason: &Reason) {
        let mut state = self.state.lock();
        if state.watched.remove(port).is_some()
            && let Some(link) = state.link()
        {
            self.send_death(link, port, reason);
        }
    }

    /// The node is being shut down: tells of all ports that it still watches, whose handlers run
    /// and are yet to be dropped, before the connection takes nothing more (guarantee 11). The
    /// end of the node itself is told by the end of the connection.
    pub(super) fn notify_shutdown(&self, reason: &Reason) {
        let mut state = self.state.lock();
        let watched = std::mem::take(&mut state.watched);
        let Some(link) = state.link() else { return };
        for port in watched.keys().filter(|port| !port.is_empty()) {
            self.send_death(link, port, reason);
        }
    }

    fn send_death(&self, link: &LinkSender, port: &PortName, reason: &Reason) {
        let death = death(port, reason);
        traced::sent(&self.id, "", &death);
        // A link that takes nothing more is about to end, which tells of all deaths.
        drop(link.send_ordered("", death_order(port), &death));
    }

    /// Whether it may spawn one more port here; if so, the port is counted until
    /// [`spawned_ended`](Self::spawned_ended).
    pub(crate) fn may_spawn(&self, core: &Core) -> bool {
        let mut state = self.state.lock();
        let may = state.spawned < core.config().node_limits.max_spawned;
        state.spawned += usize::from(may);
        may
    }

    /// A port that it spawned has died.
    pub(crate) fn spawned_ended(&self) {
        let mut state = self.state.lock();
        state.spawned = state.spawned.saturating_sub(1);
    }

    /// It may not have what it asks of that port: dead for it.
    pub(crate) fn notify_denied(&self, core: &Core, port: &PortName, what: &str) {
        let text = format!("port {}#{port} may not {what} by node {}", core.id(), self.id);
        self.notify_refused(port, &Reason::new(kind::ACCESS_DENIED, text));
    }

    /// There will be no such port for it.
    pub(crate) fn notify_refused(&self, port: &PortName, reason: &Reason) {
        let state = self.state.lock();
        if let Some(link) = state.link() {
            self.send_death(link, port, reason);
        }
    }

    /// A port that it wanted to spawn is one too many: dead at once.
    pub(crate) fn refuse_spawn(&self, core: &Core, port: &PortName) {
        let limit = core.config().node_limits.max_spawned;
        let text = format!(
            "node {} runs {limit} ports spawned by node {} already (max_spawned)",
            core.id(),
            self.id
        );
        self.notify_refused(port, &Reason::new(kind::OVERFLOW, text));
    }
}

/// Words come before the news of death (guarantee 5), whichever ports they were for.
fn death_order(port: &PortName) -> Order<'_> {
    if fail_point!(DeathOvertakes) { Order::Free } else { Order::After(port) }
}

/// The request that tells of a death.
fn death(port: &PortName, reason: &Reason) -> Vec<Value> {
    let mut request = vec![Value::from("kil0"), Value::from(port.as_str())];
    request.extend(reason.values().iter().cloned());
    request
}
