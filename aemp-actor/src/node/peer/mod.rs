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

#[cfg(feature = "sim")]
mod census;
mod facts;
mod heartbeat;
mod info;
mod lifecycle;
mod round_trips;
mod sending;
mod silence;
mod state;
mod watching;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;

use self::round_trips::RoundTrips;
use self::state::{Stage, State};
use super::core::Core;
use super::counters::Dropped;
use crate::id::NodeId;

pub(crate) use facts::Facts;
pub use info::{Connection, PeerInfo, PeerState, RoundTrip, Traffic};

/// One other node: its stage, its connection, the watches across it, and what waits for it.
pub(crate) struct Peer {
    id: NodeId,
    core: Weak<Core>,
    state: Mutex<State>,
    /// Woken when the stage changes.
    changed: Notify,
    /// Held while node events are told, so that they are told in their order.
    telling: Mutex<()>,
    /// How quick it answers.
    round_trips: Mutex<RoundTrips>,
    /// Messages to it that were lost.
    lost: AtomicU64,
}

impl Peer {
    pub(crate) fn new(id: NodeId, core: Weak<Core>) -> Arc<Self> {
        Arc::new(Self {
            id,
            core,
            state: Mutex::default(),
            changed: Notify::new(),
            telling: Mutex::new(()),
            round_trips: Mutex::default(),
            lost: AtomicU64::new(0),
        })
    }

    /// Whether it is this node, as `core` knows it.
    pub(crate) fn is(&self, core: &Arc<Core>, id: &NodeId) -> bool {
        std::ptr::eq(self.core.as_ptr(), Arc::as_ptr(core)) && self.id == *id
    }

    /// Messages to this node are lost.
    fn count_lost(&self, core: &Core, cause: Dropped, count: usize) {
        core.count_dropped(cause, count);
        self.lost.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
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

    /// Whether nothing is known of the node that would be lost by forgetting it.
    pub(crate) fn is_unused(&self) -> bool {
        self.state.lock().is_unused()
    }

    /// Makes those who wait for a change look again.
    pub(crate) fn wake(&self) {
        self.changed.notify_waiters();
    }

    /// Completes at the next change of the stage.
    pub(crate) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    /// Waits until `done` says so of the peer; asked now and after each change of the stage.
    pub(crate) async fn until(&self, mut done: impl FnMut(&Self) -> bool) {
        loop {
            let mut changed = std::pin::pin!(self.changed());
            changed.as_mut().enable();
            if done(self) {
                return;
            }
            changed.await;
        }
    }
}
