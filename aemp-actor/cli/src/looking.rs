//! The commands that look at the network.

use std::collections::{BTreeSet, VecDeque};

use aemp_transport::Value;
use serde_json::{Map, Value as Json};

use super::ask::ask;
use super::output::Style;
use super::{Failure, NetworkConnection, operating, peers};
use aemp_actor::{Node, PeerInfo};
use aemp_actor::{NodeId, PortId};

/// The other nodes, sorted, and whether each is connected. Anonymous ones that are not are other
/// people's commands, which nobody can dial.
pub(crate) fn known(node: &Node) -> Vec<(NodeId, bool)> {
    let up: BTreeSet<NodeId> = node.up_nodes().into_iter().collect();
    let all: BTreeSet<NodeId> = node.known_nodes().into_iter().chain(up.clone()).collect();
    all.into_iter()
        .map(|node| (node.clone(), up.contains(&node)))
        .filter(|(node, up)| *up || !node.is_anonymous())
        .collect()
}

/// Prints the other nodes, and what the command's own node knows of each. Those that are connected
/// are asked for a sign of life, so that there is a round trip to show.
pub(crate) async fn nodes(connection: &NetworkConnection, wide: bool) -> Result<(), Failure> {
    connection.signs_of_life().await;
    let own = &connection.node;
    let known: Vec<PeerInfo> =
        known(own).into_iter().filter_map(|(node, _)| own.peer(node)).collect();
    let output = connection.output();
    if output.json {
        output.json(&operating::json(&known));
        return Ok(());
    }
    let rows: Vec<_> = known.iter().map(|peer| row(peer, wide)).collect();
    output.table(&["NODE", "STATE", "ADDRESS", "RTT", "QUEUE", "PROTECTION"], &rows);
    Ok(())
}

fn row(peer: &PeerInfo, wide: bool) -> Vec<(String, Style)> {
    let plain = |text: String| (text, Style::Plain);
    vec![
        plain(peer.node.to_string()),
        peers::state(peer),
        plain(peers::address(peer)),
        plain(peers::round_trip(peer)),
        plain(peers::queue(peer)),
        plain(peers::protection(peer, wide)),
    ]
}

pub(crate) fn groups(connection: &NetworkConnection, only: Option<&String>) -> Result<(), Failure> {
    let node = &connection.node;
    let mut names = only.map_or_else(|| node.groups(), |group| vec![group.clone()]);
    names.sort();
    let members = |group: &String| -> Vec<String> {
        node.grp_get(group).iter().map(ToString::to_string).collect()
    };
    if let Some(group) = only
        && members(group).is_empty()
    {
        return Err(Failure::Failed(format!("no such group, or it is empty: {group}")));
    }
    let output = connection.output();
    if output.json {
        let all: Map<String, Json> =
            names.iter().map(|group| (group.clone(), Json::from(members(group)))).collect();
        output.json(&Json::Object(all));
        return Ok(());
    }
    let mut rows = Vec::new();
    for group in &names {
        for (index, member) in members(group).into_iter().enumerate() {
            let name = if index == 0 { group.clone() } else { String::new() };
            rows.push(vec![(name, Style::Plain), (member, Style::Plain)]);
        }
    }
    output.table(&["GROUP", "PORT"], &rows);
    Ok(())
}

/// Asks a node who is connected to it, then those nodes, and so on: one line for each node, with
/// its neighbours behind it. The command's own node is left out.
pub(crate) async fn trace(connection: &NetworkConnection, from: &str) -> Result<(), Failure> {
    let first = connection.node_id(from)?;
    let mut seen = BTreeSet::from([first.clone()]);
    let mut next = VecDeque::from([first.clone()]);
    let mut all = Map::new();
    let output = connection.output();
    while let Some(node) = next.pop_front() {
        let neighbours = match neighbours(connection, &node).await {
            Ok(neighbours) => neighbours,
            Err(failure) if node == first => return Err(failure),
            Err(failure) => {
                output.note(&format!("{node}: {failure}"));
                continue;
            }
        };
        for neighbour in &neighbours {
            if seen.insert(neighbour.clone()) {
                next.push_back(neighbour.clone());
            }
        }
        let texts: Vec<&str> = neighbours.iter().map(NodeId::as_str).collect();
        if output.json {
            all.insert(node.to_string(), Json::from(texts));
        } else {
            output.line(&[&[node.as_str()], &texts[..]].concat().join(" "));
        }
    }
    if output.json {
        output.json(&Json::Object(all));
    }
    Ok(())
}

async fn neighbours(
    connection: &NetworkConnection,
    node: &NodeId,
) -> Result<BTreeSet<NodeId>, Failure> {
    let request = vec![Value::from("up_nodes")];
    let answer = ask(connection, &PortId::of_node(node), request).await?;
    let nodes = answer.iter().filter_map(Value::as_str).map(NodeId::from);
    Ok(nodes.filter(|other| other != connection.node.id() && other != node).collect())
}
