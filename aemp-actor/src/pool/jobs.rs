//! Who does what: a table that knows neither ports nor clocks.
//!
//! Invariants:
//!
//! 1. A job is in one place: it waits, or one worker has it.
//! 2. A worker is idle, or has one job, or is not known (any more).

use std::collections::{BTreeMap, VecDeque};

/// Names a job; older ones are smaller.
pub(super) type JobId = u64;

/// The jobs `J` of the workers `W`.
pub(super) struct Jobs<J, W> {
    waiting: BTreeMap<JobId, J>,
    idle: VecDeque<W>,
    busy: BTreeMap<W, (JobId, J)>,
    next: JobId,
}

impl<J, W: Clone + Ord> Jobs<J, W> {
    pub(super) fn new() -> Self {
        Self { waiting: BTreeMap::new(), idle: VecDeque::new(), busy: BTreeMap::new(), next: 0 }
    }

    /// Adds a job that waits.
    pub(super) fn add(&mut self, job: J) -> JobId {
        let id = self.next;
        self.next += 1;
        self.waiting.insert(id, job);
        id
    }

    /// Changes a job that waits.
    pub(super) fn set(&mut self, id: JobId, change: impl FnOnce(&mut J)) {
        if let Some(job) = self.waiting.get_mut(&id) {
            change(job);
        }
    }

    /// A job waits again; it is before all that came later.
    pub(super) fn add_again(&mut self, id: JobId, job: J) {
        self.waiting.insert(id, job);
    }

    /// A worker is there, and idle.
    pub(super) fn add_worker(&mut self, worker: W) {
        self.idle.push_back(worker);
    }

    /// Whether a worker waits for a job.
    pub(super) fn is_idle(&self, worker: &W) -> bool {
        self.idle.contains(worker)
    }

    /// A worker is gone; gives back what it had.
    pub(super) fn remove_worker(&mut self, worker: &W) -> Option<(JobId, J)> {
        self.idle.retain(|other| other != worker);
        self.busy.remove(worker)
    }

    /// A worker is done, and idle again; gives its job.
    pub(super) fn finish(&mut self, worker: &W) -> Option<(JobId, J)> {
        let done = self.busy.remove(worker)?;
        self.idle.push_back(worker.clone());
        Some(done)
    }

    /// Takes a job back; with the worker that has it, which is not known any more.
    pub(super) fn expire(&mut self, id: JobId) -> Option<(J, Option<W>)> {
        if let Some(job) = self.waiting.remove(&id) {
            return Some((job, None));
        }
        let worker = self.busy.iter().find(|(_, (other, _))| *other == id)?.0.clone();
        let (_, job) = self.busy.remove(&worker)?;
        Some((job, Some(worker)))
    }

    /// The next worker that begins a job.
    pub(super) fn poll_begin(&mut self) -> Option<(W, &J)> {
        if self.waiting.is_empty() || self.idle.is_empty() {
            return None;
        }
        let (worker, (id, job)) = (self.idle.pop_front()?, self.waiting.pop_first()?);
        let entry = self.busy.entry(worker.clone()).or_insert((id, job));
        Some((worker, &entry.1))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        /// Whatever happens, each job has one end or is still there.
        #[test]
        fn no_job_is_lost(acts in prop::collection::vec(any::<(u8, u8)>(), 0..200)) {
            let mut jobs: Jobs<JobId, u8> = Jobs::new();
            let (mut added, mut ended, mut workers) = (0, BTreeSet::new(), BTreeSet::new());
            for (what, which) in acts {
                let worker = which % 4;
                match what % 6 {
                    0 | 1 => {
                        prop_assert_eq!(jobs.add(added), added);
                        added += 1;
                    }
                    2 if workers.insert(worker) => jobs.add_worker(worker),
                    3 => {
                        workers.remove(&worker);
                        if let Some((id, job)) = jobs.remove_worker(&worker) {
                            prop_assert_eq!(id, job);
                            jobs.add_again(id, job);
                        }
                    }
                    4 => {
                        if let Some((id, _)) = jobs.finish(&worker) {
                            prop_assert!(ended.insert(id), "{} ended twice", id);
                        }
                    }
                    _ => {
                        let id = JobId::from(which);
                        if let Some((_, worker)) = jobs.expire(id) {
                            prop_assert!(ended.insert(id), "{} ended twice", id);
                            workers.retain(|other| Some(*other) != worker);
                        }
                    }
                }
                while jobs.poll_begin().is_some() {}
                prop_assert!(jobs.waiting.is_empty() || jobs.idle.is_empty());
                prop_assert_eq!(jobs.idle.len() + jobs.busy.len(), workers.len());
                let there = jobs.waiting.len() + jobs.busy.len() + ended.len();
                prop_assert_eq!(there as u64, added);
            }
        }
    }
}
