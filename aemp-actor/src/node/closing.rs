//! The end of a node, once it takes part in nothing any more.

use std::sync::Arc;
use std::vec::IntoIter;

use parking_lot::Mutex;

use super::core::Core;
use super::counters::Dropped;
use super::monitors::fire;
use super::timers::Alarm;
use crate::port::AnyCell;

/// Ports that end before other tasks get a turn.
const TURN: usize = 64;

/// The ports of a node that ends which have not been told yet.
pub(super) struct Remaining(Mutex<IntoIter<Arc<dyn AnyCell>>>);

impl Remaining {
    pub(super) fn new(ports: Vec<Arc<dyn AnyCell>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ports.into_iter())))
    }

    /// Tells them all, without running code of theirs: none handles another message.
    pub(super) fn abort(&self, core: &Core) {
        let reason = core.shutdown_reason();
        while let Some(port) = self.next() {
            port.abort(reason.clone());
        }
    }

    fn next(&self) -> Option<Arc<dyn AnyCell>> {
        self.0.lock().next()
    }
}

/// What is left to do of the end of a node. Dropped before it is done, because the runtime ends, it is
/// done where it is dropped.
pub(super) struct Closing {
    core: Arc<Core>,
    ports: Arc<Remaining>,
    done: bool,
}

impl Closing {
    pub(super) fn new(core: Arc<Core>, ports: Arc<Remaining>) -> Self {
        Self { core, ports, done: false }
    }

    pub(super) async fn run(mut self) {
        while self.end_ports(TURN) {
            tokio::task::yield_now().await;
        }
        self.finish();
    }

    /// Ends up to so many ports; false when there are no more.
    fn end_ports(&mut self, count: usize) -> bool {
        let reason = self.core.shutdown_reason();
        for _ in 0..count {
            let Some(port) = self.ports.next() else { return false };
            port.end(reason.clone());
        }
        true
    }

    /// Monitors of the node fire, and its connections end.
    fn finish(&mut self) {
        self.done = true;
        let core = &self.core;
        let reason = core.shutdown_reason();
        for watch in core.monitors().take_all_of_node() {
            fire(core, watch, &reason);
        }
        for alarm in core.timers().close() {
            if matches!(alarm, Alarm::Send(..)) {
                core.count_dropped(Dropped::Closed, 1);
            }
            core.user_code("a timer", || drop(alarm));
        }
        let (relayed, direct): (Vec<_>, Vec<_>) =
            core.peers().into_iter().partition(|peer| peer.is_relayed());
        for peer in &relayed {
            peer.finish(core, &reason, &[]);
            peer.wake();
        }
        for peer in direct {
            peer.finish(core, &reason, &relayed);
            peer.wake();
        }
        if let Some(network) = core.network.get() {
            network.end();
        }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if !self.done {
            self.end_ports(usize::MAX);
            self.finish();
        }
    }
}
