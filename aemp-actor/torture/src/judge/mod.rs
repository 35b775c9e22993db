//! Was the contract kept? Looks at a complete record; knows nothing of how it came about.
//!
//! The contract speaks of what happens when connections are lost, and the network is what loses
//! them: so whatever a program is told of a lost connection has to be explained by a fault
//! between the two hosts not long before. Where there was none, nothing may be lost at all.

mod calls;
mod deaths;
mod ends;
mod groups;
mod joins;
mod monitors;
mod nodes;
mod order;
mod reasons;

use std::collections::BTreeMap;
use std::time::Duration;

use super::outside::FIRST_EXCLAIMER;
use super::plan::Plan;
use super::record::{
    Event, Moment, MonEntry, NodeNo, PortKind, PortNo, Record, Sender, What, WordKind, WordNo,
};

/// A guarantee that was not kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Finding {
    /// Its number; 0 for what goes without saying.
    pub(super) guarantee: u8,
    /// When it was broken.
    pub(super) moment: Moment,
    pub(super) text: String,
    /// Whom to look at.
    pub(super) ports: Vec<PortNo>,
}

/// Judges the record of a run.
pub(super) fn judge(record: &Record, plan: &Plan) -> Vec<Finding> {
    let mut judge = Judge::new(record, plan);
    judge.broken();
    judge.order();
    judge.monitors();
    judge.deaths();
    judge.calls();
    judge.nodes();
    judge.groups();
    judge.joins(plan);
    judge.findings.sort_by_key(|finding| finding.moment);
    judge.findings
}

struct Judge<'a> {
    record: &'a Record,
    plan: &'a Plan,
    healing: Duration,
    quiet: Duration,
    /// Nodes have to hear of each other before they can speak.
    strangers: bool,
    /// What happens at the same time may be logged this much later.
    blur: Duration,
    /// What one sender sent to one port, in order.
    streams: BTreeMap<(Sender, PortNo), Vec<WordNo>>,
    /// By whom ports were spawned, and when.
    spawned: BTreeMap<PortNo, (Sender, Moment)>,
    /// When no node ran on a host.
    down: BTreeMap<&'a str, Vec<(Duration, Duration)>>,
    findings: Vec<Finding>,
}

impl<'a> Judge<'a> {
    fn new(record: &'a Record, plan: &'a Plan) -> Self {
        let mut streams: BTreeMap<_, Vec<WordNo>> = BTreeMap::new();
        let mut spawned = BTreeMap::new();
        for (no, word) in record.words.iter().enumerate() {
            if word.kind == WordKind::Unsent {
                continue;
            }
            streams.entry((word.by, word.to)).or_default().push(no);
            if word.kind == WordKind::Spawn {
                spawned.insert(word.to, (word.by, word.sent));
            }
        }
        let blur = if plan.threaded { plan.quiet / 4 } else { Duration::ZERO };
        let (healing, quiet, down) = (plan.healing, plan.quiet, downtimes(record));
        let strangers = plan.are_strangers();
        Self {
            record,
            plan,
            healing,
            quiet,
            strangers,
            blur,
            streams,
            spawned,
            down,
            findings: Vec::new(),
        }
    }

    fn found(&mut self, guarantee: u8, moment: Moment, ports: &[PortNo], text: String) {
        self.findings.push(Finding { guarantee, moment, text, ports: ports.to_vec() });
    }

    /// What was seen to be wrong while it ran.
    fn broken(&mut self) {
        for (moment, event) in self.record.events.iter().enumerate() {
            if let What::Broken(guarantee, text) = &event.what {
                self.found(*guarantee, moment, &[], text.clone());
            }
        }
    }

    fn time(&self, moment: Moment) -> Duration {
        self.record.time(moment)
    }

    /// The host of a port's ID.
    fn host_of(&self, port: PortNo) -> &'a str {
        self.record.ports[port].id.node().as_str()
    }

    /// Whether nothing was wrong between a node and a host from `healing` before `from` to `to`.
    fn calm(&self, node: NodeNo, other: &str, from: Duration, to: Duration) -> bool {
        self.calm_but_for(None, node, other, from, to)
    }

    /// The same, where a host that goes down at that moment does not count.
    fn calm_but_for(
        &self,
        end: Option<(&str, Duration)>,
        node: NodeNo,
        other: &str,
        from: Duration,
        to: Duration,
    ) -> bool {
        let host = self.record.host(node);
        let from = from.saturating_sub(self.healing);
        let hit = |begin: Duration, end: Duration| begin <= to && end >= from;
        let counts = |host: &str, begin: Duration| end != Some((host, begin));
        let down = |host: &str| match self.down.get(host) {
            Some(times) => {
                times.iter().any(|(begin, end)| hit(*begin, *end) && counts(host, *begin))
            }
            None => true,
        };
        if host == other {
            return !down(host);
        }
        // What two private nodes say to each other may go through any other, as with two that could
        // not dial each other once.
        let relayed = self.plan.is_relayed(host, other) || self.record.was_relayed(host, other);
        if (self.strangers || relayed) && self.down.contains_key(other) {
            let downtimes = self
                .down
                .iter()
                .flat_map(|(host, times)| times.iter().filter(|(begin, _)| counts(host, *begin)));
            // They begin as such.
            let downtimes = downtimes.chain([&(Duration::ZERO, Duration::ZERO)]);
            let ways = self.record.disturbances.iter();
            let ways = ways.map(|d| (d.begin, d.end.unwrap_or(Duration::MAX)));
            let mut all = downtimes.copied().chain(ways);
            return !(all.any(|(begin, end)| hit(begin, end)) || self.record.tight_queues);
        }
        let disturbances = self.record.disturbances.iter().filter(|d| d.joins(host, other));
        let disturbed =
            disturbances.into_iter().any(|d| hit(d.begin, d.end.unwrap_or(Duration::MAX)));
        !(disturbed || down(host) || down(other) || self.record.tight_queues)
    }

    /// Whether the node had ended by then.
    fn node_ended(&self, node: NodeNo, by: Moment) -> bool {
        self.record.nodes[node].ended.is_some_and(|ended| ended <= by)
    }

    /// Whether a port was alive at that moment.
    fn alive(&self, port: PortNo, at: Moment) -> bool {
        let entry = &self.record.ports[port];
        let born = entry.born.is_some_and(|born| born <= at);
        let died = entry.died.as_ref().is_some_and(|(died, _)| *died <= at);
        born && !died && !entry.node.is_some_and(|node| self.node_ended(node, at))
    }

    /// Whether somebody could be told something at that moment.
    fn listens(&self, who: Sender, on: NodeNo, at: Moment) -> bool {
        match who {
            Sender::Port(port) => self.alive(port, at),
            Sender::Outside(_) => !self.node_ended(on, at),
        }
    }

    /// From when on the port was dead, as far as a monitor is concerned; `None` if it lives.
    fn end_of(&self, mon: &MonEntry) -> Option<Moment> {
        let entry = &self.record.ports[mon.target];
        let died = entry.died.as_ref().map(|(died, _)| *died);
        let node_ended = entry.node.and_then(|node| self.record.nodes[node].ended);
        match entry.kind {
            PortKind::Never | PortKind::Illegal | PortKind::Failing => Some(mon.made),
            PortKind::Node => self.end_of_node(mon),
            PortKind::Made | PortKind::Spawned if entry.born.is_none() => Some(mon.made),
            PortKind::Made | PortKind::Spawned => [died, node_ended].into_iter().flatten().min(),
        }
    }

    /// The same for a monitor on a node. One that waits for a connection is as good for whichever
    /// node comes up there.
    fn end_of_node(&self, mon: &MonEntry) -> Option<Moment> {
        let host = self.host_of(mon.target);
        let (before, after) = self.record.events.split_at(mon.made);
        let boots =
            |event: &&Event| matches!(event.what, What::Boot(no) if self.record.host(no) == host);
        let seen = before.iter().rev().find_map(|event| match &event.what {
            What::Up(no, other) if *no == mon.on && other == host => Some(true),
            What::Down(no, other, _) if *no == mon.on && other == host => Some(false),
            _ => None,
        });
        let own = self.record.host(mon.on) == host;
        let seen = seen.filter(|_| !self.is_set_while_down_is_told(mon, after, host));
        if !own && seen != Some(true) {
            let comes = after.iter().any(|event| boots(&event));
            let there =
                self.record.nodes.iter().any(|node| {
                    node.host == host && node.ended.is_none_or(|ended| ended > mon.made)
                });
            return (!comes && !there).then_some(mon.made);
        }
        let ends = |event: &Event| match event.what {
            What::Crash(no) | What::Shutdown(no) => self.record.host(no) == host,
            _ => false,
        };
        after.iter().position(ends).map(|index| mon.made + index)
    }

    /// Whether a monitor that fired because the host is down has set this one, before the node is told
    /// that it is down: it waits for the next connection.
    fn is_set_while_down_is_told(&self, mon: &MonEntry, after: &[Event], host: &str) -> bool {
        let by_monitor = matches!(mon.by, Sender::Outside(by) if by >= FIRST_EXCLAIMER);
        let at = self.time(mon.made);
        let mut soon = after.iter().take_while(|event| event.at == at);
        by_monitor
            && soon.any(|event| {
                matches!(&event.what, What::Down(no, other, _) if *no == mon.on && other == host)
            })
    }
}

fn downtimes(record: &Record) -> BTreeMap<&str, Vec<(Duration, Duration)>> {
    let mut down: BTreeMap<&str, Vec<(Duration, Duration)>> = BTreeMap::new();
    for event in &record.events {
        match &event.what {
            What::Boot(no) => {
                let times = down.entry(record.host(*no)).or_default();
                if let Some((_, end)) = times.last_mut() {
                    *end = event.at;
                }
            }
            What::Crash(no) | What::Shutdown(no) => {
                down.entry(record.host(*no)).or_default().push((event.at, Duration::MAX));
            }
            _ => {}
        }
    }
    down
}
