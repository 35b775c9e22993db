//! What one child process measures, and the table of everything that is measured.

/// Work of actors within one process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Work {
    /// That many tasks send to one actor.
    Tell { producers: usize },
    /// One task sends to a hundred actors in turn.
    FanOut,
    /// Tokens that a hundred actors pass on.
    Ring,
    /// One token between two actors.
    PingPong,
    /// That many tasks ask one actor.
    Request { askers: usize },
}

/// How many actors there are in a population.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Size {
    /// 200,000, which are killed in the end.
    Small,
    /// A million.
    Million,
    /// Ten million, where they fit into memory.
    TenMillion,
}

/// What a child process does within itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LocalSuite {
    Work(Work),
    Population(Size),
}

/// What a child process does with a process of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RemoteSuite {
    OneWay,
    RoundTrip,
    Payloads,
}

/// One of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Suite {
    Local(LocalSuite),
    Remote(RemoteSuite),
}

const fn work(work: Work) -> Suite {
    Suite::Local(LocalSuite::Work(work))
}

const fn population(size: Size) -> Suite {
    Suite::Local(LocalSuite::Population(size))
}

impl Suite {
    /// All, in the order in which they run, by their names on the command line.
    pub(crate) const ALL: [(&'static str, Self); 13] = [
        ("tell-1", work(Work::Tell { producers: 1 })),
        ("tell-4", work(Work::Tell { producers: 4 })),
        ("fan-out", work(Work::FanOut)),
        ("ring", work(Work::Ring)),
        ("request-1", work(Work::Request { askers: 1 })),
        ("request-64", work(Work::Request { askers: 64 })),
        ("ping-pong", work(Work::PingPong)),
        ("population-200k", population(Size::Small)),
        ("population-1m", population(Size::Million)),
        ("population-10m", population(Size::TenMillion)),
        ("one-way", Self::Remote(RemoteSuite::OneWay)),
        ("round-trip", Self::Remote(RemoteSuite::RoundTrip)),
        ("payloads", Self::Remote(RemoteSuite::Payloads)),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(of, _)| *of == name).map(|(_, suite)| *suite)
    }

    /// Whether one round is enough, for it takes long and has millions of parts.
    pub(crate) fn once(self) -> bool {
        self == population(Size::Million) || self == population(Size::TenMillion)
    }
}

/// What a figure is in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    /// Of something, in a second.
    PerSecond,
    /// Of something.
    Nanoseconds,
    Bytes,
    MebibytesPerSecond,
}

impl Unit {
    /// Whether more is better.
    pub(crate) fn more_is_better(self) -> bool {
        matches!(self, Self::PerSecond | Self::MebibytesPerSecond)
    }

    /// How a figure is written.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond if value >= 1e7 => format!("{:.1} M/s", value / 1e6),
            Self::PerSecond if value >= 1e6 => format!("{:.2} M/s", value / 1e6),
            Self::PerSecond if value >= 1e4 => format!("{:.0} k/s", value / 1e3),
            Self::PerSecond => format!("{:.1} k/s", value / 1e3),
            Self::Nanoseconds if value >= 1e6 => format!("{:.1} ms", value / 1e6),
            Self::Nanoseconds if value >= 1e4 => format!("{:.1} µs", value / 1e3),
            Self::Nanoseconds => format!("{value:.0} ns"),
            Self::Bytes => format!("{value:.0} B"),
            Self::MebibytesPerSecond => format!("{value:.0} MiB/s"),
        }
    }
}

/// One thing that is measured.
#[derive(Debug)]
pub(crate) struct Metric {
    /// Its name in the results.
    pub(crate) id: &'static str,
    /// What people read.
    pub(crate) title: &'static str,
    pub(crate) unit: Unit,
    /// What it is compared with: the name of a contender that does only what has to be done.
    pub(crate) floor: &'static str,
}

const CHANNEL: &str = "tokio channel";
const QUEUE: &str = "raw TCP, bincode, queue";

const fn metric(id: &'static str, title: &'static str, unit: Unit, floor: &'static str) -> Metric {
    Metric { id, title, unit, floor }
}

/// All of them, in the order of the tables.
pub(crate) const METRICS: [Metric; 20] = [
    metric("tell-1", "tell, one task to one actor", Unit::PerSecond, CHANNEL),
    metric("tell-4", "tell, four tasks to one actor", Unit::PerSecond, CHANNEL),
    metric("fan-out", "tell, one task to 100 actors in turn", Unit::PerSecond, CHANNEL),
    metric("ring", "1,000 tokens in a ring of 100 actors, steps", Unit::PerSecond, CHANNEL),
    metric("request-1", "request and reply, one at a time", Unit::Nanoseconds, CHANNEL),
    metric("request-64", "request and reply, 64 at a time", Unit::PerSecond, CHANNEL),
    metric("ping-pong", "one token between two actors, a step", Unit::Nanoseconds, CHANNEL),
    metric("spawn-200k", "spawn of 200,000", Unit::PerSecond, CHANNEL),
    metric("spawn-1m", "spawn of a million", Unit::PerSecond, CHANNEL),
    metric("spawn-10m", "spawn of ten million", Unit::PerSecond, CHANNEL),
    metric("kill-200k", "kill of 200,000", Unit::PerSecond, CHANNEL),
    metric("idle-1m", "an idle actor, of a million", Unit::Bytes, CHANNEL),
    metric("idle-10m", "an idle actor, of ten million", Unit::Bytes, CHANNEL),
    metric("one-way", "messages to another process", Unit::PerSecond, QUEUE),
    metric("round-trip", "round trip between processes, median", Unit::Nanoseconds, QUEUE),
    metric("remote-64", "requests to another process, 64 at a time", Unit::PerSecond, QUEUE),
    metric("half-load", "round trip at half of that load, median", Unit::Nanoseconds, QUEUE),
    metric("half-load-p99", "the same, 99th percentile", Unit::Nanoseconds, QUEUE),
    metric("bytes-64k", "messages of 64 KiB of bytes", Unit::MebibytesPerSecond, QUEUE),
    metric("bytes-1m", "messages of 1 MiB of bytes", Unit::MebibytesPerSecond, QUEUE),
];

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn figures_are_short() {
        assert_eq!(Unit::PerSecond.show(19_540_000.0), "19.5 M/s");
        assert_eq!(Unit::PerSecond.show(1_130_000.0), "1.13 M/s");
        assert_eq!(Unit::PerSecond.show(182_400.0), "182 k/s");
        assert_eq!(Unit::Nanoseconds.show(1394.2), "1394 ns");
        assert_eq!(Unit::Nanoseconds.show(24_300.0), "24.3 µs");
    }
}
