//! Signs of life: any octet from the peer is one.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{CloseReason, LinkSender, Order};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Peer;
use crate::node::core::Core;

/// A silent peer is asked for a sign of life this many times before it counts as down.
const QUESTIONS: u32 = 3;

/// More packets than this between two ticks are traffic that the question is nothing beside.
const BUSY: u64 = 8;

/// The longest that a connection may take to give a sign of life when the node dials us though it
/// is connected.
const PROBE: Duration = Duration::from_secs(3);

impl Peer {
    /// Watches over a connection until it ends: asks a silent peer for a sign of life, and ends
    /// the connection when there is none for `monitor_timeout`.
    pub(super) fn keep_alive(self: &Arc<Self>, core: &Arc<Core>, link: LinkSender) {
        let timeout = core.config().monitor_timeout;
        let (peer, own_id) = (self.clone(), core.id().to_string());
        core.runtime().spawn(async move {
            tokio::select! {
                biased;
                () = link.closed() => {}
                () = peer.watch_over(&link, timeout, &own_id) => {
                    link.close(CloseReason::Silent(timeout));
                }
            }
        });
    }

    /// The node dials us though it is connected: it may have lost the connection, and we have not
    /// noticed. Asks the connection for a sign of life, and ends it when there is none soon.
    pub(super) fn probe(self: &Arc<Self>) {
        let Some(core) = self.core.upgrade() else { return };
        let link = {
            let mut state = self.state.lock();
            match (state.probing, state.link().cloned()) {
                (false, Some(link)) => {
                    state.probing = true;
                    link
                }
                _ => return,
            }
        };
        let (peer, patience) = (self.clone(), PROBE.min(core.config().monitor_timeout / 2));
        let own_id = core.id().to_string();
        core.runtime().spawn(async move {
            let (asked, flow) = (Instant::now(), Flow::of(&link));
            peer.ask(&link, &own_id, None);
            drop(tokio::time::timeout(patience, link.closed()).await);
            if link.last_inbound() < asked && !link.is_closed() && !flow.moves(&link) {
                link.close(CloseReason::Silent(patience));
            }
            peer.state.lock().probing = false;
        });
    }

    /// Returns when the peer has been silent for `timeout`.
    ///
    /// A tick that comes much too late means that this process was stopped, or starved: what the
    /// peer has sent meanwhile could not be read, so its silence begins anew. So it does when a
    /// queue that was not empty gets shorter: the peer takes what is sent, and a question waits
    /// behind it.
    async fn watch_over(&self, link: &LinkSender, timeout: Duration, own_id: &str) {
        let tick = timeout / (QUESTIONS + 1);
        let mut silent_since = Instant::now();
        let mut flow = Flow::of(link);
        loop {
            let expected = (Instant::now() + tick).min(silent_since + timeout);
            tokio::time::sleep_until(expected).await;
            let late = Instant::now().duration_since(expected);
            silent_since = silent_since.max(link.last_inbound());
            if late > tick || link.is_delivering() || flow.moves(link) {
                silent_since = Instant::now();
            }
            // A busy peer is not asked whether it lives, but how quick it is.
            let busy = flow.is_busy(link);
            // Looked at before a question is queued, which for a moment waits, too.
            flow = Flow::of(link);
            let silence = silent_since.elapsed();
            if silence >= timeout {
                return;
            }
            if silence >= tick || busy {
                self.ask(link, own_id, None);
            }
        }
    }

    /// What every AEMP node answers: "send me an empty message", with a number to know it by.
    fn ask(&self, link: &LinkSender, own_id: &str, waiting: Option<oneshot::Sender<Duration>>) {
        let number = self.round_trips.lock().ask(Instant::now(), waiting);
        // Where there is no room, it would wait behind what shows the same when it is taken.
        drop(link.try_send("", Order::Free, &("snd", own_id, "", number)));
    }

    /// The answer to a question of ours came back.
    pub(crate) fn answered(&self, number: u64) {
        self.round_trips.lock().answered(number, Instant::now());
    }

    /// Asks the peer, if it is connected; the answer says how long it took. It never comes when
    /// the connection is lost.
    pub(crate) fn ping(&self, core: &Core) -> Option<oneshot::Receiver<Duration>> {
        let link = self.link()?;
        let (sender, receiver) = oneshot::channel();
        self.ask(&link, core.id().as_str(), Some(sender));
        Some(receiver)
    }
}

/// What is written, at one moment.
struct Flow {
    octets: u64,
    packets_in: u64,
    backed_up: bool,
}

impl Flow {
    fn of(link: &LinkSender) -> Self {
        let counters = link.counters();
        Self {
            octets: counters.octets_out,
            packets_in: counters.packets_in,
            backed_up: link.queued_octets() > 0,
        }
    }

    /// Whether the peer has sent more since then than answers to questions.
    fn is_busy(&self, link: &LinkSender) -> bool {
        link.counters().packets_in > self.packets_in + BUSY
    }

    /// Whether something that had to wait was taken since then. (What never has to wait is taken
    /// by the system, and says nothing of the peer.)
    fn moves(&self, link: &LinkSender) -> bool {
        self.backed_up && link.counters().octets_out > self.octets
    }
}
