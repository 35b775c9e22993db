//! What happened in a run: every send, delivery, monitor, death and fault, numbered in the order in
//! which it happened. Nothing is judged here.

use aemp_actor::{GroupChange, PortId, Reason};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// A start of a node: a restarted node is another one.
pub(super) type NodeNo = usize;
/// A port that something was ever done to, also one that never existed.
pub(super) type PortNo = usize;
/// Something sent: a message, a kill or a spawn.
pub(super) type WordNo = usize;
/// A monitor.
pub(super) type MonNo = usize;
/// A request.
pub(super) type CalNo = usize;
/// A registration in a group.
pub(super) type RegNo = usize;
/// A monitor of a group.
pub(super) type GrpMonNo = usize;
/// The place of an event in the order of all events.
pub(super) type Moment = usize;

/// Who sends: a port, or a thread of control outside of ports.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Sender {
    Port(PortNo),
    Outside(usize),
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Boot(NodeNo),
    /// The node is cut off from one moment to the next.
    Crash(NodeNo),
    /// The node is told to shut down.
    Shutdown(NodeNo),
    ShutdownDone(NodeNo),
    Born(PortNo),
    Died(PortNo, Reason),
    /// The value of the port was dropped.
    Dropped(PortNo),
    Sent(WordNo),
    Delivered(WordNo),
    Monitored(MonNo),
    Cancelled(MonNo),
    Fired(MonNo, Reason),
    Called(CalNo),
    Answered(CalNo, Answer),
    Up(NodeNo, String),
    Down(NodeNo, String, Reason),
    Registered(RegNo),
    Unregistered(RegNo),
    GroupWatched(GrpMonNo),
    GroupUnwatched(GrpMonNo),
    /// That change of those it was told of.
    GroupChanged(GrpMonNo, usize),
    /// What a node sees of a group was written down.
    Viewed(usize),
    /// The node has joined the mesh.
    Joined(NodeNo),
    /// Something that only matters for whoever reads the log.
    Note(String),
    /// Everything is healed, and time enough has passed.
    Settled,
    /// Something happened that never may, as whoever noticed it says.
    Broken(u8, String),
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Answered, with what was expected or not.
    Good(bool),
    Died(Reason),
    Timeout,
    /// The one who asked would have to answer.
    Itself,
    /// The node port does not understand it.
    Refused,
    /// Failed by who had it, as it was to be or not.
    Failed(bool),
    Other(String),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) at: Duration,
    /// How many lines the network's journal had.
    pub(super) line: usize,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) struct NodeEntry {
    pub(super) host: String,
    /// It crashed or was shut down then.
    pub(super) ended: Option<Moment>,
    pub(super) crashed: bool,
    /// How long it was given to shut down, if it was told to.
    pub(super) farewell: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(super) struct PortEntry {
    pub(super) id: PortId,
    /// `None` for an ID of a node that never existed.
    pub(super) node: Option<NodeNo>,
    pub(super) kind: PortKind,
    pub(super) born: Option<Moment>,
    pub(super) died: Option<(Moment, Reason)>,
    pub(super) dropped: Option<Moment>,
    /// It has ended itself, as it was to.
    pub(super) resigned: bool,
    /// How much waited in its mailbox at the most, beside what was said to it.
    pub(super) posted: usize,
}

/// What is known of a port before it lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PortKind {
    /// Made by its own node.
    Made,
    /// Spawned from elsewhere: it lives when the request arrives.
    Spawned,
    /// Spawned with an init function that is unknown or fails: it dies with `die`.
    Failing,
    /// Nobody ever made it.
    Never,
    /// No legal node ID.
    Illegal,
    /// The node port: it lives as long as the node.
    Node,
}

#[derive(Clone, Debug)]
pub(super) struct WordEntry {
    pub(super) by: Sender,
    /// The node it was sent from.
    pub(super) on: NodeNo,
    pub(super) to: PortNo,
    pub(super) kind: WordKind,
    /// The port that it tells of.
    pub(super) names: Option<PortNo>,
    /// When it was about to be sent.
    pub(super) sent: Moment,
    /// What happened from then on happened after it was sent.
    pub(super) done: Moment,
    pub(super) delivered: Vec<Moment>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum WordKind {
    Message,
    Kill,
    Spawn,
    /// There was no room for it, and its sender was told.
    Unsent,
}

#[derive(Clone, Debug)]
pub(super) struct MonEntry {
    /// Who is told; the port that owns the monitor, or somebody outside.
    pub(super) by: Sender,
    /// The node it was made on.
    pub(super) on: NodeNo,
    pub(super) target: PortNo,
    pub(super) form: Form,
    pub(super) made: Moment,
    pub(super) cancelled: Option<Moment>,
    pub(super) fired: Vec<(Moment, Reason)>,
}

/// What a monitor does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// A callback: in port context, or outside.
    Call,
    /// Kills its owner: it is never seen to fire.
    Link,
    /// Sends its owner a message.
    Message,
}

#[derive(Clone, Debug)]
pub(super) struct CalEntry {
    pub(super) by: Sender,
    pub(super) on: NodeNo,
    pub(super) target: PortNo,
    pub(super) timeout: Duration,
    pub(super) called: Moment,
    /// Whom it was left to, by the node of who was asked.
    pub(super) forwarded: Vec<(NodeNo, PortNo)>,
    pub(super) answered: Vec<(Moment, Answer)>,
}

#[derive(Clone, Debug)]
pub(super) struct RegEntry {
    pub(super) on: NodeNo,
    pub(super) group: &'static str,
    pub(super) port: PortNo,
    pub(super) begun: Moment,
    /// It was taken back, or refused.
    pub(super) ended: Option<Moment>,
}

#[derive(Clone, Debug)]
pub(super) struct GrpMonEntry {
    pub(super) on: NodeNo,
    pub(super) group: &'static str,
    /// The members there were when it was made.
    pub(super) members: Vec<PortId>,
    /// Changes are read when somebody has the time to.
    pub(super) stream: bool,
    pub(super) made: Moment,
    pub(super) cancelled: Option<Moment>,
    pub(super) changes: Vec<(Moment, GroupChange)>,
}

/// What a node sees of a group.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) on: NodeNo,
    pub(super) group: &'static str,
    pub(super) ports: Vec<PortId>,
    /// The hosts whose nodes are up for it.
    pub(super) up: Vec<String>,
}

/// A time in which something was wrong between two hosts, on the way or with one of them.
#[derive(Clone, Debug)]
pub(super) struct Disturbance {
    pub(super) hosts: (String, String),
    pub(super) begin: Duration,
    /// `None` while it lasts.
    pub(super) end: Option<Duration>,
}

/// Everything that happened in a run, in order, for the judge.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) events: Vec<Event>,
    pub(super) nodes: Vec<NodeEntry>,
    pub(super) ports: Vec<PortEntry>,
    pub(super) port_numbers: BTreeMap<PortId, PortNo>,
    pub(super) words: Vec<WordEntry>,
    pub(super) mons: Vec<MonEntry>,
    pub(super) cals: Vec<CalEntry>,
    pub(super) regs: Vec<RegEntry>,
    pub(super) grp_mons: Vec<GrpMonEntry>,
    pub(super) views: Vec<View>,
    /// Pairs of nodes that had to be connected at a rest, and were looked at.
    pub(super) pairs: usize,
    pub(super) disturbances: Vec<Disturbance>,
    /// Pairs of hosts that were ever connected through a third; see [`pair`].
    pub(super) relayed: BTreeSet<(String, String)>,
    /// Whether there are nodes that listen and cannot be dialled.
    pub(super) firewalled: bool,
    /// Whether queues are so small that connections may end by overflow at any time.
    pub(super) tight_queues: bool,
    /// Whether mailboxes are so small that ports may die of overflow.
    pub(super) tight_mailboxes: bool,
    /// When everything had come to rest: after the faults, after the last words, after each half
    /// of the ports was killed.
    pub(super) settled: Vec<Moment>,
}

/// Two hosts in their order.
pub(super) fn pair(a: &str, b: &str) -> (String, String) {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    (low.to_owned(), high.to_owned())
}

impl Record {
    pub(super) fn was_relayed(&self, a: &str, b: &str) -> bool {
        self.relayed.contains(&pair(a, b))
    }

    pub(super) fn time(&self, moment: Moment) -> Duration {
        self.events.get(moment).map_or(Duration::MAX, |event| event.at)
    }

    pub(super) fn host(&self, node: NodeNo) -> &str {
        &self.nodes[node].host
    }

    /// Whether the node has crashed: what its remains still do does not count. (After the end of
    /// a run the record is empty, and nothing counts.)
    pub(super) fn is_crashed(&self, node: NodeNo) -> bool {
        self.nodes.get(node).is_none_or(|node| node.crashed)
    }

    /// Whether the registration is in force at the end of the record.
    pub(super) fn is_in_force(&self, reg: &RegEntry) -> bool {
        let node_lives = self.nodes[reg.on].ended.is_none();
        reg.ended.is_none() && node_lives && self.lives(reg.port)
    }

    /// Whether the port is a member of the group, as far as was seen.
    pub(super) fn is_registered(&self, on: NodeNo, group: &str, port: PortNo) -> bool {
        self.regs.iter().any(|reg| {
            reg.on == on && reg.group == group && reg.port == port && self.is_in_force(reg)
        })
    }

    /// Whether a port lives, as far as was seen.
    pub(super) fn lives(&self, port: PortNo) -> bool {
        let entry = &self.ports[port];
        let node_lives = entry.node.is_some_and(|node| self.nodes[node].ended.is_none());
        let born = entry.born.is_some() || entry.kind == PortKind::Node;
        node_lives && born && entry.died.is_none()
    }
}

impl PortEntry {
    pub(super) fn new(id: PortId, node: Option<NodeNo>, kind: PortKind) -> Self {
        let (born, died, dropped) = (None, None, None);
        Self { id, node, kind, born, died, dropped, resigned: false, posted: 0 }
    }
}

impl Sender {
    fn port(self) -> Option<PortNo> {
        match self {
            Self::Port(port) => Some(port),
            Self::Outside(_) => None,
        }
    }
}

impl WordEntry {
    pub(super) fn parties(&self) -> Vec<PortNo> {
        self.by.port().into_iter().chain([self.to]).collect()
    }
}

impl MonEntry {
    pub(super) fn parties(&self) -> Vec<PortNo> {
        self.by.port().into_iter().chain([self.target]).collect()
    }

    /// When it fired or was cancelled.
    pub(super) fn ended(&self) -> Moment {
        let fired = self.fired.first().map(|(fired, _)| *fired);
        [fired, self.cancelled].into_iter().flatten().min().unwrap_or(Moment::MAX)
    }
}

impl CalEntry {
    pub(super) fn parties(&self) -> Vec<PortNo> {
        self.by.port().into_iter().chain([self.target]).collect()
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => write!(f, "p{port}"),
            Self::Outside(number) => write!(f, "outside {number}"),
        }
    }
}
