//! From what nodes tell to rates. Plain data: time is given.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use aemp_actor::NodeId;
use aemp_actor::introspection::NodeInfo;

/// What is known of a node at one moment.
pub(super) struct Sample {
    pub(super) node: NodeId,
    /// When: since anything.
    pub(super) at: Duration,
    pub(super) told: Told,
    /// Messages in the fullest mailbox, if they were asked for.
    pub(super) depth: Option<u64>,
    pub(super) round_trip: Option<Duration>,
}

/// What a node has said.
pub(super) enum Told {
    Info(Box<NodeInfo>),
    /// It lives, and does not tell: one of the Perl implementation, or one that does not let us
    /// ask.
    Nothing,
    /// No answer came in time.
    Silence,
}

/// A node that has not answered for so long is silent.
const SILENT: Duration = Duration::from_secs(2);

/// What is shown of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) node: String,
    /// Messages that ports took, each second.
    pub(super) handled: Option<f64>,
    /// Packets from other nodes and to them, each second.
    pub(super) packets_in: Option<f64>,
    pub(super) packets_out: Option<f64>,
    pub(super) ports: Option<u64>,
    /// Messages in the fullest mailbox.
    pub(super) depth: Option<u64>,
    /// Bytes that wait to be sent.
    pub(super) queue: Option<u64>,
    /// Seconds.
    pub(super) round_trip: Option<f64>,
    /// Bytes.
    pub(super) memory: Option<u64>,
    /// A fraction of one processor.
    pub(super) cpu: Option<f64>,
    /// Seconds.
    pub(super) uptime: Option<f64>,
    /// It does not answer: seconds since it did, which is how old the figures are.
    pub(super) silent: Option<f64>,
}

/// By what nodes are sorted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Column {
    Node,
    #[default]
    Handled,
    In,
    Out,
    Ports,
    Depth,
    Queue,
    RoundTrip,
    Memory,
    Cpu,
    Uptime,
}

impl Column {
    /// Their names, in the order in which they are shown.
    pub(crate) const NAMES: [&'static str; 11] = [
        "node", "handled", "in", "out", "ports", "depth", "queue", "rtt", "memory", "cpu", "uptime",
    ];

    pub(super) const ALL: [Self; 11] = [
        Self::Node,
        Self::Handled,
        Self::In,
        Self::Out,
        Self::Ports,
        Self::Depth,
        Self::Queue,
        Self::RoundTrip,
        Self::Memory,
        Self::Cpu,
        Self::Uptime,
    ];

    pub(crate) fn find(name: &str) -> Option<Self> {
        let index = Self::NAMES.iter().position(|other| *other == name)?;
        Some(Self::ALL[index])
    }

    /// The key that chooses it.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Node => 'n',
            Self::Handled => 'h',
            Self::In => 'i',
            Self::Out => 'o',
            Self::Ports => 'p',
            Self::Depth => 'd',
            Self::Queue => 'u',
            Self::RoundTrip => 't',
            Self::Memory => 'm',
            Self::Cpu => 'c',
            Self::Uptime => 'a',
        }
    }

    #[expect(clippy::cast_precision_loss)]
    fn value(self, row: &Row) -> Option<f64> {
        let count = |number: Option<u64>| number.map(|number| number as f64);
        match self {
            Self::Node => None,
            Self::Handled => row.handled,
            Self::In => row.packets_in,
            Self::Out => row.packets_out,
            Self::Ports => count(row.ports),
            Self::Depth => count(row.depth),
            Self::Queue => count(row.queue),
            Self::RoundTrip => row.round_trip,
            Self::Memory => count(row.memory),
            Self::Cpu => row.cpu,
            Self::Uptime => row.uptime,
        }
    }
}

/// The numbers of which differences are rates.
#[derive(Clone, Copy)]
struct Counts {
    at: Duration,
    handled: u64,
    packets_in: u64,
    packets_out: u64,
    cpu: Option<Duration>,
    uptime: Duration,
}

/// What was told last.
#[derive(Default)]
pub(super) struct Board {
    nodes: BTreeMap<NodeId, Known>,
}

/// What is known of a node.
#[derive(Default)]
struct Known {
    row: Row,
    counts: Option<Counts>,
    /// When it has answered last; before that, when it was asked first.
    heard: Duration,
    /// The first question that it has not answered yet.
    waits_since: Option<Duration>,
    /// A question was given up, and it has not answered since.
    given_up: bool,
}

impl Board {
    /// These nodes are up, and have been asked. Others are forgotten.
    pub(super) fn asked(&mut self, up: &[NodeId], at: Duration) {
        self.nodes.retain(|node, _| up.contains(node));
        for node in up {
            let known = self.nodes.entry(node.clone()).or_insert_with(|| Known {
                row: Row { node: node.to_string(), ..Row::default() },
                heard: at,
                ..Known::default()
            });
            known.waits_since.get_or_insert(at);
        }
    }

    /// A node has answered, or not. Of one that is not up nothing is kept.
    pub(super) fn told(&mut self, sample: &Sample) {
        if let Some(known) = self.nodes.get_mut(&sample.node) {
            known.told(sample);
        }
    }

    /// The rows at this time, the largest first.
    pub(super) fn rows(&self, now: Duration, by: Column) -> Vec<Row> {
        let mut rows: Vec<Row> = self.nodes.values().map(|known| known.row_at(now)).collect();
        sort(&mut rows, by);
        rows
    }
}

impl Known {
    fn told(&mut self, sample: &Sample) {
        self.given_up = matches!(sample.told, Told::Silence);
        if self.given_up {
            return;
        }
        (self.heard, self.waits_since) = (sample.at, None);
        let mut row = Row {
            node: std::mem::take(&mut self.row.node),
            round_trip: sample.round_trip.map(|time| time.as_secs_f64()),
            ..Row::default()
        };
        if let Told::Info(info) = &sample.told {
            row.ports = Some(info.ports);
            row.depth = sample.depth.or(self.row.depth);
            row.queue = Some(info.peers.iter().map(|peer| peer.queued_bytes as u64).sum());
            row.memory = info.process.map(|process| process.resident);
            row.uptime = Some(info.uptime.as_secs_f64());
            let now = Counts::of(sample.at, info);
            if let Some(before) = self.counts.replace(now) {
                now.rates_since(&before, &mut row);
            }
        } else {
            self.counts = None;
        }
        self.row = row;
    }

    fn row_at(&self, now: Duration) -> Row {
        let waited = self.waits_since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        let silent = self.given_up || waited >= SILENT;
        let silent = silent.then(|| now.saturating_sub(self.heard).as_secs_f64());
        Row { silent, ..self.row.clone() }
    }
}

impl Counts {
    fn of(at: Duration, info: &NodeInfo) -> Self {
        let traffic = || info.peers.iter().filter_map(|peer| peer.connection.as_ref());
        Self {
            at,
            handled: info.handled,
            packets_in: traffic().map(|connection| connection.traffic.packets_in).sum(),
            packets_out: traffic().map(|connection| connection.traffic.packets_out).sum(),
            cpu: info.process.map(|process| process.cpu),
            uptime: info.uptime,
        }
    }

    /// A node that was restarted, or whose connections are new, has no rates for a moment.
    #[expect(clippy::cast_precision_loss)]
    fn rates_since(&self, before: &Self, row: &mut Row) {
        let seconds = self.at.saturating_sub(before.at).as_secs_f64();
        if seconds <= 0.0 || self.uptime < before.uptime {
            return;
        }
        let rate = |now: u64, then: u64| now.checked_sub(then).map(|n| n as f64 / seconds);
        row.handled = rate(self.handled, before.handled);
        row.packets_in = rate(self.packets_in, before.packets_in);
        row.packets_out = rate(self.packets_out, before.packets_out);
        let cpu = self.cpu.zip(before.cpu);
        row.cpu = cpu.map(|(now, then)| now.saturating_sub(then).as_secs_f64() / seconds);
    }
}

/// Names from a to z; numbers from the largest down, what is not known last.
pub(super) fn sort(rows: &mut [Row], by: Column) {
    rows.sort_by(|a, b| {
        let (one, two) = (by.value(a), by.value(b));
        let sizes = two.unwrap_or(-1.0).total_cmp(&one.unwrap_or(-1.0));
        sizes.then_with(|| a.node.cmp(&b.node))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(text: &str) -> NodeInfo {
        let mut json: serde_json::Value = serde_json::from_str(text).expect("valid");
        for (key, value) in [
            ("node", "n".into()),
            ("software", "x".into()),
            ("version", "1".into()),
            ("introspection", serde_json::json!([1])),
            ("listeners", serde_json::json!([])),
            ("ports", 3.into()),
            ("groups", 0.into()),
            ("time", 0.into()),
        ] {
            json[key] = value;
        }
        serde_json::from_value(json).expect("an info")
    }

    fn tells(text: &str) -> Told {
        Told::Info(Box::new(info(text)))
    }

    /// One node is asked, answers at once, and its row.
    fn round(board: &mut Board, at: u64, told: Told) -> Row {
        let at = Duration::from_secs(at);
        board.asked(&["n".into()], at);
        board.told(&Sample { node: "n".into(), at, told, depth: None, round_trip: None });
        board.rows(at, Column::Handled).remove(0)
    }

    #[test]
    fn differences_are_rates() {
        let mut board = Board::default();
        let row = round(&mut board, 10, tells(r#"{"handled": 100, "uptime": 5}"#));
        assert_eq!(row.handled, None);
        let row = round(&mut board, 12, tells(r#"{"handled": 700, "uptime": 7}"#));
        assert_eq!((row.handled, row.ports, row.silent), (Some(300.0), Some(3), None));
        // Restarted.
        let row = round(&mut board, 14, tells(r#"{"handled": 900, "uptime": 1}"#));
        assert_eq!(row.handled, None);
        let row = round(&mut board, 15, Told::Nothing);
        assert_eq!((row.handled, row.ports, row.silent), (None, None, None));
    }

    #[test]
    fn what_does_not_answer_is_silent_and_keeps_its_figures() {
        let mut board = Board::default();
        let (one, two) = (NodeId::from("n"), NodeId::from("m"));
        round(&mut board, 10, tells(r#"{"handled": 100, "uptime": 5}"#));
        round(&mut board, 11, tells(r#"{"handled": 200, "uptime": 6}"#));
        let seconds = Duration::from_secs;
        board.asked(&[one.clone(), two.clone()], seconds(12));
        let silent = |board: &Board, at| {
            let rows = board.rows(seconds(at), Column::Node);
            rows.into_iter().map(|row| (row.silent, row.handled)).collect::<Vec<_>>()
        };
        assert_eq!(silent(&board, 13), [(None, None), (None, Some(100.0))]);
        assert_eq!(silent(&board, 14), [(Some(2.0), None), (Some(3.0), Some(100.0))]);
        // The question was given up, and asked again.
        let told = Told::Silence;
        board.told(&Sample {
            node: one.clone(),
            at: seconds(15),
            told,
            depth: None,
            round_trip: None,
        });
        board.asked(&[one.clone(), two.clone()], seconds(16));
        assert_eq!(silent(&board, 17)[1], (Some(6.0), Some(100.0)));
        let row = round(&mut board, 21, tells(r#"{"handled": 1200, "uptime": 16}"#));
        assert_eq!((row.silent, row.handled), (None, Some(100.0)), "over the whole time");
        assert_eq!(board.rows(seconds(21), Column::Node).len(), 1, "the other is down");
    }

    #[test]
    fn rows_are_sorted_by_any_column() {
        let row = |node: &str, handled, ports| Row {
            node: node.into(),
            handled,
            ports,
            ..Row::default()
        };
        let mut rows =
            [row("a", Some(1.0), Some(9)), row("c", None, None), row("b", Some(5.0), None)];
        let order = |rows: &[Row]| rows.iter().map(|row| row.node.clone()).collect::<String>();
        sort(&mut rows, Column::Handled);
        assert_eq!(order(&rows), "bac");
        sort(&mut rows, Column::Ports);
        assert_eq!(order(&rows), "abc");
        sort(&mut rows, Column::Node);
        assert_eq!(order(&rows), "abc");
        for (name, column) in Column::NAMES.into_iter().zip(Column::ALL) {
            assert_eq!(Column::find(name), Some(column));
        }
    }
}
