//! Who may be in a handshake at a listener at the same time.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Counts the handshakes of one listener, in all and by the address they come from.
///
/// When there are too many in all, nothing more is accepted (the system lets some wait); when
/// there are too many from one address, its next connection is refused, so that one address
/// cannot keep the others out.
#[derive(Clone)]
pub(crate) struct Door {
    limit: usize,
    limit_per_address: usize,
    inside: Arc<Mutex<Inside>>,
    left: Arc<Notify>,
}

#[derive(Default)]
struct Inside {
    count: usize,
    by_address: HashMap<String, usize>,
}

/// There are too many handshakes, in all or with one address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Crowd {
    #[error("{count} handshakes with {address} are unfinished (max_handshakes_per_address)")]
    OfOne { address: String, count: usize },
    #[error("{count} handshakes are unfinished (max_handshakes)")]
    InAll { count: usize },
}

impl Crowd {
    /// The address whose handshakes are too many; empty, if it is those of all.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::OfOne { address, .. } => address,
            Self::InAll { .. } => "",
        }
    }
}

/// One handshake; it counts until this is dropped.
pub(crate) struct Visit {
    door: Door,
    address: Option<String>,
}

impl Door {
    pub(crate) fn new(limit: usize, limit_per_address: usize) -> Self {
        Self { limit, limit_per_address, inside: Arc::default(), left: Arc::default() }
    }

    /// Waits until one more may come in.
    pub(super) async fn room(&self) {
        loop {
            let mut left = std::pin::pin!(self.left.notified());
            left.as_mut().enable();
            if self.inside.lock().count < self.limit {
                return;
            }
            left.await;
        }
    }

    /// Lets a connection from `peer`, `HOST:PORT`, in.
    pub(super) fn enter(&self, peer: Option<String>) -> Result<Visit, Crowd> {
        let address = peer.map(|peer| match peer.rsplit_once(':') {
            Some((host, _)) => host.to_owned(),
            None => peer,
        });
        self.let_in(address)
    }

    /// Lets a connection from `address`, whatever is taken for one, in, unless there is no room.
    pub(crate) fn enter_now(&self, address: &str) -> Result<Visit, Crowd> {
        let count = self.inside.lock().count;
        if count >= self.limit {
            return Err(Crowd::InAll { count });
        }
        self.let_in(Some(address.to_owned()))
    }

    fn let_in(&self, address: Option<String>) -> Result<Visit, Crowd> {
        let mut inside = self.inside.lock();
        if let Some(address) = &address {
            let count = inside.by_address.entry(address.clone()).or_default();
            if *count >= self.limit_per_address {
                return Err(Crowd::OfOne { address: address.clone(), count: *count });
            }
            *count += 1;
        }
        inside.count += 1;
        drop(inside);
        Ok(Visit { door: self.clone(), address })
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut inside = self.door.inside.lock();
        inside.count -= 1;
        if let Some(address) = &self.address
            && let Some(count) = inside.by_address.get_mut(address)
        {
            *count -= 1;
            if *count == 0 {
                inside.by_address.remove(address);
            }
        }
        drop(inside);
        self.door.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_keep_others_out() {
        let door = Door::new(3, 2);
        let from = |address: &str| Some(address.to_owned());
        let first = door.enter(from("10.0.0.1:1")).unwrap();
        let _second = door.enter(from("10.0.0.1:2")).unwrap();
        let crowd = door.enter(from("10.0.0.1:3")).err().unwrap().to_string();
        assert!(crowd.contains("2 handshakes with 10.0.0.1"), "{crowd}");
        let _third = door.enter(from("10.0.0.2:1")).unwrap();
        assert!(!is_ready(door.room()));
        drop(first);
        assert!(is_ready(door.room()));
        let fourth = door.enter_now("10.0.0.1").unwrap();
        let full = door.enter_now("b/c:d").err().unwrap().to_string();
        assert!(full.contains("3 handshakes are unfinished"), "{full}");
        drop(fourth);
        assert!(door.enter(from("10.0.0.1:4")).is_ok());
    }

    /// Polls once.
    fn is_ready(future: impl Future<Output = ()>) -> bool {
        let mut future = std::pin::pin!(future);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        future.as_mut().poll(&mut cx).is_ready()
    }
}
