//! The part of the guide's page on performance that is made from a run.

use std::fmt::Write;

use super::results::Results;
use crate::growth;
use crate::peers;
use crate::suite::{METRICS, Metric, Unit};

/// What it stands between.
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

/// The page with this between its markers, if it has them.
pub(super) fn replace(page: &str, section: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{section}\n{END}{after}"))
}

/// All tables, in Markdown.
pub(super) fn section(results: &Results) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail; so it is below.
    let _ = writeln!(
        text,
        "{}; commit {}; medians of {} rounds{}.\n",
        results.machine,
        results.commit,
        results.rounds,
        if results.quick { ", of a quick run" } else { "" },
    );
    tables(&mut text, results);
    growth_table(&mut text, results);
    absent(&mut text, results);
    text.trim_end().to_owned()
}

/// A table of what is done in one process, one of two processes, and the charts.
fn tables(text: &mut String, results: &Results) {
    for remote in [false, true] {
        let metrics: Vec<&Metric> = METRICS
            .iter()
            .filter(|metric| metric.floor.starts_with("raw ") == remote)
            .filter(|metric| results.table.contains_key(metric.id))
            .collect();
        if metrics.is_empty() {
            continue;
        }
        let names: Vec<&str> = peers::all()
            .into_iter()
            .map(|contender| contender.name)
            .filter(|name| {
                metrics.iter().any(|metric| results.table[metric.id].contains_key(*name))
            })
            .collect();
        let _ = writeln!(text, "| | {} |", names.join(" | "));
        let _ = writeln!(text, "|---|{}", "---:|".repeat(names.len()));
        for metric in &metrics {
            let cells: Vec<String> = names.iter().map(|name| cell(results, metric, name)).collect();
            let _ = writeln!(text, "| {} | {} |", metric.title, cells.join(" | "));
        }
        text.push('\n');
        for metric in metrics {
            let _ = writeln!(text, "![{}](performance/{}.svg)\n", metric.title, metric.id);
        }
    }
}

fn cell(results: &Results, metric: &Metric, name: &str) -> String {
    let Some(rounds) = results.table[metric.id].get(name) else { return "–".to_owned() };
    let figure = metric.unit.show(rounds.median);
    if name == peers::OURS { format!("**{figure}**") } else { figure }
}

/// What grows with what.
fn growth_table(text: &mut String, results: &Results) {
    for plot in &growth::PLOTS {
        let Some(lines) = results.growth.plots.get(plot.name) else { continue };
        let _ = writeln!(text, "![{}](performance/growth-{}.svg)\n", plot.title, plot.name);
        let _ = writeln!(text, "| {} | least | most | ratio |", plot.title);
        text.push_str("|---|---:|---:|---:|\n");
        for (name, line) in lines {
            let (Some((from, _)), Some((to, _))) = (line.first_key_value(), line.last_key_value())
            else {
                continue;
            };
            let show = |value| Unit::Nanoseconds.show(value);
            let least = line.values().copied().fold(f64::NAN, f64::min);
            let most = line.values().copied().fold(f64::NAN, f64::max);
            let _ = writeln!(
                text,
                "| {name}, {from} to {to} {} | {} | {} | {:.2} |",
                plot.axis,
                show(least),
                show(most),
                growth::ratio(line),
            );
        }
        text.push('\n');
    }
    if !results.growth.processes.is_empty() {
        text.push_str("| A mesh of processes | |\n|---|---:|\n");
        for (name, figure) in &results.growth.processes {
            let _ = writeln!(text, "| {name} | {figure:.2} |");
        }
        text.push('\n');
    }
}

fn absent(text: &mut String, results: &Results) {
    if results.absent.is_empty() && results.growth.problems.is_empty() {
        return;
    }
    text.push_str("Not measured:\n\n");
    for (name, why) in &results.absent {
        let _ = writeln!(text, "- {name}: {why}");
    }
    for problem in &results.growth.problems {
        let _ = writeln!(text, "- {problem}");
    }
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "# Speed\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nmore\n";
        let expected = "# Speed\n<!-- bench: begin -->\nnew\n<!-- bench: end -->\nmore\n";
        assert_eq!(replace(page, "new").as_deref(), Some(expected));
        assert_eq!(replace(expected, "new").as_deref(), Some(expected));
        assert!(replace("# Speed\n", "new").is_none());
    }
}
