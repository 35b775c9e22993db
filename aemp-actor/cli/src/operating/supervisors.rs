//! `supervisors`.

use std::collections::{BTreeMap, BTreeSet};

use super::info::json;
use crate::output::Style;
use crate::{Failure, NetworkConnection};
use aemp_actor::PortId;
use aemp_actor::log::one_line;
use aemp_actor::supervisor::{ChildInfo, ChildState, SupervisorInfo};

/// Prints the trees: each supervisor with its children below it.
pub(crate) async fn supervisors(connection: &NetworkConnection, node: &str) -> Result<(), Failure> {
    let supervisors = connection.look(node)?.supervisors().await?;
    let output = connection.output();
    if output.json {
        output.json(&json(&supervisors));
        return Ok(());
    }
    let mut tree = Tree::of(&supervisors);
    let below: BTreeSet<&PortId> = supervisors
        .iter()
        .flat_map(|supervisor| &supervisor.children)
        .filter_map(|child| child.port.as_ref())
        .collect();
    for top in supervisors.iter().filter(|supervisor| !below.contains(&supervisor.port)) {
        tree.add_top(top);
    }
    output.table(&["CHILD", "PORT", "STATE", "RESTARTS", "LAST END"], &tree.rows);
    Ok(())
}

/// The rows of a table.
struct Tree<'a> {
    supervisors: BTreeMap<&'a PortId, &'a SupervisorInfo>,
    rows: Vec<Vec<(String, Style)>>,
}

impl<'a> Tree<'a> {
    fn of(supervisors: &'a [SupervisorInfo]) -> Self {
        let supervisors = supervisors.iter().map(|supervisor| (&supervisor.port, supervisor));
        Self { supervisors: supervisors.collect(), rows: Vec::new() }
    }

    fn add_top(&mut self, top: &'a SupervisorInfo) {
        let plain = |text: String| (text, Style::Plain);
        self.rows.push(vec![
            plain(format!("({})", top.strategy)),
            plain(top.port.to_string()),
            ("running".to_owned(), Style::Good),
            plain(String::new()),
            plain(String::new()),
        ]);
        self.add_children(top, 1);
    }

    fn add_children(&mut self, supervisor: &'a SupervisorInfo, depth: usize) {
        for child in &supervisor.children {
            self.rows.push(row(child, depth));
            // Each is shown once: what nodes tell may be a circle.
            let below = child.port.as_ref().and_then(|port| self.supervisors.remove(port));
            if let Some(below) = below {
                self.add_children(below, depth + 1);
            }
        }
        let more = supervisor.total.saturating_sub(supervisor.children.len() as u64);
        if more > 0 {
            let text = format!("{}and {more} more", "  ".repeat(depth));
            self.rows.push(vec![(text, Style::Plain)]);
        }
    }
}

fn row(child: &ChildInfo, depth: usize) -> Vec<(String, Style)> {
    let plain = |text: String| (text, Style::Plain);
    let state = match child.state {
        ChildState::Starting => ("starting", Style::Plain),
        ChildState::Running => ("running", Style::Good),
        ChildState::Waiting => ("waiting", Style::Bad),
        ChildState::Stopping => ("stopping", Style::Plain),
        _ => ("stopped", Style::Plain),
    };
    let reason = child.reason.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        plain(format!("{}{}", "  ".repeat(depth), child.name)),
        plain(child.port.as_ref().map(ToString::to_string).unwrap_or_default()),
        (state.0.to_owned(), state.1),
        plain(child.restarts.to_string()),
        plain(one_line(&reason).into_owned()),
    ]
}
