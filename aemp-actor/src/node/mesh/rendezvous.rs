//! The port that another node talks to us through.

use std::any::Any;
use std::sync::Arc;

use parking_lot::Mutex;

use super::news::News;
use crate::die::Die;
use crate::id::{NodeId, PortName};
use crate::message::Message;
use crate::monitor::{WatchId, Watchers};
use crate::node::{Builtin, Core, Dropped, Origin, Watch, spawn_failed};
use crate::port::{AnyCell, Facts, kind};
use crate::reason::Reason;
use crate::visible::one_line;

/// The init function by which the other node spawns it.
pub(crate) const CONNECT: &str = "AnyEvent::MP::Global::connect";

/// The version of the global protocol.
const VERSION: i64 = 0;

/// A rendezvous port. It has no mailbox: news is taken in the order of the connection, by the task
/// that reads it, so that none of it can be taken after the connection is down.
pub(crate) struct Rendezvous {
    name: PortName,
    core: Arc<Core>,
    node: NodeId,
    attempt: u64,
    /// `None` when it is dead.
    watchers: Mutex<Option<Watchers<Watch>>>,
}

/// The init function of rendezvous ports.
pub(crate) const BUILTIN: Builtin = Builtin::spawned_to_join(CONNECT, meet);

/// The other node spawns its rendezvous port; false when the name is taken.
fn meet(core: &Arc<Core>, origin: &Origin, port: PortName, args: &Message) -> bool {
    let Origin { peer, attempt, .. } = origin;
    match create(core, port.clone(), peer.id(), *attempt, args) {
        Ok(Some(guest)) => core.network().mesh().add_guest(core, peer.id(), *attempt, guest),
        Ok(None) => return false,
        Err(die) => return spawn_failed(core, port, die),
    }
    true
}

/// Creates the port `name` for the node at the other end of connection `attempt`; `None` when there
/// is a port of that name, or the node is shut down.
///
/// # Errors
/// Why the port has to die at once.
fn create(
    core: &Arc<Core>,
    name: PortName,
    node: &NodeId,
    attempt: u64,
    args: &Message,
) -> Result<Option<Arc<Rendezvous>>, Die> {
    let (version, named): (i64, Option<String>) = args.args()?;
    if version != VERSION {
        return Err(Die::new(format!(
            "version {version} of the global protocol is not known here, only {VERSION}"
        )));
    }
    if named.is_some_and(|named| *node != *named) {
        return Err(Die::new("a rendezvous port is for the node that spawns it"));
    }
    let cell = Arc::new(Rendezvous {
        name,
        core: core.clone(),
        node: node.clone(),
        attempt,
        watchers: Mutex::new(Some(Watchers::default())),
    });
    if !core.registry().insert(cell.clone()) {
        return Ok(None);
    }
    Ok(Some(cell))
}

impl Rendezvous {
    /// The port ends.
    pub(crate) fn finish(&self, reason: &Reason) {
        let Some(mut watchers) = self.watchers.lock().take() else { return };
        self.core.registry().remove(&self.name);
        self.core.port_died(&self.name, watchers.take_all(), false, reason);
    }
}

impl AnyCell for Rendezvous {
    fn name(&self) -> &PortName {
        &self.name
    }

    fn core(&self) -> &Arc<Core> {
        &self.core
    }

    fn deliver(self: Arc<Self>, message: Message) {
        if self.watchers.lock().is_none() {
            self.core.count_dropped(Dropped::DeadPort, 1);
            return;
        }
        match News::read(&message, self.core.config().node_limits.max_registrations) {
            Ok(news) => {
                self.core.network().mesh().received(&self.core, &self.node, self.attempt, news)
            }
            Err(problem) => {
                let problem = one_line(&problem);
                tracing::warn!(target: "aemp", "news of node {}: {problem}", self.node);
            }
        }
    }

    fn abort(self: Arc<Self>, reason: Reason) {
        self.finish(&reason);
    }

    fn watch(&self, watch: Watch) -> Result<(), Watch> {
        match &mut *self.watchers.lock() {
            Some(watchers) => {
                watchers.add(watch.id, watch);
                Ok(())
            }
            None => Err(watch),
        }
    }

    fn unwatch(&self, id: WatchId) -> Option<Watch> {
        self.watchers.lock().as_mut()?.remove(id)
    }

    fn kind(&self) -> &'static str {
        kind::RENDEZVOUS
    }

    fn facts(&self) -> Facts {
        let watchers = self.watchers.lock();
        Facts::simple(watchers.as_ref().map_or(0, Watchers::len))
    }

    fn death(&self) -> Option<Reason> {
        self.watchers.lock().is_none().then(Reason::normal)
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
