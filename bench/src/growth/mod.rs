//! How the cost of an operation, in processor time, changes with numbers: a plot for each, and each point of
//! it measured in a process of its own.

mod connections;
mod group;
mod mesh;
mod nodes;
mod ports;
mod processes;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::child;
use crate::figures::{Figures, Rounds};
use crate::machine::cpu_time;
use crate::options::Options;

pub(crate) use self::processes::mesh_node;

/// One of them.
pub(crate) struct Plot {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What grows.
    pub(crate) axis: &'static str,
    /// At which numbers it is measured; the last `long` of them once, and not in quick runs.
    points: &'static [usize],
    long: usize,
    measure: fn(usize) -> Figures,
}

/// All of them.
pub(crate) const PLOTS: [Plot; 4] = [
    Plot {
        name: "ports",
        title: "Ports of a node",
        axis: "ports",
        points: &[10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000],
        long: 2,
        measure: ports::measure,
    },
    Plot {
        name: "connections",
        title: "Connections of a node",
        axis: "connections",
        points: &[1, 3, 10, 30, 100, 300, 1000],
        long: 1,
        measure: connections::measure,
    },
    Plot {
        name: "group",
        title: "Members of a group",
        axis: "members",
        points: &[1, 10, 100, 1000, 10_000, 100_000],
        long: 0,
        measure: group::measure,
    },
    Plot {
        name: "nodes",
        title: "Nodes of a mesh in one process",
        axis: "nodes",
        points: &[2, 5, 10, 20, 50, 100, 200],
        long: 2,
        measure: nodes::measure,
    },
];

/// The mesh of processes: not a plot, but measured as one of a single point.
const PROCESSES: &str = "processes";

/// One line of a plot: what an operation takes, in nanoseconds of processor time, by number.
pub(crate) type Line = BTreeMap<usize, f64>;

/// What has grown how.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Growth {
    /// Lines by what is done, by plot.
    pub(crate) plots: BTreeMap<String, BTreeMap<String, Line>>,
    /// What a mesh of processes costs.
    pub(crate) processes: Figures,
    /// What could not be measured, and why.
    pub(crate) problems: Vec<String>,
}

/// Measures all that is wanted, and prints it as it comes.
pub(crate) fn measure(options: &Options) -> Growth {
    let mut growth = Growth::default();
    for plot in PLOTS.iter().filter(|plot| options.wants(plot.name)) {
        let lines = lines(plot, options, &mut growth.problems);
        println!("{} (ns of processor time of each operation)", plot.title);
        for (name, line) in &lines {
            println!("  {name:<44} {:>6.2} × from least to most", ratio(line));
            for (at, cost) in line {
                println!("    {at:>12} {cost:>12.0}");
            }
        }
        growth.plots.insert(plot.name.to_owned(), lines);
    }
    if options.wants(PROCESSES) {
        let count = if options.quick { 30 } else { 100 };
        match child::figures(&["point", PROCESSES, &count.to_string()]) {
            Ok(figures) => {
                for (name, figure) in &figures {
                    println!("  {name:<44} {figure:>12.2}");
                }
                growth.processes = figures;
            }
            Err(why) => growth.problems.push(format!("{PROCESSES}: {why}")),
        }
    }
    for problem in &growth.problems {
        println!("not measured: {problem}");
    }
    growth
}

fn lines(plot: &Plot, options: &Options, problems: &mut Vec<String>) -> BTreeMap<String, Line> {
    let points = plot.points.len() - if options.quick { plot.long } else { 0 };
    let rounds = if options.quick { 1 } else { options.rounds() };
    let mut values: BTreeMap<String, BTreeMap<usize, Vec<f64>>> = BTreeMap::new();
    for round in 0..rounds {
        for at in &plot.points[..points] {
            // Long ones once.
            if round > 0 && plot.points[plot.points.len() - plot.long..].contains(at) {
                continue;
            }
            match child::figures(&["point", plot.name, &at.to_string()]) {
                Ok(figures) => {
                    for (name, value) in figures {
                        values.entry(name).or_default().entry(*at).or_default().push(value);
                    }
                }
                Err(why) => problems.push(format!("{}, {at}: {why}", plot.name)),
            }
        }
    }
    let median = |(at, values): (usize, Vec<f64>)| Some((at, Rounds::of(values)?.median));
    values
        .into_iter()
        .map(|(name, line)| (name, line.into_iter().filter_map(median).collect()))
        .collect()
}

/// How many times dearer the dearest point is than the cheapest.
pub(crate) fn ratio(line: &Line) -> f64 {
    let most = line.values().copied().fold(f64::NAN, f64::max);
    let least = line.values().copied().fold(f64::NAN, f64::min);
    most / least
}

/// In the child: measures one point, and prints it.
pub(crate) fn point(plot: &str, at: usize) -> Result<(), String> {
    if plot == PROCESSES {
        return child::answer(&processes::measure(at));
    }
    let plot = PLOTS.iter().find(|known| known.name == plot).ok_or("there is no such plot")?;
    child::answer(&(plot.measure)(at))
}

/// What operations take of the processors: of all threads, and whatever else the machine does.
struct Cost {
    before: Duration,
}

impl Cost {
    /// From now on.
    fn start() -> Self {
        Self { before: cpu_time(std::process::id()) }
    }

    /// So far.
    fn spent(&self) -> Duration {
        cpu_time(std::process::id()).saturating_sub(self.before)
    }

    /// Nanoseconds of each of `count` operations.
    fn each(&self, count: usize) -> f64 {
        self.spent().as_nanos() as f64 / count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, ratio};

    #[test]
    fn the_ratio_is_of_the_dearest_and_the_cheapest() {
        assert_eq!(ratio(&Line::from([(1, 30.0), (10, 20.0), (100, 40.0)])), 2.0);
        assert!(ratio(&Line::new()).is_nan());
    }
}
