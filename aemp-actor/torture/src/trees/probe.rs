//! When all is calm: a child is ended, and what its supervisor then does is compared with the rules.

use std::collections::BTreeMap;

use aemp_actor::prelude::*;
use aemp_actor::supervisor::{ChildInfo, ChildState, Strategy, SupervisorRef};
use tokio::time::sleep;

use super::restarts::{Fate, Hurt, fates};
use super::tree::{HEALING, Tree};
use super::worker::{Event, Lives};

/// How often a child is ended.
const PROBES: usize = 4;

impl Tree {
    /// Ends children at random, one after the other.
    pub(super) async fn probe(&mut self, supervisor: &SupervisorRef) {
        for _ in 0..PROBES {
            let Ok(before) = supervisor.which_children().await else {
                return self.violations.push("the supervisor does not answer".into());
            };
            let (strategy, before) = (before.strategy, before.children);
            let running: Vec<usize> =
                (0..before.len()).filter(|at| before[*at].state == ChildState::Running).collect();
            let Some(hurt) = self.random.pick(&running).copied() else { return };
            let Some(port) = before[hurt].port.clone() else { continue };
            let how = self.hurt_how(!self.is_worker(&before[hurt].name));
            Lives::forget_events(self.run());
            self.hurt(&port, how);
            sleep(HEALING).await;
            let Ok(after) = supervisor.which_children().await else {
                return self.violations.push(format!("it has ended with {}", before[hurt].name));
            };
            let states: Vec<_> =
                before.iter().map(|c| (c.restart, c.state == ChildState::Running)).collect();
            let expected = fates(strategy, &states, hurt, how);
            let what = format!("{strategy}: {} of {before:?}: {how:?}", before[hurt].name);
            self.compare(&what, &before, &after.children, &expected);
            self.look_at_order(&what, strategy, &before, hurt, &expected);
        }
    }

    fn compare(
        &mut self,
        what: &str,
        before: &[ChildInfo],
        after: &[ChildInfo],
        expected: &[Fate],
    ) {
        let after: BTreeMap<&str, &ChildInfo> = after.iter().map(|c| (&*c.name, c)).collect();
        let fate = |child: &ChildInfo| match after.get(&*child.name) {
            None => Fate::Gone,
            Some(now) if now.state == child.state && now.port == child.port => Fate::Stays,
            Some(now) if now.state == ChildState::Running => Fate::StartedAgain,
            Some(_) => Fate::Stopped,
        };
        let fates: Vec<Fate> = before.iter().map(fate).collect();
        if fates != expected {
            self.violations.push(format!("{what}: {fates:?}, and not {expected:?}"));
        }
    }

    /// Those taken along are stopped in reverse order, before any is started; all are started in order.
    fn look_at_order(
        &mut self,
        what: &str,
        strategy: Strategy,
        before: &[ChildInfo],
        hurt: usize,
        fates: &[Fate],
    ) {
        // Workers that are children themselves: those below supervisors have an order of their own.
        let place = |name: &str| before.iter().position(|child| child.name == name);
        let events = Lives::of(self.run()).events;
        let (mut begun, mut ended) = (Vec::new(), Vec::new());
        for event in &events {
            match event {
                Event::Begin(name) => begun.extend(place(name)),
                Event::End(name) => {
                    ended.extend(place(name).filter(|at| *at != hurt));
                    if !begun.is_empty() && place(name).is_some() {
                        self.violations.push(format!("{what}: stopped after a start: {events:?}"));
                    }
                }
            }
        }
        let is_worker = |at: &usize| self.is_worker(&before[*at].name);
        let of = |wanted: &[Fate]| -> Vec<usize> {
            let has = |at: &usize| wanted.contains(&fates[*at]) && is_worker(at);
            (0..before.len()).filter(has).collect()
        };
        let starts = of(&[Fate::StartedAgain]);
        let mut stops = of(&[Fate::StartedAgain, Fate::Gone, Fate::Stopped]);
        stops.retain(|at| *at != hurt);
        stops.reverse();
        if begun != starts || ended != stops {
            let text =
                format!("{what}: by {strategy} {stops:?} stop, {starts:?} start: {events:?}");
            self.violations.push(text);
        }
    }

    fn hurt_how(&mut self, supervises: bool) -> Hurt {
        let ways = [Hurt::Kil, Hurt::KilNow, Hurt::Fail, Hurt::Finish];
        let ways = if supervises { &ways[..2] } else { &ways[..] };
        *self.random.pick(ways).unwrap_or(&Hurt::Kil)
    }

    pub(super) fn hurt(&self, port: &PortId, how: Hurt) {
        match how {
            Hurt::Fail => self.top.snd(port, ("fail",)),
            Hurt::Finish => self.top.snd(port, ("finish",)),
            Hurt::Kil => self.top.kil(port, "hurt"),
            Hurt::KilNow => self.top.kil_now(port, "hurt"),
        }
    }
}
