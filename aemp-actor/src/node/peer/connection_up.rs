//! A connection to a peer comes up: the arbiter decides whether it may, and it is adopted.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Admission, LinkSender};
use tokio::time::Instant;

use super::state::{Stage, State, Up};
use super::{Facts, Peer};
use crate::node::arbiter::{Claim, Completion, Refusal};
use crate::node::core::Core;
use crate::node::counters::Dropped;
use crate::node::events::NodeEvent;
use crate::node::waiting::Packet;
use crate::reason::Reason;

/// How often it is logged at the most that two processes have the same node ID.
const TWINS_PERIOD: Duration = Duration::from_secs(600);

impl Peer {
    /// Whether a connection whose greeting was read may go on, and how; `from` is the other end's
    /// address.
    pub(crate) fn greet(
        &self,
        claim: &Claim<'_>,
        from: Option<&str>,
    ) -> Result<Admission, Refusal> {
        let greeted = self.state.lock().arbiter.greet(claim);
        if greeted == Err(Refusal::Replaced) {
            self.log_twins(from, " (which has not proved itself)");
        }
        greeted
    }

    /// The other side has proved itself: whether our auth line may be sent. The node `was_up` when
    /// its greeting came.
    pub(crate) fn prove(
        self: &Arc<Self>,
        claim: &Claim<'_>,
        was_up: bool,
        from: Option<&str>,
    ) -> Result<(), Refusal> {
        let proved = self.state.lock().arbiter.prove(claim);
        // Is who is connected still alive? (What was connected meanwhile is another dial of the
        // same moment.)
        let again = was_up && proved == Err(Refusal::AlreadyUp);
        if claim.trusted && (again || proved == Err(Refusal::Replaced)) {
            self.probe();
        }
        if claim.trusted && proved == Err(Refusal::Replaced) {
            self.log_twins(from, "");
        }
        proved
    }

    /// Whether our auth line may be sent, for all that the arbiter knows.
    pub(crate) fn may_be_chosen(&self, claim: &Claim<'_>) -> bool {
        self.state.lock().arbiter.check(claim).is_ok()
    }

    /// Two processes have the same node ID: says so, now and then.
    fn log_twins(&self, from: Option<&str>, remark: &str) {
        const UNKNOWN: &str = "an unknown address";
        let mut state = self.state.lock();
        if state.twins_logged.is_some_and(|logged| logged.elapsed() < TWINS_PERIOD) {
            return;
        }
        state.twins_logged = Some(Instant::now());
        let up = match &state.stage {
            Stage::Up(up) => up.facts.address.clone(),
            _ => None,
        };
        drop(state);
        tracing::error!(
            target: "aemp",
            "two processes have the node ID {}: {} and {}{remark}; the second is refused while the \
             first is connected: one of the two needs another nodeid",
            self.id,
            up.as_deref().unwrap_or(UNKNOWN),
            from.unwrap_or(UNKNOWN),
        );
    }

    /// The handshake of a connection is over, or given up.
    pub(crate) fn release(&self, attempt: u64) {
        self.state.lock().arbiter.release(attempt);
    }

    /// The handshake is done: adopts the connection that `start` makes, after the fall of one
    /// that it replaces, and after the tasks of that have ended.
    ///
    /// # Cancel safety
    /// Dropped while it waits, the connection counts as down.
    pub(crate) async fn adopt(
        self: &Arc<Self>,
        core: &Arc<Core>,
        claim: &Claim<'_>,
        facts: Facts,
        start: impl FnOnce() -> LinkSender,
    ) -> Result<LinkSender, Refusal> {
        let mut start = Some((facts, start));
        let completion = self.state.lock().arbiter.complete(claim)?;
        let abandoned = Abandoned { peer: self, attempt: claim.attempt, adopted: false };
        if let Completion::Replaces(old) = completion {
            let text = format!("node {} was restarted, or had lost the connection", self.id);
            self.fall(core, Some(old), &Reason::transport(text));
        }
        let mut abandoned = abandoned;
        loop {
            self.until(|peer| peer.state.lock().is_clear()).await;
            if core.is_closed() {
                return Err(Refusal::ShutDown);
            }
            if let Some(risen) = self.rise(core, claim, &mut start) {
                abandoned.adopted = true;
                return risen;
            }
        }
    }

    /// Begins the connection; `None` when it cannot begin yet after all.
    fn rise(
        self: &Arc<Self>,
        core: &Arc<Core>,
        claim: &Claim<'_>,
        start: &mut Option<(Facts, impl FnOnce() -> LinkSender)>,
    ) -> Option<Result<LinkSender, Refusal>> {
        let notifying = self.notifying.lock();
        let mut state = self.state.lock();
        if !state.is_clear() {
            return None;
        }
        // Under the lock: a node that is being shut down looks for connections to end under it.
        if core.is_closed() {
            return Some(Err(Refusal::ShutDown));
        }
        let start = start.take().filter(|_| state.arbiter.is_up(claim.attempt));
        let Some((facts, start)) = start else { return Some(Err(Refusal::Superseded)) };
        let link = self.start_link(core, &mut state, claim, start);
        let event = NodeEvent::Up {
            node: self.id.clone(),
            address: facts.address.clone(),
            transport: facts.transport.clone(),
        };
        core.network().add_connected(self);
        let protection = facts.protection;
        let up = Up { attempt: claim.attempt, link: link.clone(), facts: Box::new(facts) };
        self.send_what_waited(core, &mut state, up);
        drop(state);
        tracing::info!(target: "aemp", "node {} is up, protection: {protection}", self.id);
        self.keep_alive(core, link.clone());
        self.meet(core, claim);
        core.events().notify(core, &event);
        drop(notifying);
        self.changed.notify_waiters();
        Some(Ok(link))
    }

    /// Starts the tasks of the connection, under the lock.
    fn start_link(
        &self,
        core: &Core,
        state: &mut State,
        claim: &Claim<'_>,
        start: impl FnOnce() -> LinkSender,
    ) -> LinkSender {
        state.running_links += 1;
        // Before anything can be read: news of a node that the mesh does not know is ignored.
        core.network().mesh().node_up(&self.id, claim.attempt, claim.instance.is_some());
        start()
    }

    /// From now on packets go by this connection, after those that have waited for it.
    fn send_what_waited(&self, core: &Core, state: &mut State, up: Up) {
        let link = up.link.clone();
        let Stage::Connecting(waiting) = std::mem::replace(&mut state.stage, Stage::Up(up)) else {
            return;
        };
        for Packet { port, about, place, message } in waiting.into_packets() {
            if link.send_encoded(&port, place.order(&about), &message).is_err() {
                self.count_lost(core, Dropped::NoConnection, 1);
            }
        }
    }

    /// The mesh begins to exchange news with the node, if it is a member.
    fn meet(&self, core: &Arc<Core>, claim: &Claim<'_>) {
        let mesh = core.network().mesh();
        if claim.member {
            mesh.meet(core, &self.id, claim.attempt);
        } else {
            mesh.takes_no_part(core, &self.id, claim.attempt);
        }
    }
}

/// Tells the arbiter when an adoption is dropped before the connection was up.
struct Abandoned<'a> {
    peer: &'a Peer,
    attempt: u64,
    adopted: bool,
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if !self.adopted {
            self.peer.state.lock().arbiter.down(self.attempt);
        }
    }
}
