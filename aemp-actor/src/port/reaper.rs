//! The deaths of idle ports that are killed: one task lets many of them die, one after the other.
//!
//! Invariant: there are tasks that have not begun for all ports that wait, each for [`BATCH`] of them. A task
//! takes what it lets die when it begins: so a destructor, or a monitor, that takes long delays only these,
//! while other tasks go on with the rest.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::any_cell::AnyCell;
use crate::node::Core;
use crate::reason::Reason;

/// How many ports one task lets die.
const BATCH: usize = 128;

/// The ports of a node that are to die, in the order in which they were killed.
#[derive(Default)]
pub(crate) struct Reaper {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    ports: VecDeque<Doomed>,
    /// Tasks that have not begun.
    tasks: usize,
}

/// An idle port that is to die. It is scheduled for that: nobody else runs it.
struct Doomed {
    cell: Arc<dyn AnyCell>,
    reason: Reason,
}

/// Lets an idle port die, which is scheduled for that, in a task of its node.
pub(super) fn reap(cell: Arc<dyn AnyCell>, reason: Reason) {
    let core = cell.core().clone();
    let mut queue = core.reaper().queue.lock();
    queue.ports.push_back(Doomed { cell, reason });
    let is_task_wanted = queue.ports.len() > queue.tasks * BATCH;
    queue.tasks += usize::from(is_task_wanted);
    drop(queue);
    if is_task_wanted {
        let runtime = core.runtime().clone();
        let task = ReaperTask { core, batch: VecDeque::new(), has_begun: false };
        runtime.spawn(async move { task.run() });
    }
}

/// What one task does. Dropped unfinished, because its runtime ends, it lets all ports that wait die where it
/// is dropped.
struct ReaperTask {
    core: Arc<Core>,
    batch: VecDeque<Doomed>,
    has_begun: bool,
}

impl ReaperTask {
    fn run(mut self) {
        self.begin(BATCH);
        while let Some(Doomed { cell, reason }) = self.batch.pop_front() {
            cell.die_scheduled(reason);
        }
    }

    fn begin(&mut self, count: usize) {
        self.has_begun = true;
        let mut queue = self.core.reaper().queue.lock();
        queue.tasks -= 1;
        if queue.ports.len() <= count {
            // With its memory: there may have been many.
            self.batch = std::mem::take(&mut queue.ports);
        } else {
            self.batch.extend(queue.ports.drain(..count));
        }
    }
}

impl Drop for ReaperTask {
    fn drop(&mut self) {
        if !self.has_begun {
            self.begin(usize::MAX);
        }
        for Doomed { cell, .. } in std::mem::take(&mut self.batch) {
            cell.die_scheduled(self.core.shutdown_reason());
        }
    }
}
