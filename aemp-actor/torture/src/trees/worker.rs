//! The leaves of the trees, which are seen as long as they live.

use std::collections::BTreeMap;

use aemp_actor::prelude::*;
use parking_lot::Mutex;

/// What has happened in all runs that go on, by the number of the run.
static LIVES: Mutex<BTreeMap<u64, Lives>> = Mutex::new(BTreeMap::new());

/// What has happened in one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    /// The workers that live, wherever they run.
    pub(super) live: BTreeMap<PortId, String>,
    /// How often each was started.
    pub(super) starts: BTreeMap<String, usize>,
    /// How often each was told to end normally, and did.
    pub(super) finished: BTreeMap<String, usize>,
    /// Beginnings and ends, in order.
    pub(super) events: Vec<Event>,
}

/// A beginning or an end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Event {
    Begin(String),
    End(String),
}

impl Lives {
    /// What has happened so far.
    pub(super) fn of(run: u64) -> Self {
        LIVES.lock().get(&run).cloned().unwrap_or_default()
    }

    /// The same, without what has happened before: from now on only what is new is told.
    pub(super) fn forget_events(run: u64) {
        change(run, |lives| lives.events.clear());
    }

    /// The run is over.
    pub(super) fn forget(run: u64) {
        LIVES.lock().remove(&run);
    }
}

fn change(run: u64, change: impl FnOnce(&mut Lives)) {
    change(LIVES.lock().entry(run).or_default());
}

/// A worker that is seen as long as it lives.
#[derive(Port)]
pub(super) struct Worker {
    run: u64,
    id: PortId,
}

#[rcv]
impl Worker {
    fn fail(&mut self) -> Result<(), Die> {
        Err(die!("told to"))
    }

    fn finish(&mut self, ctx: &mut Ctx<Self>) {
        change(self.run, |lives| {
            if let Some(name) = lives.live.get(&self.id) {
                *lives.finished.entry(name.clone()).or_default() += 1;
            }
        });
        ctx.stop(());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        change(self.run, |lives| {
            if let Some(name) = lives.live.remove(&self.id) {
                lives.events.push(Event::End(name));
            }
        });
    }
}

impl Worker {
    pub(super) fn begin(run: u64, name: String, id: PortId) -> Self {
        change(run, |lives| {
            *lives.starts.entry(name.clone()).or_default() += 1;
            lives.events.push(Event::Begin(name.clone()));
            lives.live.insert(id.clone(), name);
        });
        Self { run, id }
    }
}

#[init("Trees::worker")]
pub(super) fn worker(ctx: &mut Init, run: u64, name: String) -> Worker {
    Worker::begin(run, name, ctx.id())
}
