//! What came of a run, in words and numbers.

use std::fmt::{self, Write};

use aemp_actor::sim::{FaultCounts, Line};

use super::Run;
use super::counts::MeshCounts;
use super::judge::Finding;
use super::record::{Answer, Event, PortNo, Record, Sender, What};

/// A guarantee that was not kept, with what led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Violation {
    /// The number of the guarantee; 0 for what goes without saying.
    pub guarantee: u8,
    /// What happened.
    pub text: String,
    /// What led to it: the events around it that concern the same ports.
    pub excerpt: String,
}

/// What came of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Messages that were sent.
    pub messages: usize,
    /// Those that were delivered.
    pub deliveries: usize,
    /// Monitors that fired, by the kind of their reason.
    pub fired: std::collections::BTreeMap<String, usize>,
    /// Requests.
    pub requests: usize,
    /// Those of them that were left to another port.
    pub forwarded: usize,
    /// Monitors that were made.
    pub monitors: usize,
    /// Groups and the mesh.
    pub mesh: MeshCounts,
    /// Faults that hit something.
    pub faults: FaultCounts,
    /// Nodes that were shut down by the chaos.
    pub shutdowns: usize,
    /// What was not kept.
    pub violations: Vec<Violation>,
    /// All that happened, one line each, if it was asked for.
    pub log: Vec<String>,
}

impl Report {
    pub(super) fn new(seed: u64, run: Run, findings: Vec<Finding>, log: bool) -> Self {
        let record = &run.record;
        let mut fired = std::collections::BTreeMap::new();
        for (_, reason) in record.mons.iter().flat_map(|mon| &mon.fired) {
            *fired.entry(reason.kind().to_owned()).or_default() += 1;
        }
        let explained = |finding: Finding| Violation {
            excerpt: excerpt(record, &finding),
            guarantee: finding.guarantee,
            text: finding.text,
        };
        let delivered = record.words.iter().filter(|word| !word.delivered.is_empty());
        let rest = record.settled.first().copied().unwrap_or(usize::MAX);
        let shutdowns = record
            .nodes
            .iter()
            .filter(|node| !node.crashed && node.ended.is_some_and(|ended| ended < rest));
        Self {
            seed,
            messages: record.words.len(),
            deliveries: delivered.count(),
            fired,
            requests: record.cals.len(),
            forwarded: record.cals.iter().filter(|cal| !cal.forwarded.is_empty()).count(),
            monitors: record.mons.len(),
            mesh: MeshCounts::of(record),
            faults: run.faults,
            shutdowns: shutdowns.count(),
            violations: findings.into_iter().map(explained).collect(),
            log: if log { merged(record, &run.journal) } else { Vec::new() },
        }
    }
}

/// Both logs in one, in the order in which it happened.
fn merged(record: &Record, journal: &[Line]) -> Vec<String> {
    let mut all = Vec::with_capacity(journal.len() + record.events.len());
    let mut seen = 0;
    for event in &record.events {
        all.extend(journal[seen..event.line].iter().map(|line| format!("      {line}")));
        seen = event.line;
        all.push(line(record, event));
    }
    all.extend(journal[seen..].iter().map(|line| format!("      {line}")));
    all
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guarantee {}: {}\n{}", self.guarantee, self.text, self.excerpt)
    }
}

/// How many lines before the violation are shown.
const BEFORE: usize = 40;

/// The lines that concern the ports of a finding.
fn excerpt(record: &Record, finding: &Finding) -> String {
    let concerns = |moment: &usize| concerns(record, &record.events[*moment], &finding.ports);
    let mut moments: Vec<usize> = (0..=finding.moment.min(record.events.len().saturating_sub(1)))
        .rev()
        .filter(concerns)
        .take(BEFORE)
        .collect();
    moments.reverse();
    moments.extend((finding.moment + 1..record.events.len()).filter(concerns).take(5));
    let mut text = String::new();
    for moment in moments {
        let mark = if moment == finding.moment { ">" } else { " " };
        let _ = writeln!(text, "{mark} {}", line(record, &record.events[moment]));
    }
    text
}

fn concerns(record: &Record, event: &Event, ports: &[PortNo]) -> bool {
    let is_party = |parties: Vec<PortNo>| match ports {
        [_] => parties.iter().any(|port| ports.contains(port)),
        _ => !parties.is_empty() && parties.iter().all(|port| ports.contains(port)),
    };
    match &event.what {
        What::Born(port) | What::Died(port, _) | What::Dropped(port) => ports.contains(port),
        What::Sent(word) | What::Delivered(word) => {
            record.words.get(*word).is_some_and(|word| is_party(word.parties()))
        }
        What::Monitored(mon) | What::Cancelled(mon) | What::Fired(mon, _) => {
            is_party(record.mons[*mon].parties())
        }
        What::Called(cal) | What::Answered(cal, _) => is_party(record.cals[*cal].parties()),
        _ => true,
    }
}

fn line(record: &Record, event: &Event) -> String {
    format!("{:>9.3} {}", event.at.as_secs_f64(), what(record, &event.what))
}

fn what(record: &Record, what: &What) -> String {
    let node = |no: usize| format!("{}/{no}", record.host(no));
    let place = |port: PortNo| {
        let entry = &record.ports[port];
        format!("p{port} ({})", entry.node.map_or_else(|| entry.id.to_string(), node))
    };
    let word = |no: usize| match record.words.get(no) {
        Some(w) => format!("{:?} {no} from {} to {}", w.kind, who(record, w.by), place(w.to)),
        None => format!("word {no}"),
    };
    let mon = |no: usize| {
        let m = &record.mons[no];
        let form = m.form;
        format!("monitor {no} ({form:?}) of {} on {}", who(record, m.by), place(m.target))
    };
    match what {
        What::Boot(no) => format!("{} starts", node(*no)),
        What::Crash(no) => format!("{} CRASHES", node(*no)),
        What::Shutdown(no) => format!("{} is to shut down", node(*no)),
        What::ShutdownDone(no) => format!("{} is shut down", node(*no)),
        What::Born(port) => format!("{} {} is born", place(*port), record.ports[*port].id),
        What::Died(port, reason) => format!("{} died: {reason}", place(*port)),
        What::Dropped(port) => format!("{} is dropped", place(*port)),
        What::Sent(no) => word(*no),
        What::Delivered(no) => format!("    delivered: {}", word(*no)),
        What::Monitored(no) => mon(*no),
        What::Cancelled(no) => format!("    cancelled: {}", mon(*no)),
        What::Fired(no, reason) => format!("    FIRED: {}: {reason}", mon(*no)),
        What::Called(no) => {
            let cal = &record.cals[*no];
            format!(
                "request {no} of {} to {} within {:?}",
                who(record, cal.by),
                place(cal.target),
                cal.timeout
            )
        }
        What::Answered(no, answer) => match answer {
            Answer::Good(true) => format!("    request {no} is answered"),
            other => format!("    request {no} ends: {other:?}"),
        },
        What::Up(no, other) => format!("{} sees {other} up", node(*no)),
        What::Down(no, other, reason) => format!("{} sees {other} down: {reason}", node(*no)),
        What::Note(text) => format!("-- {text}"),
        What::Settled => "-- everything is at rest".into(),
        What::Broken(guarantee, text) => format!("** guarantee {guarantee}: {text}"),
        of_groups => group_line(record, of_groups),
    }
}

/// The same for what concerns groups and joins.
fn group_line(record: &Record, what: &What) -> String {
    let node = |no: usize| format!("{}/{no}", record.host(no));
    match what {
        What::Registered(no) | What::Unregistered(no) => {
            let reg = &record.regs[*no];
            let verb = if matches!(what, What::Registered(_)) { "joins" } else { "leaves" };
            format!(
                "{} {verb} group {:?} (registration {no})",
                record.ports[reg.port].id, reg.group
            )
        }
        What::GroupWatched(no) => {
            let mon = &record.grp_mons[*no];
            format!("group monitor {no} on {} of {:?}", node(mon.on), mon.group)
        }
        What::GroupUnwatched(no) => format!("    cancelled: group monitor {no}"),
        What::GroupChanged(no, change) => {
            let (_, change) = &record.grp_mons[*no].changes[*change];
            let (added, removed) = (&change.added, &change.removed);
            format!("    group monitor {no}: added {added:?}, removed {removed:?}")
        }
        What::Viewed(no) => {
            let view = &record.views[*no];
            format!("{} sees {:?}: {:?}", node(view.on), view.group, view.ports)
        }
        What::Joined(no) => format!("{} has joined", node(*no)),
        other => format!("{other:?}"),
    }
}

fn who(record: &Record, sender: Sender) -> String {
    match sender {
        Sender::Port(port) if port < record.ports.len() => {
            let on = record.ports[port].node.map_or("?", |no| record.host(no));
            format!("p{port} ({on})")
        }
        other => other.to_string(),
    }
}
