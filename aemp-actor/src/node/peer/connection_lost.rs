//! A connection to a peer is lost, or none could be made: its monitors fire.
//!
//! A fall has these phases, of which the first and the last are under the lock of the state:
//!
//! 1. [`begin_fall`](Peer::begin_fall): the stage becomes `Falling`; watches are taken out of the tables.
//! 2. [`close_fallen`](Peer::close_fallen): the link is closed, and what was on it counted as lost.
//! 3. [`drop_watched`](Peer::drop_watched): the peer's monitors on ports here are taken back.
//! 4. [`fire_all`]: the monitors on its ports fire; then everybody else is notified.
//! 5. [`end_fall`](Peer::end_fall): `Falling` ends, unless more monitors were set meanwhile, which fire first.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Arc;

use aemp_transport::CloseReason;

use super::Peer;
use super::state::{Stage, Up, while_firing};
use crate::fail_points::fail_point;
use crate::id::PortName;
use crate::monitor::WatchId;
use crate::node::core::Core;
use crate::node::counters::Dropped;
use crate::node::events::NodeEvent;
use crate::node::monitors::{Watch, fire};
use crate::node::waiting::Waiting;
use crate::node::{connector, relay};
use crate::reason::{Absence, Reason, kind};
use crate::visible::one_line;

/// What a fall has taken out of the state of the peer.
struct Fallen {
    /// The connection, if there was one.
    up: Option<Up>,
    /// Our watches on its ports, to be fired.
    watches: Vec<Watch>,
    /// Its watches on our ports.
    watched: BTreeMap<PortName, WatchId>,
}

impl Peer {
    /// The connection ended, and nothing of it runs any more.
    pub(crate) fn link_closed(self: &Arc<Self>, core: &Arc<Core>, attempt: u64, why: &CloseReason) {
        let text = format!("connection to node {}: {why}", self.id);
        let kind = match why {
            CloseReason::Overflow { .. } => kind::OVERFLOW,
            _ => kind::TRANSPORT_ERROR,
        };
        let absence = match why {
            CloseReason::Silent(_) => Some(Absence::Silent),
            CloseReason::Io { kind: ErrorKind::TimedOut, .. } => Some(Absence::Silent),
            _ => None,
        };
        self.fall(core, Some(attempt), &Reason::new(kind, text).with_absence(absence));
        self.state.lock().running_links -= 1;
        self.changed.notify_waiters();
    }

    /// No connection could be made in time.
    pub(crate) fn unreachable(self: &Arc<Self>, core: &Arc<Core>, reason: Reason) {
        self.fall(core, None, &reason);
    }

    /// Ends the connection of that number, or with `None` the wait for one: monitors fire.
    pub(super) fn fall(self: &Arc<Self>, core: &Arc<Core>, attempt: Option<u64>, reason: &Reason) {
        let Some(Fallen { up, watches, watched }) = self.begin_fall(core, attempt) else { return };
        if let Some(up) = &up {
            self.close_fallen(core, up, reason);
        }
        Self::drop_watched(core, watched);
        while_firing(self, || {
            if !fail_point!(CutSilently) {
                fire_all(core, watches, reason);
            }
            if let Some(attempt) = attempt {
                self.notify_down(core, attempt, reason);
            }
        });
        while let Some(late) = self.end_fall(core) {
            while_firing(self, || {
                if !fail_point!(LoseLateMonitor) {
                    fire_all(core, late, reason);
                }
            });
        }
        if up.is_some_and(|up| up.is_relayed()) {
            self.approach_again(core);
        }
    }

    /// Whether it is this connection, or wait, that there is; then everything is lost from now on.
    fn begin_fall(&self, core: &Core, attempt: Option<u64>) -> Option<Fallen> {
        let mut state = self.state.lock();
        let falls = match (&state.stage, attempt) {
            (Stage::Up(up), Some(attempt)) => up.attempt == attempt,
            (Stage::Connecting(_), None) => true,
            _ => false,
        };
        if !falls {
            return None;
        }
        if let Some(attempt) = attempt {
            state.arbiter.down(attempt);
        }
        let stage = std::mem::replace(&mut state.stage, Stage::Falling(Waiting::default()));
        let up = match stage {
            Stage::Up(up) => Some(up),
            Stage::Connecting(waiting) => {
                self.count_lost(core, Dropped::NoConnection, waiting.len());
                None
            }
            Stage::Idle | Stage::Falling(_) => None,
        };
        let watched = std::mem::take(&mut state.watched);
        Some(Fallen { up, watches: state.watches.lost(), watched })
    }

    fn close_fallen(&self, core: &Core, up: &Up, reason: &Reason) {
        self.round_trips.lock().reset();
        up.link.close(CloseReason::local(reason.text()));
        self.count_lost(core, Dropped::NoConnection, up.link.lost_packets());
    }

    fn drop_watched(core: &Core, watched: BTreeMap<PortName, WatchId>) {
        for (port, id) in watched {
            if let Some(cell) = core.registry().find(&port) {
                cell.unwatch(id);
            }
        }
    }

    /// A node without an address that was connected through a hub is connected to again. (One that has
    /// addresses is sought by the mesh, and these are tried first.)
    fn approach_again(&self, core: &Arc<Core>) {
        if relay::is_wanted(core) && !core.network().book().knows(&self.id) {
            relay::approach(core, &self.id, None);
        }
    }

    fn notify_down(&self, core: &Arc<Core>, attempt: u64, reason: &Reason) {
        let text = reason.to_string();
        tracing::info!(target: "aemp", "node {} is down: {}", self.id, one_line(&text));
        let _notifying = self.notifying.lock();
        core.network().remove_connected(&self.id);
        if !fail_point!(KeepRelayed) {
            relay::node_down(core, &self.id);
        }
        core.network().mesh().node_down(core, &self.id, attempt);
        let event = NodeEvent::Down { node: self.id.clone(), reason: reason.clone() };
        core.events().notify(core, &event);
    }

    /// All monitors have fired: idle, or connecting again for who wants it. Gives the monitors
    /// that were set meanwhile, if there are any, in place of that.
    fn end_fall(self: &Arc<Self>, core: &Arc<Core>) -> Option<Vec<Watch>> {
        let mut state = self.state.lock();
        if !state.late.is_empty() {
            return Some(std::mem::take(&mut state.late));
        }
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
        None
    }
}

fn fire_all(core: &Arc<Core>, watches: Vec<Watch>, reason: &Reason) {
    for watch in watches {
        fire(core, watch, reason);
    }
}
