//! The committed counts, and what has grown.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::{callgrind, paths};

/// Instructions of one operation, by the name of its path.
type Counts = BTreeMap<String, f64>;

/// How much a path may grow: a twentieth.
const GROWTH: f64 = 1.05;

/// Where the baseline is.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json");

/// The command that writes it.
const WRITE: &str = "cargo run --release --manifest-path bench/Cargo.toml -p aemp-guard -- write";

/// Counts, and fails when a path takes 5 % more than the baseline says, or the baseline has other
/// paths than there are.
pub(crate) fn check() -> Result<(), String> {
    let text = std::fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let baseline = parse(&text).map_err(|problem| format!("{FILE}: {problem}"))?;
    let counts = count()?;
    let (compiler, then) = (compiler(), baseline.compiler);
    if compiler != then {
        println!("the baseline was made by {then:?}, this is {compiler:?}");
    }
    let problems = compare(&baseline.counts, &counts);
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("{}\nif that is meant, commit a new baseline: {WRITE}", problems.join("\n")))
}

/// Counts, and writes what comes out as the baseline.
pub(crate) fn write() -> Result<(), String> {
    let counts: Counts =
        count()?.into_iter().map(|(name, count)| (name, (count * 10.0).round() / 10.0)).collect();
    let baseline = serde_json::json!({ "compiler": compiler(), "instructions": counts });
    let text = serde_json::to_string_pretty(&baseline).expect("it serialises");
    std::fs::write(Path::new(FILE), text + "\n").map_err(|error| format!("{FILE}: {error}"))
}

/// Counts all paths.
fn count() -> Result<Counts, String> {
    let mut counts = Counts::new();
    for path in &paths::ALL {
        let count = callgrind::per_operation(path)?;
        println!("{:<20} {count:>10.1} instructions", path.name);
        counts.insert(path.name.to_owned(), count);
    }
    Ok(counts)
}

struct Baseline {
    compiler: String,
    counts: Counts,
}

fn parse(text: &str) -> Result<Baseline, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let compiler = value["compiler"].as_str().ok_or("no compiler")?.to_owned();
    let counts = serde_json::from_value(value["instructions"].clone());
    Ok(Baseline { compiler, counts: counts.map_err(|error| error.to_string())? })
}

/// What is wrong, a line each.
fn compare(baseline: &Counts, counts: &Counts) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, now) in counts {
        match baseline.get(name) {
            Some(then) if *now > then * GROWTH => {
                let percent = (now / then - 1.0) * 100.0;
                problems.push(format!(
                    "{name}: {then:.1} instructions became {now:.1}: +{percent:.1} %"
                ));
            }
            Some(_) => {}
            None => problems.push(format!("{name}: not in the baseline")),
        }
    }
    let gone = baseline.keys().filter(|name| !counts.contains_key(*name));
    problems.extend(gone.map(|name| format!("{name}: in the baseline, but no path")));
    problems
}

/// Which compiler there is: another makes other code of the same source.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Counts, compare};

    fn counts(some: &[(&str, f64)]) -> Counts {
        some.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn a_twentieth_more_is_too_much() {
        let baseline = counts(&[("tell", 100.0), ("kill", 100.0)]);
        let now = counts(&[("tell", 104.9), ("kill", 105.1)]);
        assert_eq!(compare(&baseline, &now), ["kill: 100.0 instructions became 105.1: +5.1 %"]);
    }

    #[test]
    fn the_baseline_has_the_paths_that_there_are() {
        let problems = compare(&counts(&[("old", 1.0)]), &counts(&[("new", 1.0)]));
        assert_eq!(problems, ["new: not in the baseline", "old: in the baseline, but no path"]);
    }

    #[test]
    fn less_is_no_problem() {
        assert!(compare(&counts(&[("tell", 100.0)]), &counts(&[("tell", 10.0)])).is_empty());
    }
}
