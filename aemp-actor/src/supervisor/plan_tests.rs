//! Properties of the table: whatever children and nodes do, and in whatever order it is told.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::{
    Just, ProptestConfig, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::strategy::Strategy as Generator;

use super::effect::{ABANDONED, Effect, Ended, Key, Run, Time};
use super::entry::{Entry, Goal, Phase};
use super::plan::Plan;
use super::rules::{Backoff, ChildRules, Intensity, Restart, Rules, Strategy};
use crate::reason::{Reason, kind};

const SECOND: Duration = Duration::from_secs(1);

/// A child as the world has it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Life {
    Starting,
    Running,
    Told,
    Killed,
}

impl Entry {
    /// Whether it has failed because it did not start in time.
    fn is_late(&self) -> bool {
        self.failing.is_some() && self.goal == Goal::Up && self.rules.restart != Restart::Temporary
    }
}

/// Carries out what the plan says, and checks it.
struct World {
    plan: Plan,
    rules: Rules,
    now: Time,
    /// What was started and has not ended; several of one child would be a fault.
    live: BTreeMap<Key, (Run, Life)>,
    /// Children that do not end when they are killed, and were given up.
    abandoned: usize,
    /// Failures that count.
    failures: Vec<Time>,
    /// Whether somebody asked for the end.
    asked: bool,
    /// Whether somebody started or stopped single children, which has no order.
    commanded: bool,
    ended: Option<Reason>,
    stops: Vec<Key>,
}

impl World {
    fn new(strategy: Strategy, restarts: Option<u32>, children: &[ChildRules]) -> Self {
        let intensity = Intensity { restarts, window: 5 * SECOND };
        let rules = Rules { strategy, intensity, backoff: Backoff::new(SECOND / 10, SECOND) };
        let mut world = Self {
            plan: Plan::new(rules),
            rules,
            now: Duration::ZERO,
            live: BTreeMap::new(),
            abandoned: 0,
            failures: Vec::new(),
            asked: false,
            commanded: false,
            ended: None,
            stops: Vec::new(),
        };
        for (n, child) in children.iter().enumerate() {
            world.plan.add(format!("child {n}").into(), *child, false, world.now);
        }
        world.plan.begin(world.now);
        world.carry_out();
        world
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.plan.poll_effect() {
            match effect {
                Effect::Start(key, run) => self.start(key, run),
                Effect::Stop(key, run) => self.tell(key, run, Life::Told),
                Effect::Kill(key, run) => self.tell(key, run, Life::Killed),
                Effect::Abandon(key, run) => {
                    assert_eq!(self.live.remove(&key), Some((run, Life::Killed)));
                    self.abandoned += 1;
                }
                Effect::Remove(key) => assert!(!self.live.contains_key(&key), "{key} is gone"),
                Effect::End(reason) => {
                    assert!(self.live.is_empty(), "children run on: {:?}", self.live);
                    assert!(self.ended.replace(reason).is_none(), "it ends twice");
                }
            }
        }
    }

    fn start(&mut self, key: Key, run: Run) {
        assert!(self.ended.is_none(), "{key} is started at the end");
        assert_eq!(self.live.insert(key, (run, Life::Starting)), None, "{key} runs twice");
        if self.rules.strategy != Strategy::OneForOne && !self.commanded {
            let before = self.plan.entries().take_while(|(other, _)| *other < key);
            for (other, entry) in before.filter(|(_, entry)| entry.goal == Goal::Up) {
                assert!(entry.is_up(), "{key} is started before {other}");
            }
        }
    }

    fn tell(&mut self, key: Key, run: Run, life: Life) {
        let known = self.live.get_mut(&key);
        let (known, now) = known.expect("only what runs is stopped");
        assert_eq!(*known, run);
        *now = life;
        self.stops.push(key);
        let told = |(_, life): &&(Run, Life)| matches!(life, Life::Told | Life::Killed);
        if !self.commanded && self.rules.strategy != Strategy::OneForOne && life == Life::Told {
            assert_eq!(self.live.values().filter(told).count(), 1, "stopped one after the other");
        }
    }

    /// The child started, if it was starting.
    fn started(&mut self, key: Key) {
        if let Some((run, life @ Life::Starting)) = self.live.get_mut(&key) {
            *life = Life::Running;
            let run = *run;
            self.plan.handle_started(key, run, self.now);
            self.carry_out();
        }
    }

    /// The child ended, if it ran.
    fn end(&mut self, key: Key, reason: &Reason, lost: bool) {
        let Some((run, life)) = self.live.remove(&key) else { return };
        // What the table takes for a failure: read before it changes.
        let entry = self.plan.entry(key).expect("what runs is known");
        let wanted = match entry.rules.restart {
            Restart::Permanent => true,
            Restart::Transient => lost || !reason.is_normal(),
            Restart::Temporary => false,
        };
        let counts = matches!(life, Life::Starting | Life::Running)
            && !entry.phase.is_stopping()
            && !self.plan.is_ending()
            && !self.plan.waits_to_be_stopped(key)
            && wanted
            && !lost;
        let late = entry.is_late();
        self.plan.handle_ended(key, run, Ended { reason, lost, chance: 0.5 }, self.now);
        if counts || late {
            self.count(1);
        }
        self.carry_out();
    }

    /// So many more failed: whether the table takes that for too many, as it should.
    fn count(&mut self, more: usize) {
        let Some(most) = self.rules.intensity.restarts else { return };
        self.failures.extend(std::iter::repeat_n(self.now, more));
        let window = self.rules.intensity.window;
        let recent = self.failures.iter().filter(|at| self.now - **at <= window).count();
        assert_eq!(recent > most as usize, self.plan.is_ending(), "{recent} of {most}");
    }

    fn time(&mut self, until: Time) {
        self.now = self.now.max(until);
        // One that does not end when it was killed for its start deadline is given up, and has failed.
        let given_up = |(_, entry): &(Key, &Entry)| {
            let due = matches!(entry.phase, Phase::Killed { until } if until <= self.now);
            due && entry.is_late()
        };
        let given_up = self.plan.entries().filter(given_up).count();
        let ending = self.plan.is_ending();
        self.plan.handle_time(self.now, || 0.5);
        if given_up > 0 && !ending {
            self.count(given_up);
        }
        self.carry_out();
    }

    fn act(&mut self, (what, which, amount): (u8, u8, u16), commands: bool) {
        let keys: Vec<Key> = self.plan.entries().map(|(key, _)| key).collect();
        if keys.is_empty() || self.ended.is_some() {
            return;
        }
        let key = keys[usize::from(which) % keys.len()];
        match what % 16 {
            0..4 => self.started(key),
            4 | 5 => self.end(key, &Reason::new(kind::DIE, "failed"), false),
            6 => self.end(key, &Reason::normal(), false),
            7 => self.end(key, &Reason::new(kind::TRANSPORT_ERROR, "lost"), true),
            8 => self.plan.handle_node_up(key, self.now),
            9..12 => self.time(self.now + SECOND.mul_f64(f64::from(amount) / 16_000.0)),
            _ if !commands => {
                let deadline = self.plan.poll_deadline().unwrap_or(self.now);
                self.time(deadline);
            }
            command => self.command(command, key, amount),
        }
        self.carry_out();
    }

    fn command(&mut self, command: u8, key: Key, amount: u16) {
        self.commanded = true;
        match command {
            12 => self.plan.terminate(key, self.now),
            13 => self.plan.restart(key, self.now),
            14 => self.plan.delete(key, self.now),
            _ if self.plan.is_ending() => {}
            _ if amount.is_multiple_of(64) => {
                self.asked = true;
                self.plan.shut_down(Reason::from("asked"), self.now);
            }
            _ => drop(self.plan.add("more".into(), ChildRules::default(), true, self.now)),
        }
    }

    /// From now on all goes well: starts succeed, and who is told to end does.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            let busy = |(_, life): &(Run, Life)| *life != Life::Running;
            let next =
                self.live.iter().find(|(_, live)| busy(live)).map(|(key, live)| (*key, live.1));
            match (next, self.plan.poll_deadline()) {
                (Some((key, Life::Starting)), _) => self.started(key),
                (Some((key, _)), _) => self.end(key, &Reason::normal(), false),
                (None, Some(deadline)) => self.time(deadline),
                (None, None) => return,
            }
        }
        panic!("it does not come to rest");
    }

    fn check_rest(&self) {
        if self.plan.is_ending() {
            let reason = self.ended.as_ref().expect("it ends when all children have");
            assert!(self.asked || reason.kind() == kind::MAX_RESTARTS, "{reason}");
            return;
        }
        assert!(self.ended.is_none());
        assert!(self.plan.is_ready());
        for (key, entry) in self.plan.entries() {
            let live = self.live.get(&key).map(|(run, life)| (*run, *life));
            match entry.goal {
                Goal::Up => assert_eq!(live, Some((entry.run, Life::Running)), "{entry:?}"),
                Goal::Down => assert!(live.is_none() && entry.phase == Phase::Down, "{entry:?}"),
                Goal::Gone => panic!("it is still known: {entry:?}"),
            }
            if entry.rules.restart == Restart::Permanent && !self.commanded {
                assert_eq!(entry.goal, Goal::Up);
            }
            if entry.rules.restart == Restart::Temporary && !self.commanded {
                assert_eq!(entry.restarts, 0);
            }
        }
        assert!(self.live.keys().all(|key| self.plan.entry(*key).is_some()));
    }
}

fn child() -> impl Generator<Value = ChildRules> {
    let restart = prop_oneof![
        3 => Just(Restart::Permanent),
        1 => Just(Restart::Transient),
        1 => Just(Restart::Temporary)
    ];
    let deadline = prop_oneof![Just(None), Just(Some(Duration::ZERO)), Just(Some(SECOND))];
    (restart, deadline).prop_map(|(restart, shutdown)| ChildRules {
        restart,
        start_deadline: Some(2 * SECOND),
        shutdown,
    })
}

fn strategies() -> impl Generator<Value = Strategy> {
    prop_oneof![Just(Strategy::OneForOne), Just(Strategy::OneForAll), Just(Strategy::RestForOne)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The invariants 1, 3 and 4 of the table, and its intensity.
    #[test]
    fn after_the_last_fault_all_is_as_the_rules_say(
        strategy in strategies(),
        restarts in prop_oneof![Just(None), (0_u32..6).prop_map(Some)],
        children in prop::collection::vec(child(), 1..6),
        acts in prop::collection::vec(any::<(u8, u8, u16)>(), 0..80),
        commands: bool,
    ) {
        let mut world = World::new(strategy, restarts, &children);
        for act in acts {
            world.act(act, commands);
        }
        world.settle();
        world.check_rest();
    }

    /// Invariant 2.
    #[test]
    fn children_are_stopped_in_reverse_order(
        strategy in strategies(),
        children in prop::collection::vec(child(), 1..6),
        acts in prop::collection::vec(any::<(u8, u8, u16)>(), 0..40),
    ) {
        let mut world = World::new(strategy, None, &children);
        for act in acts {
            world.act(act, false);
        }
        world.settle();
        world.stops.clear();
        world.asked = true;
        world.plan.shut_down(Reason::from("asked"), world.now);
        world.carry_out();
        world.settle();
        world.check_rest();
        prop_assert!(world.stops.is_sorted_by(|a, b| a > b), "{:?}", world.stops);
        prop_assert_eq!(world.ended.as_ref().map(Reason::kind), Some("asked"));
    }
}

/// What becomes of a child when one has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Stays,
    StartedAgain,
    Stopped,
    Gone,
}

/// The rules, as the documentation of strategies and restarts has them.
fn fate(strategy: Strategy, children: &[ChildRules], at: usize, ended: usize, fails: bool) -> Fate {
    let own = match children[ended].restart {
        Restart::Temporary => Fate::Gone,
        Restart::Transient if !fails => Fate::Stopped,
        _ => Fate::StartedAgain,
    };
    let with_it = match strategy {
        Strategy::OneForOne => false,
        Strategy::OneForAll => true,
        Strategy::RestForOne => at > ended,
    };
    match children[at].restart {
        _ if at == ended => own,
        _ if own != Fate::StartedAgain || !with_it => Fate::Stays,
        Restart::Temporary => Fate::Gone,
        _ => Fate::StartedAgain,
    }
}

proptest! {
    /// When one ends, those are started again that should be, and no others.
    #[test]
    fn the_end_of_one_child_has_the_effects_of_its_strategy(
        strategy in strategies(),
        children in prop::collection::vec(child(), 1..6),
        ended: u8,
        (reason, lost) in prop_oneof![
            Just((Reason::new(kind::DIE, "failed"), false)),
            Just((Reason::normal(), false)),
            Just((Reason::new(kind::SHUTDOWN, "told by another"), false)),
            Just((Reason::new(kind::TRANSPORT_ERROR, "lost"), true)),
        ],
    ) {
        let mut world = World::new(strategy, None, &children);
        world.settle();
        let before: Vec<Run> = world.live.values().map(|(run, _)| *run).collect();
        prop_assert_eq!(before.len(), children.len());
        let ended = usize::from(ended) % children.len();
        let fails = lost || !(reason.is_normal() || reason.kind() == kind::SHUTDOWN);
        world.end(ended as Key, &reason, lost);
        world.settle();
        world.check_rest();
        for (at, run) in before.iter().enumerate() {
            let live = world.live.get(&(at as Key)).map(|(run, _)| *run);
            let now = match world.plan.entry(at as Key) {
                None => Fate::Gone,
                Some(_) if live.is_none() => Fate::Stopped,
                Some(_) if live == Some(*run) => Fate::Stays,
                Some(_) => Fate::StartedAgain,
            };
            prop_assert_eq!(now, fate(strategy, &children, at, ended, fails), "child {}", at);
        }
    }
}

#[test]
fn a_child_that_fails_at_each_start_escalates_and_says_so() {
    let mut world = World::new(Strategy::OneForOne, Some(3), &[ChildRules::default()]);
    for _ in 0..3 {
        world.end(0, &Reason::new(kind::DIE, "no disk"), false);
        let deadline = world.plan.poll_deadline().expect("a pause");
        world.time(deadline);
    }
    world.end(0, &Reason::new(kind::DIE, "no disk"), false);
    let reason = world.ended.expect("it has ended");
    assert_eq!(reason.kind(), kind::MAX_RESTARTS);
    let text = "children failed 4 times within 5s, last child child 0: die: no disk";
    assert_eq!(reason.text(), text);
}

#[test]
fn a_child_that_does_not_start_is_killed_and_given_up() {
    let rules = ChildRules { start_deadline: Some(SECOND), ..ChildRules::default() };
    let mut world = World::new(Strategy::OneForOne, Some(3), &[rules]);
    world.time(SECOND);
    assert_eq!(world.live[&0].1, Life::Killed);
    world.time(SECOND + ABANDONED);
    assert_eq!((world.abandoned, world.live.len()), (1, 0));
    let entry = world.plan.entry(0).expect("it is known");
    assert_eq!(
        entry.reason.as_ref().map(Reason::text).as_deref(),
        Some("child 0 did not start within 1s")
    );
    world.settle();
    world.failures.push(SECOND);
    world.check_rest();
}

#[test]
fn a_lost_child_waits_for_a_node_and_does_not_count() {
    let mut world = World::new(Strategy::OneForOne, Some(0), &[ChildRules::default()]);
    for _ in 0..50 {
        world.end(0, &Reason::new(kind::TRANSPORT_ERROR, "lost"), true);
        let pause = world.plan.poll_deadline().expect("a pause") - world.now;
        assert!(pause <= SECOND);
        world.plan.handle_node_up(0, world.now);
        let deadline = world.plan.poll_deadline().expect("a pause");
        assert!(deadline - world.now <= SECOND / 10);
        world.time(deadline);
        world.started(0);
    }
    assert!(!world.plan.is_ending());
    world.settle();
    world.check_rest();
}
