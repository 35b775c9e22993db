//! Rounds, interleaved: the first of all contenders, then the second of all.

use std::collections::BTreeMap;

use crate::contender::Contender;
use crate::figures::{Figures, Rounds};
use crate::options::Options;
use crate::suite::{LocalSuite, METRICS, Size, Suite};
use crate::{child, machine, peers};

/// Medians by the name of what was measured, and by contender.
pub(crate) type Table = BTreeMap<String, BTreeMap<String, Rounds>>;

/// What could not be measured, and why: "contender: why", or "contender, suite: why".
pub(crate) type Absent = BTreeMap<String, String>;

/// Runs all suites that are wanted, and prints figures as they come.
pub(crate) fn measure(options: &Options) -> (Table, Absent) {
    let (mut table, mut absent) = (Table::new(), Absent::new());
    let mut present = Vec::new();
    for contender in peers::all().into_iter().filter(|all| options.wants_peer(all.name)) {
        match (contender.absent)() {
            None => present.push(contender),
            Some(why) => {
                println!("{}: absent: {why}", contender.name);
                absent.insert(contender.name.to_owned(), why);
            }
        }
    }
    for (name, suite) in Suite::ALL {
        if options.wants(name) {
            run(name, suite, &present, options, &mut table, &mut absent);
        }
    }
    (table, absent)
}

/// All rounds of a suite.
fn run(
    name: &str,
    suite: Suite,
    present: &[&Contender],
    options: &Options,
    table: &mut Table,
    absent: &mut Absent,
) {
    let mut all: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
    let rounds = if suite.once() { 1 } else { options.rounds() };
    for round in 1..=rounds {
        for contender in present.iter().filter(|contender| takes_part(contender, suite)) {
            let key = format!("{}, {name}", contender.name);
            if absent.contains_key(&key) {
                continue;
            }
            let figures = no_room(suite, contender.name, table, options)
                .map_or_else(|| once(name, contender.name, options), Err);
            match figures {
                Ok(figures) => all.entry(contender.name).or_default().push(figures),
                Err(why) => {
                    println!("{key}, round {round}: {why}");
                    absent.insert(key, why);
                }
            }
        }
    }
    for (metric, values) in by_metric(all) {
        print(&metric, &values);
        table.insert(metric, values);
    }
}

fn takes_part(contender: &Contender, suite: Suite) -> bool {
    match suite {
        // The same ports, spoken to in another way.
        Suite::Local(LocalSuite::Population(_)) if contender.name == peers::BY_ID => false,
        Suite::Local(_) => contender.local.is_some(),
        Suite::Remote(_) => contender.remote.is_some(),
    }
}

fn once(suite: &str, contender: &str, options: &Options) -> Result<Figures, String> {
    let mut args = vec!["round", suite, contender];
    if options.quick {
        args.push("--quick");
    }
    child::figures(&args)
}

/// Why so many would take too much memory, or time, if they would; fewer were measured before.
fn no_room(suite: Suite, contender: &str, table: &Table, options: &Options) -> Option<String> {
    let Suite::Local(LocalSuite::Population(size)) = suite else { return None };
    let known = |metric: &str| table.get(metric)?.get(contender).map(|rounds| rounds.median);
    let patience = if options.quick { 4.0 } else { 20.0 };
    let (count, before) = match size {
        Size::Small => return None,
        Size::Million => (1e6, known("spawn-200k")),
        Size::TenMillion => (1e7, known("spawn-1m")),
    };
    if let Some(seconds) = before.map(|rate| count / rate).filter(|seconds| *seconds > patience) {
        return Some(format!("would take some {seconds:.0} s"));
    }
    if size == Size::TenMillion {
        let Some(bytes) = known("idle-1m") else {
            return Some(
                "how large it gets is not known: measure population-1m as well".to_owned(),
            );
        };
        // Not all of it, for others live on the machine.
        if bytes * count > 0.7 * machine::available() as f64 {
            return Some(format!("would take some {:.0} GB", bytes * count / 1e9));
        }
    }
    None
}

/// What was measured of whom, over all rounds.
fn by_metric(all: BTreeMap<&str, Vec<Figures>>) -> Table {
    let mut table = Table::new();
    for (contender, rounds) in all {
        let metrics: Vec<&String> = rounds.iter().flat_map(Figures::keys).collect();
        for metric in metrics {
            let values = rounds.iter().filter_map(|figures| figures.get(metric).copied()).collect();
            if let Some(rounds) = Rounds::of(values) {
                table.entry(metric.clone()).or_default().insert(contender.to_owned(), rounds);
            }
        }
    }
    table
}

fn print(id: &str, values: &BTreeMap<String, Rounds>) {
    let Some(metric) = METRICS.iter().find(|metric| metric.id == id) else { return };
    println!("{} ({id})", metric.title);
    let floor = values.get(metric.floor).map(|rounds| rounds.median);
    for contender in peers::all() {
        let Some(rounds) = values.get(contender.name) else { continue };
        let ratio = floor.map(|floor| format!("{:>8.2} ×", rounds.median / floor));
        println!(
            "  {:<26} {:>12}   {:>12} to {:<12}{}",
            contender.name,
            metric.unit.show(rounds.median),
            metric.unit.show(rounds.least),
            metric.unit.show(rounds.most),
            ratio.unwrap_or_default(),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::by_metric;
    use crate::figures::Figures;

    #[test]
    fn medians_are_of_the_rounds_that_were_measured() {
        let figures = |value: f64| Figures::from([("ring".to_owned(), value)]);
        let all = BTreeMap::from([("one", vec![figures(5.0), figures(1.0), figures(2.0)])]);
        let table = by_metric(all);
        let rounds = &table["ring"]["one"];
        assert_eq!((rounds.least, rounds.median, rounds.most, rounds.rounds), (1.0, 2.0, 5.0, 3));
    }
}
