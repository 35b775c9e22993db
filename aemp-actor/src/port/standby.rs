//! Tasks of ports that have nothing to do. A node keeps those that began to wait last, and no more
//! than [`PLACES`]: the next message of such a port needs no new task, and however many ports a node has,
//! what the idle ones take is bounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

use parking_lot::Mutex;

use super::run::Run;

/// How many ports of a node keep their task while they have nothing to do.
pub(super) const PLACES: usize = 128;

/// The tasks that wait for messages.
///
/// A task enters once, and has its place until as many others have entered after it, whatever it does
/// meanwhile: ports that take turns with each other lock nothing here.
#[derive(Default)]
pub(crate) struct Standby {
    runs: Mutex<VecDeque<Arc<Run>>>,
}

impl Standby {
    /// The task of `cx`, which is that of `run`, waits for the first time. When there are too many, the
    /// one that entered first is to end as soon as it has nothing to do.
    pub(super) fn enter(&self, run: &Arc<Run>, cx: &Context<'_>) {
        // Before anybody can retire it: a waker has to be found then.
        run.keep_waker(cx.waker());
        let mut runs = self.runs.lock();
        runs.push_back(run.clone());
        let oldest = if runs.len() > PLACES { runs.pop_front() } else { None };
        drop(runs);
        if let Some(waker) = oldest.and_then(|oldest| oldest.retire()) {
            waker.wake();
        }
    }
}
