//! What a supervisor does next: a table without a runtime, a port or a clock.
//!
//! ```text
//!            ┌──────────── due ─────────────┐
//!            ▼                              │
//!   Down ─start─▶ Starting ─started─▶ Up ─failed─▶ Waiting
//!    ▲               │                 │
//!    │               └──── to stop ────┤
//!    └──ended── Killed ◀─deadline─ Stopping
//! ```
//!
//! Inputs are the methods `handle_*` and the verbs; what is to be done comes out of
//! [`poll_effect`](Plan::poll_effect), and when the clock is to be looked at out of
//! [`poll_deadline`](Plan::poll_deadline).
//!
//! Invariants:
//!
//! 1. Of a child there is one start at most that has not ended; news of an earlier one change nothing.
//! 2. An ordered child is started when all before it that are to be up are up; children are stopped in
//!    reverse order, one after the other, but for those added to a one-for-one supervisor at run time,
//!    which have no order and are stopped first, together.
//! 3. Each child that is to be up and is not has a start under way, an alarm, or one before it that has.
//! 4. A supervisor that has failed too often stops all children and then ends, once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use super::effect::{ABANDONED, Effect, Ended, Key, Run, Time};
use super::entry::{Entry, Goal, Phase};
use super::rules::{ChildRules, Restart, Rules, Strategy};
use crate::reason::{Reason, kind};

/// The table.
pub(super) struct Plan {
    rules: Rules,
    entries: BTreeMap<Key, Entry>,
    alarms: BTreeSet<(Time, Key)>,
    /// Children that are to be up and are not.
    unready: BTreeSet<Key>,
    /// Those of them that wait for their turn to be started.
    pending: BTreeSet<Key>,
    /// Children that are to be stopped when it is their turn.
    to_stop: BTreeSet<Key>,
    /// Children that were told to stop.
    stopping: BTreeSet<Key>,
    /// How many of those have a place in the order.
    stopping_ordered: usize,
    /// How many have been started and have not ended.
    alive: usize,
    /// When children failed, within the window.
    failures: VecDeque<Time>,
    /// Why the supervisor ends, when all children have.
    ending: Option<Reason>,
    ended: bool,
    next_key: Key,
    next_run: Run,
    effects: VecDeque<Effect>,
}

impl Plan {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            entries: BTreeMap::new(),
            alarms: BTreeSet::new(),
            unready: BTreeSet::new(),
            pending: BTreeSet::new(),
            to_stop: BTreeSet::new(),
            stopping: BTreeSet::new(),
            stopping_ordered: 0,
            alive: 0,
            failures: VecDeque::new(),
            ending: None,
            ended: false,
            next_key: 0,
            next_run: 0,
            effects: VecDeque::new(),
        }
    }

    pub(super) fn entry(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (Key, &Entry)> {
        self.entries.iter().map(|(key, entry)| (*key, entry))
    }

    /// Whether nothing that is to be up is down.
    pub(super) fn is_ready(&self) -> bool {
        self.unready.is_empty()
    }

    /// Whether all children are stopped for good.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether it is to be stopped when it is its turn.
    #[cfg(test)]
    pub(super) fn waits_to_be_stopped(&self, key: Key) -> bool {
        self.to_stop.contains(&key)
    }

    /// The next thing to be done.
    pub(super) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`handle_time`](Self::handle_time) is to be called.
    pub(super) fn poll_deadline(&self) -> Option<Time> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// Adds a child, which is to be started; `later`: when others run already.
    pub(super) fn add(&mut self, name: Arc<str>, rules: ChildRules, later: bool, now: Time) -> Key {
        let key = self.next_key;
        self.next_key += 1;
        let free = later && self.rules.strategy == Strategy::OneForOne;
        let entry = Entry::new(name, rules, free);
        self.index(key, &entry);
        self.entries.insert(key, entry);
        if later {
            if free {
                self.start(key, now);
            }
            self.advance(now);
        }
        key
    }

    /// All children that there are from the beginning have been added.
    pub(super) fn begin(&mut self, now: Time) {
        self.advance(now);
    }

    /// A child has started.
    pub(super) fn handle_started(&mut self, key: Key, run: Run, now: Time) {
        let starting = |entry: &&Entry| matches!(entry.phase, Phase::Starting { .. });
        if self.current(key, run).filter(starting).is_some() {
            self.update(key, |entry| {
                entry.phase = Phase::Up { since: now };
                entry.ordered = false;
            });
            self.advance(now);
        }
    }

    /// A child has ended, or could not be started.
    pub(super) fn handle_ended(&mut self, key: Key, run: Run, ended: Ended<'_>, now: Time) {
        let Some(entry) = self.current(key, run).filter(|entry| entry.phase.is_alive()) else {
            return;
        };
        let told = entry.phase.is_stopping() || self.to_stop.contains(&key);
        match entry.failing.clone() {
            None if told || self.is_ending() => self.stopped(key, ended.reason, now),
            None => self.failed(key, ended, now),
            Some(reason) => self.failed(key, Ended { reason: &reason, lost: false, ..ended }, now),
        }
        self.advance(now);
    }

    /// Time has passed.
    pub(super) fn handle_time(&mut self, now: Time, mut chance: impl FnMut() -> f64) {
        while let Some((_, key)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.alarm(key, now, chance());
        }
        self.advance(now);
    }

    /// A node came up on which a child that was lost may be started.
    pub(super) fn handle_node_up(&mut self, key: Key, now: Time) {
        let soon = now + self.rules.backoff.first();
        if let Some(Phase::Waiting { until, lost: true }) = self.entry(key).map(|e| e.phase) {
            let until = until.min(soon);
            self.update(key, |entry| entry.phase = Phase::Waiting { until, lost: true });
        }
    }

    /// Stops a child, which stays known; a temporary one is removed.
    pub(super) fn terminate(&mut self, key: Key, now: Time) {
        let temporary = |entry: &Entry| entry.rules.restart == Restart::Temporary;
        let gone = self.entry(key).is_some_and(temporary);
        self.drop_goal(key, if gone { Goal::Gone } else { Goal::Down }, now);
    }

    /// Stops a child, which is removed then.
    pub(super) fn delete(&mut self, key: Key, now: Time) {
        self.drop_goal(key, Goal::Gone, now);
    }

    /// Starts a child anew, which is stopped before if it runs.
    pub(super) fn restart(&mut self, key: Key, now: Time) {
        if self.is_ending() {
            return;
        }
        self.update(key, |entry| {
            (entry.goal, entry.pauses, entry.ordered) = (Goal::Up, 0, false);
        });
        match self.entry(key).map(|entry| entry.phase) {
            Some(phase) if phase.is_stopping() => {}
            Some(phase) if phase.is_alive() => self.stop(key, now),
            Some(_) => self.start(key, now),
            None => {}
        }
        self.advance(now);
    }

    /// Stops all children, and then the supervisor ends; the first reason counts.
    pub(super) fn shut_down(&mut self, reason: Reason, now: Time) {
        if self.is_ending() {
            return;
        }
        self.ending = Some(reason);
        for key in self.keys(..) {
            self.update(key, |entry| {
                entry.goal = Goal::Down;
                if !entry.phase.is_alive() {
                    entry.phase = Phase::Down;
                }
            });
            self.stop_in_turn(key);
        }
        self.advance(now);
    }

    fn keys(&self, range: impl std::ops::RangeBounds<Key>) -> Vec<Key> {
        self.entries.range(range).map(|(key, _)| *key).collect()
    }

    fn current(&self, key: Key, run: Run) -> Option<&Entry> {
        self.entries.get(&key).filter(|entry| entry.run == run)
    }

    fn alarm(&mut self, key: Key, now: Time, chance: f64) {
        let Some(entry) = self.entries.get(&key) else { return };
        let (run, killed) = (entry.run, Phase::Killed { until: now.saturating_add(ABANDONED) });
        match entry.phase {
            Phase::Waiting { .. } => {
                let ordered = entry.ordered;
                self.update(key, |entry| entry.phase = Phase::Down);
                if !ordered {
                    self.start(key, now);
                }
            }
            Phase::Starting { .. } => {
                let after = entry.rules.start_deadline.unwrap_or_default();
                let text = format!("{} did not start within {after:?}", entry.name);
                let told = self.to_stop.remove(&key);
                let failing = (!told).then(|| Reason::new(kind::DIE, text));
                self.update(key, |entry| (entry.phase, entry.failing) = (killed, failing));
                self.effects.push_back(Effect::Kill(key, run));
            }
            Phase::Stopping { .. } => {
                self.update(key, |entry| entry.phase = killed);
                self.effects.push_back(Effect::Kill(key, run));
            }
            Phase::Killed { .. } => {
                self.effects.push_back(Effect::Abandon(key, run));
                let reason = Reason::new(kind::DIE, "it did not end when it was killed");
                self.handle_ended(key, run, Ended { reason: &reason, lost: false, chance }, now);
            }
            Phase::Down | Phase::Up { .. } => {}
        }
    }

    /// A child that was to end has ended.
    fn stopped(&mut self, key: Key, reason: &Reason, now: Time) {
        self.to_stop.remove(&key);
        self.update(key, |entry| {
            entry.phase = Phase::Down;
            entry.reason = Some(reason.clone());
        });
        let wanted = |entry: &Entry| entry.goal == Goal::Up && !entry.ordered;
        if self.entry(key).is_some_and(wanted) {
            self.start(key, now);
        }
    }

    /// A child that was not to end has ended.
    fn failed(&mut self, key: Key, ended: Ended<'_>, now: Time) {
        let Some(entry) = self.entries.get(&key) else { return };
        let over = match entry.rules.restart {
            Restart::Permanent => None,
            Restart::Transient if ended.lost => None,
            Restart::Transient if is_end(ended.reason) => Some(Goal::Down),
            Restart::Transient => None,
            Restart::Temporary => Some(Goal::Gone),
        };
        // It was to end besides: by `terminate` while it was killed for its start deadline.
        let over = if entry.goal == Goal::Up { over } else { Some(entry.goal) };
        let reason = Some(ended.reason.clone());
        if let Some(goal) = over {
            self.update(key, |entry| {
                (entry.goal, entry.phase) = (goal, Phase::Down);
                (entry.reason, entry.failing) = (reason, None);
            });
            return;
        }
        let steady = self.rules.intensity.window;
        let backoff = self.rules.backoff;
        let alone = self.rules.strategy == Strategy::OneForOne;
        self.update(key, |entry| {
            let ran = match entry.phase {
                Phase::Up { since } => now.saturating_sub(since),
                _ => Duration::ZERO,
            };
            entry.pauses = if ran >= steady { 1 } else { entry.pauses.saturating_add(1) };
            let until = now.saturating_add(backoff.pause(entry.pauses, ended.chance));
            entry.phase = Phase::Waiting { until, lost: ended.lost };
            entry.ordered |= !alone;
            (entry.reason, entry.failing) = (reason, None);
        });
        if !ended.lost && self.is_too_often(now) {
            return self.escalate(key, ended.reason, now);
        }
        let others = match self.rules.strategy {
            Strategy::OneForOne => return,
            Strategy::OneForAll => self.keys(..),
            Strategy::RestForOne => self.keys((Bound::Excluded(key), Bound::Unbounded)),
        };
        others.into_iter().filter(|other| *other != key).for_each(|other| self.take_along(other));
    }

    /// A child is started anew with one that failed.
    fn take_along(&mut self, key: Key) {
        self.update(key, |entry| {
            if entry.goal != Goal::Up {
                return;
            }
            entry.ordered = true;
            if entry.phase.is_alive() && entry.rules.restart == Restart::Temporary {
                entry.goal = Goal::Gone;
            }
        });
        self.stop_in_turn(key);
    }

    fn stop_in_turn(&mut self, key: Key) {
        let runs = |entry: &Entry| entry.phase.is_alive() && !entry.phase.is_stopping();
        if self.entry(key).is_some_and(runs) {
            self.to_stop.insert(key);
        }
    }

    /// Counts a failure: whether there were too many within the window.
    fn is_too_often(&mut self, now: Time) -> bool {
        let Some(most) = self.rules.intensity.restarts else { return false };
        let window = self.rules.intensity.window;
        self.failures.push_back(now);
        while self.failures.front().is_some_and(|at| now.saturating_sub(*at) > window) {
            self.failures.pop_front();
        }
        self.failures.len() as u64 > u64::from(most)
    }

    fn escalate(&mut self, key: Key, reason: &Reason, now: Time) {
        let name = self.entry(key).map(|entry| entry.name.clone()).unwrap_or_default();
        let (count, window) = (self.failures.len(), self.rules.intensity.window);
        let text =
            format!("children failed {count} times within {window:?}, last child {name}: {reason}");
        self.shut_down(Reason::new(kind::MAX_RESTARTS, text), now);
    }

    fn drop_goal(&mut self, key: Key, goal: Goal, now: Time) {
        self.update(key, |entry| {
            entry.goal = goal;
            if matches!(entry.phase, Phase::Waiting { .. }) {
                entry.phase = Phase::Down;
            }
        });
        let runs = |entry: &Entry| entry.phase.is_alive() && !entry.phase.is_stopping();
        if self.entry(key).is_some_and(runs) {
            self.stop(key, now);
        }
        self.advance(now);
    }

    fn start(&mut self, key: Key, now: Time) {
        let run = self.next_run;
        self.next_run += 1;
        self.update(key, |entry| {
            let deadline = entry.rules.start_deadline;
            let until = deadline.map(|deadline| now.saturating_add(deadline));
            entry.restarts += u64::from(entry.run != Run::MAX);
            (entry.run, entry.phase) = (run, Phase::Starting { until });
        });
        self.effects.push_back(Effect::Start(key, run));
    }

    fn stop(&mut self, key: Key, now: Time) {
        self.to_stop.remove(&key);
        let Some(entry) = self.entries.get(&key) else { return };
        let (run, shutdown) = (entry.run, entry.rules.shutdown);
        if shutdown.is_some_and(|deadline| deadline.is_zero()) {
            let until = now.saturating_add(ABANDONED);
            self.update(key, |entry| entry.phase = Phase::Killed { until });
            self.effects.push_back(Effect::Kill(key, run));
        } else {
            let until = shutdown.map(|deadline| now.saturating_add(deadline));
            self.update(key, |entry| entry.phase = Phase::Stopping { until });
            self.effects.push_back(Effect::Stop(key, run));
        }
    }

    /// Does what can be done now: stops before starts.
    fn advance(&mut self, now: Time) {
        while let Some(key) = self.to_stop.last().copied() {
            let free = self.entry(key).is_some_and(|entry| entry.free);
            let waits = if free { self.stopping_ordered > 0 } else { !self.stopping.is_empty() };
            if waits {
                return;
            }
            self.stop(key, now);
        }
        if let Some(reason) = &self.ending {
            if self.alive == 0 && !std::mem::replace(&mut self.ended, true) {
                self.effects.push_back(Effect::End(reason.clone()));
            }
            return;
        }
        if self.rules.strategy != Strategy::OneForOne && !self.stopping.is_empty() {
            return;
        }
        while let Some(key) = self.pending.first().copied() {
            let waits = |entry: &Entry| matches!(entry.phase, Phase::Waiting { .. });
            if self.unready.first() != Some(&key) || self.entry(key).is_some_and(waits) {
                return;
            }
            self.start(key, now);
        }
    }

    /// The only place where an entry changes.
    fn update(&mut self, key: Key, change: impl FnOnce(&mut Entry)) {
        let Some(mut entry) = self.entries.remove(&key) else { return };
        self.unindex(key, &entry);
        change(&mut entry);
        if entry.goal == Goal::Gone && !entry.phase.is_alive() {
            self.to_stop.remove(&key);
            self.effects.push_back(Effect::Remove(key));
        } else {
            self.index(key, &entry);
            self.entries.insert(key, entry);
        }
    }

    fn index(&mut self, key: Key, entry: &Entry) {
        if let Some(at) = entry.phase.alarm() {
            self.alarms.insert((at, key));
        }
        if entry.is_unready() {
            self.unready.insert(key);
        }
        if entry.is_pending() {
            self.pending.insert(key);
        }
        if entry.phase.is_stopping() {
            self.stopping.insert(key);
            self.stopping_ordered += usize::from(!entry.free);
        }
        self.alive += usize::from(entry.phase.is_alive());
    }

    fn unindex(&mut self, key: Key, entry: &Entry) {
        if let Some(at) = entry.phase.alarm() {
            self.alarms.remove(&(at, key));
        }
        self.unready.remove(&key);
        self.pending.remove(&key);
        if self.stopping.remove(&key) {
            self.stopping_ordered -= usize::from(!entry.free);
        }
        self.alive -= usize::from(entry.phase.is_alive());
    }
}

/// Whether a transient child is done when it ends so.
fn is_end(reason: &Reason) -> bool {
    reason.is_normal() || reason.kind() == kind::SHUTDOWN
}
