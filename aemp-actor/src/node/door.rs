//! Who may be in a handshake at a listener at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aemp_transport::{HandshakeSlots, Network, SlotDecision};
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};

/// The handshakes of one listener whose peers have not proved themselves, bounded as
/// [`HandshakeSlots`] says.
#[derive(Clone)]
pub(crate) struct Door {
    inside: Arc<Mutex<Inside>>,
    left: Arc<Notify>,
}

struct Inside {
    slots: HandshakeSlots,
    /// Ends the handshakes that have to make room.
    ends: HashMap<u64, oneshot::Sender<()>>,
}

/// There are too many handshakes, in all or with one address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Crowd {
    #[error("{count} handshakes with {network} are unfinished (max_handshakes_per_address)")]
    OfOne { network: Network, count: usize },
    #[error("too many handshakes are unfinished (max_handshakes)")]
    InAll {
        /// How long until somebody can make room.
        wait: Duration,
    },
}

/// One handshake; it counts until this is dropped, or it has to make room.
pub(crate) struct Visit {
    door: Door,
    network: Option<Network>,
    id: u64,
}

/// One who was let in.
pub(crate) struct Entered {
    pub(crate) visit: Visit,
    /// Completes with `Ok` when the handshake has to make room; with an error when it need not any
    /// more.
    pub(crate) end: oneshot::Receiver<()>,
    /// The network of the one that had to make room.
    pub(super) instead_of: Option<Network>,
}

impl Door {
    pub(crate) fn new(limit: usize, limit_per_network: usize) -> Self {
        let slots = HandshakeSlots::new(limit, limit_per_network);
        let inside = Inside { slots, ends: HashMap::new() };
        Self { inside: Arc::new(Mutex::new(inside)), left: Arc::default() }
    }

    /// Lets a connection from `network` in, as soon as there is room: at once, or in a moment.
    ///
    /// # Cancel safety
    /// Dropping it leaves nothing behind.
    pub(super) async fn enter(&self, network: Option<Network>) -> Result<Entered, Crowd> {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            left.as_mut().enable();
            match self.try_enter(network.clone()) {
                Ok(entered) => return Ok(entered),
                Err(Crowd::InAll { wait }) => drop(timeout(wait, left).await),
                Err(crowd @ Crowd::OfOne { .. }) => return Err(crowd),
            }
        }
    }

    /// How many are inside.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.inside.lock().slots.count()
    }

    /// Lets a connection from `network` in, unless there is no room now.
    pub(crate) fn try_enter(&self, network: Option<Network>) -> Result<Entered, Crowd> {
        let (id, end, instead_of) = match self.inside.lock().enter(network.as_ref()) {
            (SlotDecision::Enter(id), end) => (id, end, None),
            (SlotDecision::Replace { id, network, .. }, end) => (id, end, Some(network)),
            (SlotDecision::Wait(wait), _) => return Err(Crowd::InAll { wait }),
            (SlotDecision::Refuse { count }, _) => {
                let network = network.unwrap_or_else(|| Network::of_peer("an unknown address"));
                return Err(Crowd::OfOne { network, count });
            }
        };
        let visit = Visit { door: self.clone(), network, id };
        Ok(Entered { visit, end, instead_of })
    }
}

impl Inside {
    fn enter(&mut self, network: Option<&Network>) -> (SlotDecision, oneshot::Receiver<()>) {
        let (sender, end) = oneshot::channel();
        let entry = self.slots.enter(network, Instant::now().into_std());
        if let SlotDecision::Enter(id) | SlotDecision::Replace { id, .. } = &entry {
            self.ends.insert(*id, sender);
        }
        if let SlotDecision::Replace { ended, .. } = &entry
            && let Some(end) = self.ends.remove(ended)
        {
            // It may be over by itself.
            _ = end.send(());
        }
        (entry, end)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut inside = self.door.inside.lock();
        inside.slots.leave(self.network.as_ref(), self.id);
        inside.ends.remove(&self.id);
        drop(inside);
        self.door.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_has_to_make_room_is_ended_and_who_has_left_is_not() {
        let door = Door::new(2, 2);
        let from = |host: &str| Some(Network::of_peer(host));
        let silent = door.enter(from("10.0.0.1:1")).await.unwrap();
        let second = door.enter(from("10.0.0.1:2")).await.unwrap();
        let other = door.enter(from("10.0.0.2:1")).await.unwrap();
        assert_eq!(other.instead_of, from("10.0.0.1:1"));
        assert_eq!(silent.end.await, Ok(()));
        drop(silent.visit);
        assert!(matches!(door.try_enter(from("10.0.0.3:1")), Err(Crowd::InAll { .. })));
        drop(second.visit);
        assert!(second.end.await.is_err(), "it left");
        let third = door.enter(from("10.0.0.3:1")).await.unwrap();
        assert_eq!(third.instead_of, None);
        // The clock goes on by itself: the oldest makes room in a moment.
        let last = door.enter(from("10.0.0.4:1")).await.unwrap();
        assert_eq!(last.instead_of, from("10.0.0.2:1"));
        assert_eq!(other.end.await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_enters_as_soon_as_somebody_leaves() {
        let door = Door::new(1, 1);
        let first = door.enter(Some(Network::of_peer("10.0.0.1:1"))).await.unwrap();
        let begun = Instant::now();
        let second = door.enter(Some(Network::of_peer("10.0.0.2:1")));
        let leave = async {
            tokio::task::yield_now().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(second, leave);
        assert!(second.is_ok());
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
