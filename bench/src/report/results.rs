//! All figures of a run, in a file.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::{bars, book, lines};
use crate::growth::{self, Growth};
use crate::machine;
use crate::options::Options;
use crate::rounds::{self, Absent, Table};
use crate::suite::METRICS;

/// All that is written.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Results {
    /// What it was measured on.
    pub(crate) machine: String,
    /// What was measured.
    pub(crate) commit: String,
    pub(crate) rounds: usize,
    pub(crate) quick: bool,
    pub(crate) table: Table,
    pub(crate) absent: Absent,
    pub(crate) growth: Growth,
}

impl Results {
    /// Measures all that is wanted.
    pub(crate) fn measure(options: &Options) -> Self {
        let machine = machine::describe();
        println!("{machine}");
        let (table, absent) = rounds::measure(options);
        Self {
            machine,
            commit: commit(),
            rounds: options.rounds(),
            quick: options.quick,
            table,
            absent,
            growth: growth::measure(options),
        }
    }

    /// Those of an earlier run.
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let problem = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| problem(&error))?;
        serde_json::from_str(&text).map_err(|error| problem(&error))
    }

    /// Keeps them.
    pub(crate) fn save(&self, file: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        write(file, &(text + "\n"))
    }

    /// Writes charts and the page of the guide, where they are wanted.
    pub(crate) fn write(&self, options: &Options) -> Result<(), String> {
        if let Some(directory) = &options.svg {
            let problem = |error| format!("{}: {error}", directory.display());
            std::fs::create_dir_all(directory).map_err(problem)?;
            for metric in &METRICS {
                if let Some(values) = self.table.get(metric.id) {
                    let file = directory.join(format!("{}.svg", metric.id));
                    write(&file, &bars::chart(metric, values))?;
                }
            }
            for plot in &growth::PLOTS {
                if let Some(growth) = self.growth.plots.get(plot.name) {
                    let file = directory.join(format!("growth-{}.svg", plot.name));
                    write(&file, &lines::chart(plot, growth))?;
                }
            }
        }
        if let Some(page) = &options.book {
            let text = std::fs::read_to_string(page)
                .map_err(|error| format!("{}: {error}", page.display()))?;
            let text = book::replace(&text, &book::section(self))
                .ok_or_else(|| format!("{}: the markers are missing", page.display()))?;
            write(page, &text)?;
        }
        Ok(())
    }
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// The commit that the sources are of, as git says it.
fn commit() -> String {
    let output = Command::new("git")
        .args(["-C", env!("CARGO_MANIFEST_DIR"), "describe", "--always", "--dirty"])
        .output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}
