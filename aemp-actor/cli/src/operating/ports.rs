//! `ports`.

use clap::ValueEnum;
use serde_json::{Value as Json, json};

use super::bytes;
use super::every::every;
use super::info::json;
use crate::output::Style;
use crate::{Failure, NetworkConnection};
use aemp_actor::NodeId;
use aemp_actor::introspection::{Introspect, PortInfo, PortOrder, PortQuery, PortState};

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

/// Which ports are to be shown.
pub(crate) struct Wanted<'a> {
    node: Option<&'a str>,
    pattern: Option<&'a str>,
    order: PortOrder,
    limit: usize,
}

impl<'a> Wanted<'a> {
    /// A first word with a wildcard is the pattern for the ports of all nodes: no node is called like that.
    pub(crate) fn new(
        node: Option<&'a str>,
        pattern: Option<&'a str>,
        sort: SortPorts,
        limit: u64,
    ) -> Self {
        let is_pattern = |word: &&str| pattern.is_none() && word.contains(['*', '?']);
        let (node, pattern) = match node.filter(is_pattern) {
            Some(word) => (None, Some(word)),
            None => (node, pattern),
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { node, pattern, order: sort.into(), limit }
    }

    fn query(&self) -> PortQuery {
        let query = PortQuery::new().order(self.order).limit(self.limit);
        self.pattern.into_iter().fold(query, |query, pattern| query.pattern(pattern))
    }
}

/// Prints the ports of one node, or of all, in one order.
pub(crate) async fn ports(
    connection: &NetworkConnection,
    wanted: &Wanted<'_>,
    wide: bool,
) -> Result<(), Failure> {
    let query = wanted.query();
    let ask = |look: Introspect| {
        let query = query.clone();
        async move { look.ports(query).await }
    };
    let pages = every(connection, wanted.node, ask).await?;
    let output = connection.output();
    if output.json && wanted.node.is_some() {
        pages.iter().for_each(|(_, page)| output.json(&json(page)));
        return Ok(());
    }
    let (total, mut more) = pages
        .iter()
        .fold((0, 0), |(total, more), (_, page)| (total + page.total, more + page.more));
    let ports = pages
        .into_iter()
        .flat_map(|(node, page)| page.ports.into_iter().map(move |port| (node.clone(), port)));
    let mut ports: Vec<(NodeId, PortInfo)> = ports.collect();
    sort(&mut ports, wanted.order);
    more += ports.len().saturating_sub(wanted.limit) as u64;
    ports.truncate(wanted.limit);
    if output.json {
        let ports: Vec<Json> = ports.iter().map(|(node, port)| told(node, port)).collect();
        output.json(&json!({ "total": total, "ports": ports, "more": more }));
        return Ok(());
    }
    let mut headings: Vec<&str> = match wide {
        true => vec!["PORT", "KIND", "STATE", "WAITING", "BYTES", "WATCHERS", "HANDLED"],
        false => vec!["PORT", "KIND", "STATE", "WAITING", "HANDLED"],
    };
    let mut rows: Vec<_> = ports.iter().map(|(node, port)| row(node, port, wide)).collect();
    if ports.iter().any(|(_, port)| !port.names.is_empty()) {
        headings.push("NAMES");
        let names = ports.iter().map(|(_, port)| port.names.join(" "));
        rows.iter_mut().zip(names).for_each(|(row, names)| row.push((names, Style::Plain)));
    }
    output.table(&headings, &rows);
    if more > 0 {
        output.line(&format!("and {more} more: see --limit"));
    }
    Ok(())
}

/// As each node has sorted its own: names from a to z, numbers from the largest down.
fn sort(ports: &mut [(NodeId, PortInfo)], order: PortOrder) {
    let size = |port: &PortInfo| match order {
        PortOrder::Waiting => port.waiting,
        PortOrder::Bytes => port.bytes,
        PortOrder::Handled => u64::from(port.handled),
        _ => 0,
    };
    ports.sort_by(|(a, one), (b, two)| {
        size(two).cmp(&size(one)).then_with(|| a.cmp(b)).then_with(|| one.name.cmp(&two.name))
    });
}

fn told(node: &NodeId, port: &PortInfo) -> Json {
    let mut told = json(port);
    told["node"] = json!(node.as_str());
    told
}

fn row(node: &NodeId, port: &PortInfo, wide: bool) -> Vec<(String, Style)> {
    let (state, style) = match port.state {
        PortState::Starting => ("starting", Style::Plain),
        PortState::Idle => ("idle", Style::Plain),
        PortState::Running => ("running", Style::Good),
        _ => ("dying", Style::Bad),
    };
    let plain = |text: String| (text, Style::Plain);
    let kind = if wide { port.kind.clone() } else { short_kind(&port.kind) };
    let mut row =
        vec![plain(format!("{node}#{}", port.name)), plain(kind), (state.to_owned(), style)];
    row.push(plain(port.waiting.to_string()));
    if wide {
        row.extend([bytes(port.bytes), port.watchers.to_string()].map(plain));
    }
    row.push(plain(port.handled.to_string()));
    row
}

/// The name of a type without its modules, also of those between angle brackets.
pub(crate) fn short_kind(kind: &str) -> String {
    let mut short = String::with_capacity(kind.len());
    for part in kind.split_inclusive(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')) {
        short.push_str(part.rsplit_once("::").map_or(part, |(_, name)| name));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_short() {
        for (kind, short) in [
            ("counter::Counter", "Counter"),
            ("closure", "closure"),
            ("a::b::Pool<c::d_e::Job, f::G>", "Pool<Job, G>"),
            ("(a::B, &str)", "(B, &str)"),
        ] {
            assert_eq!(short_kind(kind), short);
        }
    }

    #[test]
    fn a_word_with_a_wildcard_is_a_pattern() {
        let wanted = |node, pattern| {
            let wanted = Wanted::new(node, pattern, SortPorts::Name, 7);
            (wanted.node, wanted.pattern)
        };
        assert_eq!(wanted(None, None), (None, None));
        assert_eq!(wanted(Some("alpha"), None), (Some("alpha"), None));
        assert_eq!(wanted(Some("*Counter"), None), (None, Some("*Counter")));
        assert_eq!(wanted(Some("alpha"), Some("c*")), (Some("alpha"), Some("c*")));
    }
}
