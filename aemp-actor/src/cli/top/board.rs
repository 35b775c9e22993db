//! From what nodes tell to rates. Plain data: time is given.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use crate::id::NodeId;
use crate::introspection::NodeInfo;

/// What is known of a node at one moment.
pub(super) struct Sample {
    pub(super) node: NodeId,
    /// When: since anything.
    pub(super) at: Duration,
    /// `None`: it does not tell.
    pub(super) info: Option<NodeInfo>,
    /// Messages in the fullest mailbox, if they were asked for.
    pub(super) depth: Option<u64>,
    pub(super) round_trip: Option<Duration>,
}

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
    /// Octets that wait to be sent.
    pub(super) queue: Option<u64>,
    /// Seconds.
    pub(super) round_trip: Option<f64>,
    /// Octets.
    pub(super) memory: Option<u64>,
    /// A fraction of one processor.
    pub(super) cpu: Option<f64>,
    /// Seconds.
    pub(super) uptime: Option<f64>,
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
    last: HashMap<NodeId, Counts>,
    depths: HashMap<NodeId, u64>,
}

impl Board {
    /// The rows for these samples, the largest first.
    pub(super) fn update(&mut self, samples: Vec<Sample>, by: Column) -> Vec<Row> {
        let mut rows: Vec<Row> = samples.into_iter().map(|sample| self.row(&sample)).collect();
        sort(&mut rows, by);
        rows
    }

    fn row(&mut self, sample: &Sample) -> Row {
        let mut row = Row {
            node: sample.node.to_string(),
            round_trip: sample.round_trip.map(|time| time.as_secs_f64()),
            ..Row::default()
        };
        let Some(info) = &sample.info else {
            self.last.remove(&sample.node);
            return row;
        };
        if let Some(depth) = sample.depth {
            self.depths.insert(sample.node.clone(), depth);
        }
        row.ports = Some(info.ports);
        row.depth = self.depths.get(&sample.node).copied();
        row.queue = Some(info.peers.iter().map(|peer| peer.queued_octets as u64).sum());
        row.memory = info.process.map(|process| process.resident);
        row.uptime = Some(info.uptime.as_secs_f64());
        let now = Counts::of(sample.at, info);
        if let Some(before) = self.last.insert(sample.node.clone(), now) {
            now.rates_since(&before, &mut row);
        }
        row
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
        ] {
            json[key] = value;
        }
        serde_json::from_value(json).expect("an info")
    }

    fn sample(node: &str, at: u64, info: Option<NodeInfo>) -> Sample {
        let at = Duration::from_secs(at);
        Sample { node: node.into(), at, info, depth: None, round_trip: None }
    }

    #[test]
    fn differences_are_rates() {
        let mut board = Board::default();
        let first = info(r#"{"handled": 100, "uptime": 5}"#);
        let rows = board.update(vec![sample("n", 10, Some(first))], Column::Handled);
        assert_eq!(rows[0].handled, None);
        let second = info(r#"{"handled": 700, "uptime": 7}"#);
        let rows = board.update(vec![sample("n", 12, Some(second))], Column::Handled);
        assert_eq!(rows[0].handled, Some(300.0));
        assert_eq!(rows[0].ports, Some(3));
        // Restarted.
        let third = info(r#"{"handled": 900, "uptime": 1}"#);
        let rows = board.update(vec![sample("n", 14, Some(third))], Column::Handled);
        assert_eq!(rows[0].handled, None);
        let rows = board.update(vec![sample("n", 15, None)], Column::Handled);
        assert_eq!((rows[0].handled, rows[0].ports), (None, None));
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
