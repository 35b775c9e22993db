//! `doctor`: says what is wrong in a running network.
//!
//! ```text
//!   asking: every node, about itself and the others ─▶ Network ─▶ diagnosis: what is wrong, as a list
//! ```

mod asking;
mod diagnosis;

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::check::{Problem, Severity};
use crate::output::Style;
use crate::{Failure, NetworkConnection, Output};
use asking::{Asked, Network};
use diagnosis::tolerance;

/// Looks at all nodes, and prints them and what is wrong; fails if something is.
pub(crate) async fn run(connection: &NetworkConnection) -> Result<(), Failure> {
    let network = asking::network(connection).await;
    let problems = diagnosis::problems(&network);
    let output = connection.output();
    match output.json {
        true => output.json(&told(&network, &problems)),
        false => show(output, &network, &problems),
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    match errors {
        0 => Ok(()),
        1 => Err(Failure::Failed("1 error".to_owned())),
        errors => Err(Failure::Failed(format!("{errors} errors"))),
    }
}

fn told(network: &Network, problems: &[Problem]) -> Json {
    let nodes: Vec<Json> = network.nodes.iter().map(told_node).collect();
    let problems: Vec<Json> = problems.iter().map(Problem::json).collect();
    json!({ "nodes": nodes, "problems": problems })
}

fn told_node(asked: &Asked) -> Json {
    let info = asked.told.as_ref().ok();
    json!({
        "node": asked.node.as_str(),
        "version": info.map(|info| &info.version),
        "uptime": info.map(|info| info.uptime.as_secs_f64()),
        "clock_ahead": info.map(|_| asked.ahead),
        "listeners": info.map(|info| &info.listeners),
        "error": asked.told.as_ref().err(),
    })
}

fn show(output: Output, network: &Network, problems: &[Problem]) {
    let rows: Vec<_> = network.nodes.iter().map(|asked| row(network, asked)).collect();
    output.table(&["NODE", "VERSION", "UPTIME", "CLOCK", "CONNECTED", "LISTENS"], &rows);
    output.line("");
    for problem in problems {
        output.line(&problem.without_place());
    }
    if problems.is_empty() {
        output.line("nothing is wrong");
    }
}

fn row(network: &Network, asked: &Asked) -> Vec<(String, Style)> {
    let plain = |text: String| (text, Style::Plain);
    let node = plain(asked.node.to_string());
    let Ok(info) = &asked.told else {
        let unknown = || plain("-".to_owned());
        return vec![node, unknown(), unknown(), unknown(), unknown(), unknown()];
    };
    let clock = match asked.ahead.abs() <= tolerance(asked) {
        true => ("ok".to_owned(), Style::Good),
        false => (format!("{:.1}s", asked.ahead), Style::Bad),
    };
    let others = network.nodes.len() - 1;
    let connected = network.connected_with(asked);
    let style = if connected == others { Style::Good } else { Style::Bad };
    let uptime = humantime::format_duration(Duration::from_secs(info.uptime.as_secs()));
    vec![
        node,
        plain(info.version.clone()),
        plain(uptime.to_string()),
        clock,
        (format!("{connected} of {others}"), style),
        plain(info.listeners.join(" ")),
    ]
}
