//! Many seeds, on several threads, in numbers.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use aemp_actor::sim::FaultCounts;
use parking_lot::Mutex;

use super::{MeshCounts, Options, Report, Violation, torture};

/// What came of many runs.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// Runs.
    pub seeds: u64,
    /// Messages, kills and spawns that were sent.
    pub messages: usize,
    /// Those that took effect.
    pub deliveries: usize,
    /// Requests.
    pub requests: usize,
    /// Those of them that were left to another port.
    pub forwarded: usize,
    /// Monitors that were made.
    pub monitors: usize,
    /// Those that fired, by the kind of their reason.
    pub fired: BTreeMap<String, usize>,
    /// Groups and the mesh.
    pub mesh: MeshCounts,
    /// Faults that hit something.
    pub faults: FaultCounts,
    /// Nodes that were shut down while others went on.
    pub shutdowns: usize,
    /// The violations, by seed.
    pub violations: BTreeMap<u64, Vec<Violation>>,
}

impl Summary {
    /// Adds a run.
    pub fn add(&mut self, report: Report) {
        self.seeds += 1;
        self.messages += report.messages;
        self.deliveries += report.deliveries;
        self.requests += report.requests;
        self.forwarded += report.forwarded;
        self.monitors += report.monitors;
        for (kind, count) in report.fired {
            *self.fired.entry(kind).or_default() += count;
        }
        self.mesh.add(&report.mesh);
        self.faults.add(&report.faults);
        self.shutdowns += report.shutdowns;
        if !report.violations.is_empty() {
            self.violations.insert(report.seed, report.violations);
        }
    }
}

/// Runs seeds on so many threads; calls `done` after each with the seeds and violations so far.
pub fn many(
    seeds: Range<u64>,
    threads: usize,
    options: Options,
    done: impl Fn(u64, usize) + Sync,
) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let summary = Mutex::new(Summary::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let run = catch_unwind(AssertUnwindSafe(|| torture(seed, options)));
            let mut summary = summary.lock();
            match run {
                Ok(report) => summary.add(report),
                Err(panic) => {
                    summary.seeds += 1;
                    summary.violations.insert(seed, vec![Violation::panicked(&*panic)]);
                }
            }
            let (count, bad) = (summary.seeds, summary.violations.len());
            drop(summary);
            done(count, bad);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    summary.into_inner()
}

impl Violation {
    fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "no text".to_owned(),
        };
        Self { guarantee: 0, text: format!("panicked: {text}"), excerpt: String::new() }
    }
}
