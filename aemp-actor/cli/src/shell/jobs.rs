//! Commands that go on while others are typed.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::task::AbortHandle;

/// The commands that go on, each with a number. Cheap to clone; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    jobs: BTreeMap<u32, Job>,
    last: u32,
}

#[derive(Debug)]
struct Job {
    /// As it was typed.
    line: String,
    /// `None` until its task runs.
    task: Option<AbortHandle>,
}

impl Jobs {
    /// Gives a command a number: one more than the highest that was given.
    pub(crate) fn add(&self, line: String) -> u32 {
        let mut table = self.0.lock();
        table.last += 1;
        let number = table.last;
        table.jobs.insert(number, Job { line, task: None });
        number
    }

    /// Its task is this. One that has ended already is none.
    pub(crate) fn runs(&self, number: u32, task: AbortHandle) {
        if let Some(job) = self.0.lock().jobs.get_mut(&number) {
            job.task = Some(task);
        }
    }

    /// Takes one out that has ended.
    pub(crate) fn remove(&self, number: u32) {
        self.0.lock().jobs.remove(&number);
    }

    /// Ends one; `false` if there is none of that number.
    pub(crate) fn stop(&self, number: u32) -> bool {
        let job = self.0.lock().jobs.remove(&number);
        if let Some(task) = job.as_ref().and_then(|job| job.task.as_ref()) {
            task.abort();
        }
        job.is_some()
    }

    /// The numbers, and the lines as they were typed.
    pub(crate) fn list(&self) -> Vec<(u32, String)> {
        self.0.lock().jobs.iter().map(|(number, job)| (*number, job.line.clone())).collect()
    }

    /// Ends all.
    pub(crate) fn stop_all(&self) {
        for (number, _) in self.list() {
            self.stop(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Jobs;

    #[test]
    fn numbers_are_not_used_again() {
        let jobs = Jobs::default();
        assert_eq!((jobs.add("mon a#1".to_owned()), jobs.add("log".to_owned())), (1, 2));
        assert!(jobs.stop(2) && !jobs.stop(2) && !jobs.stop(7));
        assert_eq!(jobs.add("log".to_owned()), 3);
        jobs.remove(1);
        assert_eq!(jobs.list(), [(3, "log".to_owned())]);
        jobs.stop_all();
        assert!(jobs.list().is_empty());
    }
}
