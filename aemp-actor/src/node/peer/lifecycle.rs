//! Connections of a peer coming and going.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{Admission, CloseReason, LinkSender, Protection};
use tokio::time::Instant;

use super::state::{Stage, Up, while_firing};
use super::{Facts, Peer};
use crate::fail_points::fail_point;
use crate::node::arbiter::{Claim, Completion, Refusal};
use crate::node::connector;
use crate::node::core::Core;
use crate::node::counters::Dropped;
use crate::node::events::NodeEvent;
use crate::node::monitors::Watch;
use crate::node::monitors::fire;
use crate::node::relay;
use crate::node::waiting::{Packet, Waiting};
use crate::reason::{Absence, Reason, kind};
use crate::visible::one_line;

/// How long a connection that was finished on this side waits for the other side to end it too.
const FAREWELL: Duration = Duration::from_secs(5);

/// How often it is said at the most that two processes have the same node ID.
const TWINS_PERIOD: Duration = Duration::from_secs(600);

/// How long a connection waits for those that may go through it to be finished.
const RELAYED_FAREWELL: Duration = Duration::from_secs(2);

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
            self.tell_of_twins(from, " (which has not proved itself)");
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
            self.tell_of_twins(from, "");
        }
        proved
    }

    /// Whether our auth line may be sent, for all that the arbiter knows.
    pub(crate) fn may_be_chosen(&self, claim: &Claim<'_>) -> bool {
        self.state.lock().arbiter.check(claim).is_ok()
    }

    /// Two processes have the same node ID: says so, now and then.
    fn tell_of_twins(&self, from: Option<&str>, remark: &str) {
        const UNKNOWN: &str = "an unknown address";
        let mut state = self.state.lock();
        if state.twins_told.is_some_and(|told| told.elapsed() < TWINS_PERIOD) {
            return;
        }
        state.twins_told = Some(Instant::now());
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
        let attempt = claim.attempt;
        let telling = self.telling.lock();
        let mut state = self.state.lock();
        if !state.is_clear() {
            return None;
        }
        // Under the lock: a node that is being shut down looks for connections to end under it.
        if core.is_closed() {
            return Some(Err(Refusal::ShutDown));
        }
        let start = start.take().filter(|_| state.arbiter.is_up(attempt));
        let Some((facts, start)) = start else { return Some(Err(Refusal::Superseded)) };
        state.running_links += 1;
        // Before anything can be read: news of a node that the mesh does not know is ignored.
        core.network().mesh().node_up(&self.id, attempt, claim.instance.is_some());
        let link = start();
        let event = NodeEvent::Up {
            node: self.id.clone(),
            address: facts.address.clone(),
            transport: facts.transport.clone(),
        };
        let protection = facts.protection;
        let stage = Stage::Up(Up { attempt, link: link.clone(), facts: Box::new(facts) });
        if let Stage::Connecting(waiting) = std::mem::replace(&mut state.stage, stage) {
            for Packet { port, about, place, message } in waiting.into_packets() {
                if link.send_encoded(&port, place.order(&about), &message).is_err() {
                    self.count_lost(core, Dropped::NoConnection, 1);
                }
            }
        }
        drop(state);
        tracing::info!(target: "aemp", "node {} is up, protection: {protection}", self.id);
        self.keep_alive(core, link.clone());
        if claim.member {
            core.network().mesh().meet(core, &self.id, attempt);
        } else {
            core.network().mesh().takes_no_part(core, &self.id, attempt);
        }
        core.events().tell(core, &event);
        drop(telling);
        self.changed.notify_waiters();
        Some(Ok(link))
    }

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
        let (up, watches, watched) = {
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
            let up = match stage {
                Stage::Up(up) => Some(up),
                Stage::Connecting(waiting) => {
                    self.count_lost(core, Dropped::NoConnection, waiting.len());
                    None
                }
                Stage::Idle | Stage::Falling(_) => None,
            };
            (up, state.watches.lost(), std::mem::take(&mut state.watched))
        };
        if let Some(Up { link, .. }) = &up {
            self.round_trips.lock().reset();
            link.close(CloseReason::local(reason.text()));
            self.count_lost(core, Dropped::NoConnection, link.lost_packets());
        }
        for (port, id) in watched {
            if let Some(cell) = core.registry().find(&port) {
                cell.unwatch(id);
            }
        }
        while_firing(self, || {
            let told = !fail_point!(CutSilently);
            for watch in watches.into_iter().filter(|_| told) {
                fire(core, watch, reason);
            }
            if let Some(attempt) = attempt {
                self.tell_down(core, attempt, reason);
            }
        });
        while let Some(late) = self.fallen(core) {
            while_firing(self, || {
                let told = !fail_point!(LoseLateMonitor);
                for watch in late.into_iter().filter(|_| told) {
                    fire(core, watch, reason);
                }
            });
        }
        // One that has addresses is sought by the mesh, and these are tried first.
        let is_private = || !core.network().book().knows(&self.id);
        if up.is_some_and(|up| up.is_relayed()) && relay::is_wanted(core) && is_private() {
            relay::approach(core, &self.id, None);
        }
    }

    fn tell_down(&self, core: &Arc<Core>, attempt: u64, reason: &Reason) {
        let text = reason.to_string();
        tracing::info!(target: "aemp", "node {} is down: {}", self.id, one_line(&text));
        let _telling = self.telling.lock();
        if !fail_point!(KeepRelayed) {
            relay::node_down(core, &self.id);
        }
        core.network().mesh().node_down(core, &self.id, attempt);
        let event = NodeEvent::Down { node: self.id.clone(), reason: reason.clone() };
        core.events().tell(core, &event);
    }

    /// All monitors have fired: idle, or connecting again for who wants it. Gives the monitors
    /// that were set meanwhile, if there are any, in place of that.
    fn fallen(self: &Arc<Self>, core: &Arc<Core>) -> Option<Vec<Watch>> {
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

    /// The node is being shut down: what is queued goes out, then the connection ends; after those
    /// to the nodes `before` it, which may go through it.
    pub(crate) fn finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        reason: &Reason,
        before: &[Arc<Self>],
    ) {
        let link = self.link();
        let Some(link) = link else {
            self.fall(core, None, reason);
            return;
        };
        if !fail_point!(SilentShutdown) {
            self.tell_shutdown(reason);
        }
        if before.is_empty() {
            link.finish();
        }
        let before = before.to_vec();
        core.runtime().spawn(async move {
            let relayed = async {
                for peer in before {
                    peer.until(|peer| !peer.has_links()).await;
                }
            };
            drop(tokio::time::timeout(RELAYED_FAREWELL, relayed).await);
            link.finish();
            if tokio::time::timeout(FAREWELL, link.closed()).await.is_err() {
                link.close(CloseReason::Finished);
            }
        });
    }

    /// Whether tasks of a connection still run.
    pub(crate) fn has_links(&self) -> bool {
        self.state.lock().running_links > 0
    }

    /// What keeps others from reading the connection, if the node is connected.
    pub(crate) fn protection(&self) -> Option<Protection> {
        match &self.state.lock().stage {
            Stage::Up(up) => Some(up.facts.protection),
            _ => None,
        }
    }

    /// The connection and its number, if the node is connected, and not through another.
    pub(crate) fn direct_link(&self) -> Option<(u64, LinkSender)> {
        match &self.state.lock().stage {
            Stage::Up(up) if !up.is_relayed() => Some((up.attempt, up.link.clone())),
            _ => None,
        }
    }

    /// Whether the node is connected through another.
    pub(crate) fn is_relayed(&self) -> bool {
        matches!(&self.state.lock().stage, Stage::Up(up) if up.is_relayed())
    }

    /// Ends the connection if it goes through another node, for this reason.
    pub(crate) fn end_relayed(&self, why: &str) {
        let relayed = match &self.state.lock().stage {
            Stage::Up(up) if up.is_relayed() => Some(up.link.clone()),
            _ => None,
        };
        if let Some(link) = relayed {
            link.close(CloseReason::local(why));
        }
    }

    /// Whether the node runs this implementation, if it is connected.
    pub(crate) fn is_of_ours(&self) -> Option<bool> {
        match &self.state.lock().stage {
            Stage::Up(up) => Some(up.facts.instance.is_some()),
            _ => None,
        }
    }

    /// The link, if the node is connected.
    pub(crate) fn link(&self) -> Option<LinkSender> {
        self.state.lock().link().cloned()
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
