//! `ports`.

use clap::ValueEnum;

use super::bytes;
use super::info::json;
use crate::output::Style;
use crate::{Failure, NetworkConnection};
use aemp_actor::introspection::{PortInfo, PortOrder, PortQuery, PortState};

/// What ports can be sorted by.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SortPorts {
    Name,
    Waiting,
    // As it was called before.
    #[value(alias = "octets")]
    Bytes,
    Handled,
}

impl From<SortPorts> for PortOrder {
    fn from(sort: SortPorts) -> Self {
        match sort {
            SortPorts::Name => Self::Name,
            SortPorts::Waiting => Self::Waiting,
            SortPorts::Bytes => Self::Bytes,
            SortPorts::Handled => Self::Handled,
        }
    }
}

pub(crate) async fn ports(
    connection: &NetworkConnection,
    node: &str,
    pattern: Option<&String>,
    sort: SortPorts,
    limit: u64,
) -> Result<(), Failure> {
    let mut query =
        PortQuery::new().order(sort.into()).limit(usize::try_from(limit).unwrap_or(100));
    if let Some(pattern) = pattern {
        query = query.pattern(pattern);
    }
    let page = connection.look(node)?.ports(query).await?;
    let output = connection.output();
    if output.json {
        output.json(&json(&page));
        return Ok(());
    }
    let node = connection.node_id(node)?;
    let rows: Vec<_> = page.ports.iter().map(|port| row(node.as_str(), port)).collect();
    output.table(&["PORT", "KIND", "STATE", "WAITING", "BYTES", "WATCHERS", "HANDLED"], &rows);
    if page.more > 0 {
        output.line(&format!("and {} more: see --limit", page.more));
    }
    Ok(())
}

fn row(node: &str, port: &PortInfo) -> Vec<(String, Style)> {
    let (state, style) = match port.state {
        PortState::Starting => ("starting", Style::Plain),
        PortState::Idle => ("idle", Style::Plain),
        PortState::Running => ("running", Style::Good),
        _ => ("dying", Style::Bad),
    };
    let mut row = vec![
        (format!("{node}#{}", port.name), Style::Plain),
        (port.kind.clone(), Style::Plain),
        (state.to_owned(), style),
    ];
    let numbers = [
        port.waiting.to_string(),
        bytes(port.bytes),
        port.watchers.to_string(),
        port.handled.to_string(),
    ];
    row.extend(numbers.map(|text| (text, Style::Plain)));
    row
}
