//! The handle on a monitor.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::fail_points::fail_point;
use crate::id::PortId;
use crate::monitor::WatchId;
use crate::node::Core;
use crate::port::AnyCell;

/// Names one monitor. Dropping it changes nothing; [`cancel`](Self::cancel) stops the monitor;
/// [`guard`](Self::guard) makes dropping stop it.
#[derive(Clone)]
pub struct MonToken {
    core: Weak<Core>,
    target: PortId,
    id: WatchId,
    owner: Option<Weak<dyn AnyCell>>,
}

impl MonToken {
    pub(crate) fn new(
        core: &Arc<Core>,
        target: PortId,
        id: WatchId,
        owner: Option<Weak<dyn AnyCell>>,
    ) -> Self {
        Self { core: Arc::downgrade(core), target, id, owner }
    }

    /// Of a monitor that nobody has.
    pub(super) fn of_none(target: PortId) -> Self {
        Self { core: Weak::new(), target, id: WatchId(0), owner: None }
    }

    /// The monitored port.
    pub fn target(&self) -> &PortId {
        &self.target
    }

    /// Stops the monitor: if it has not fired, it never will. Cancelled from the port that made
    /// it, not even a firing that waits in the mailbox is run.
    pub fn cancel(&self) {
        if fail_point!(IgnoreCancel) {
            return;
        }
        if let Some(core) = self.core.upgrade() {
            core.unmon(&self.target, self.id);
        }
        if let Some(owner) = self.owner.as_ref().and_then(Weak::upgrade) {
            owner.disown(self.id);
        }
    }

    /// Ties the monitor to a scope: it stops when the guard is dropped.
    #[must_use = "dropping the guard stops the monitor"]
    pub fn guard(self) -> MonGuard {
        MonGuard { token: self }
    }
}

impl fmt::Debug for MonToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MonToken({} on {})", self.id.0, self.target)
    }
}

/// Stops its monitor when dropped.
#[derive(Debug)]
pub struct MonGuard {
    token: MonToken,
}

impl Drop for MonGuard {
    fn drop(&mut self) {
        self.token.cancel();
    }
}
