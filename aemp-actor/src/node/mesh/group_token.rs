//! Handles on registrations and group monitors.

use std::fmt;
use std::future::Future;
use std::sync::Weak;
use std::time::Duration;

use super::confirmed::{NotConfirmed, confirmed};
use crate::group::Refused;
use crate::id::PortId;
use crate::node::{Core, MonToken};

/// A port cannot be registered in a group.
#[derive(Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// A port is registered by its own node.
    #[error(
        "group {group:?}: port {port} is not of this node, and only its own node can register it"
    )]
    NotLocal {
        /// The group.
        group: String,
        /// The port.
        port: PortId,
    },
    /// There are as many registrations of this node as other nodes keep.
    #[error("group {group:?}: this node has {limit} registrations in groups (max_registrations)")]
    TooMany {
        /// The group.
        group: String,
        /// The limit.
        limit: usize,
    },
    /// The name of the group is longer than 256 bytes.
    #[error("a name of a group may have 256 bytes, not {bytes}")]
    LongName {
        /// How many it has.
        bytes: usize,
    },
    /// It is a member already.
    #[error("group {group:?}: port {port} is a member already")]
    Twice {
        /// The group.
        group: String,
        /// The port.
        port: PortId,
    },
}

/// A registration in a group. Dropping it changes nothing: the registration ends with the port,
/// or by [`cancel`](Self::cancel).
#[derive(Clone)]
pub struct GrpToken {
    core: Weak<Core>,
    group: String,
    port: PortId,
    death: MonToken,
}

impl GroupError {
    pub(crate) fn refused(refused: Refused, group: String, port: PortId) -> Self {
        match refused {
            Refused::Twice => Self::Twice { group, port },
            Refused::TooMany { limit } => Self::TooMany { group, limit },
            Refused::LongName => Self::LongName { bytes: group.len() },
        }
    }
}

impl GrpToken {
    pub(crate) fn new(core: Weak<Core>, group: String, port: PortId, death: MonToken) -> Self {
        Self { core, group, port, death }
    }

    /// Takes the port out of the group.
    pub fn cancel(&self) {
        self.death.cancel();
        if let Some(core) = self.core.upgrade() {
            core.network().mesh().unregister(&core, &self.group, &self.port);
        }
    }

    /// Waits until all nodes that are connected now see the port in the group: what they send to the group from
    /// then on comes to it, too. A node that goes down meanwhile is not waited for.
    ///
    /// # Errors
    /// When one has not confirmed that in time.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub fn announced(
        &self,
        within: Duration,
    ) -> impl Future<Output = Result<(), NotConfirmed>> + Send + use<> {
        confirmed(self.core.upgrade(), self.group.clone(), within)
    }

    /// Takes the port out of the group, as [`cancel`](Self::cancel) does, and waits until no node that is connected
    /// sees it there any more. What they had sent to it before has come then, but for messages of more than 64 KiB:
    /// [stop](crate::PortRef::stop) it to have that handled.
    ///
    /// It has left when this is called; awaiting tells when the others know.
    ///
    /// # Errors
    /// When one has not confirmed that in time; it will see it as soon as it is told.
    ///
    /// # Cancel safety
    /// Dropping it changes nothing.
    pub fn leave(
        &self,
        within: Duration,
    ) -> impl Future<Output = Result<(), NotConfirmed>> + Send + use<> {
        self.cancel();
        self.announced(within)
    }

    /// Ties the registration to a scope: it ends when the guard is dropped.
    #[must_use = "dropping the guard ends the registration"]
    pub fn guard(self) -> GrpGuard {
        GrpGuard { token: self }
    }
}

impl fmt::Debug for GrpToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrpToken({} in {:?})", self.port, self.group)
    }
}

/// Ends its registration when dropped.
#[derive(Debug)]
pub struct GrpGuard {
    token: GrpToken,
}

impl Drop for GrpGuard {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

/// Names a monitor of a group. Dropping it changes nothing.
#[derive(Clone)]
pub struct GrpMonToken {
    core: Weak<Core>,
    group: String,
    id: u64,
}

impl GrpMonToken {
    pub(crate) fn new(core: Weak<Core>, group: String, id: u64) -> Self {
        Self { core, group, id }
    }

    /// Stops the monitor.
    pub fn cancel(&self) {
        if let Some(core) = self.core.upgrade() {
            core.network().mesh().unmonitor(&self.group, self.id);
        }
    }
}

impl fmt::Debug for GrpMonToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GrpMonToken({} on {:?})", self.id, self.group)
    }
}
