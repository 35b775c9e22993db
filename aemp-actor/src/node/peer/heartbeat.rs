//! Signs of life: any byte from the peer is one, and any of ours that had to wait and is taken.
//! [`Silence`] decides.

use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{CloseReason, LinkSender, Order};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Peer;
use super::silence::{Seen, Silence, Verdict};
use crate::node::core::Core;

/// The longest that a connection may take to give a sign of life when the node dials us though it
/// is connected. TCP repeats what was lost after 1 s at first, and then after 2 s: both fit in.
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
            let asked = Instant::now();
            peer.ask(&link, &own_id, None);
            link.ask_for_sign();
            drop(tokio::time::timeout(patience, link.closed()).await);
            if link.last_sign() < asked && !link.is_closed() {
                link.close(CloseReason::Silent(patience));
            }
            peer.state.lock().probing = false;
        });
    }

    /// Returns when the peer has been silent for `timeout`.
    async fn watch_over(&self, link: &LinkSender, timeout: Duration, own_id: &str) {
        let mut silence = Silence::new(Instant::now(), timeout);
        loop {
            tokio::time::sleep_until(silence.next_look()).await;
            let seen = Seen {
                last_sign: link.last_sign(),
                is_delivering: link.is_delivering(),
                packets_in: link.counters().packets_in,
            };
            match silence.look(Instant::now(), seen) {
                Verdict::Wait => {}
                Verdict::Measure => self.ask(link, own_id, None),
                Verdict::Ask => {
                    self.ask(link, own_id, None);
                    link.ask_for_sign();
                }
                Verdict::Down => return,
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
