//! What is wrong with what was seen. Plain data.

use std::collections::BTreeMap;

use super::asking::{Asked, Network};
use crate::check::Problem;
use aemp_actor::PeerInfo;
use aemp_actor::introspection::NodeInfo;

/// Seconds that clocks may differ, beside the time that the answer took.
const CLOCK: f64 = 1.0;

/// Seconds by which the clock of a node may differ.
pub(super) fn tolerance(asked: &Asked) -> f64 {
    CLOCK + asked.took.as_secs_f64()
}

/// Errors first, each with what to do about it.
pub(super) fn problems(network: &Network) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(seeds(network));
    problems.extend(unreachable(network));
    problems.extend(pairs(network));
    problems.extend(names(network));
    for asked in &network.nodes {
        problems.extend(of_node(asked, network.nodes.len()));
    }
    problems.extend(versions(network));
    problems.sort_by_key(|problem| problem.severity);
    problems
}

fn seeds(network: &Network) -> impl Iterator<Item = Problem> {
    network.seeds.iter().filter_map(|seed| {
        let text = format!("the seed {} cannot be reached: {}", seed.address, seed.error.as_ref()?);
        let suggestion = "start the node there, or take the address out: delseed";
        Some(Problem::warning(text, suggestion))
    })
}

fn unreachable(network: &Network) -> impl Iterator<Item = Problem> {
    network.unreachable.iter().map(|(node, lost)| {
        let addresses = match &*lost.addresses.join(", ") {
            "" => String::new(),
            addresses => format!(" at {addresses}"),
        };
        let text = format!("{node} cannot be reached from here{addresses}: {}", lost.why);
        let suggestion = "see whether its process runs, and whether a firewall lets its port through; \
                          announce says where others can dial it";
        Problem::error(text, suggestion)
    })
}

/// Every two nodes have to be connected, and not through a third if that can be helped.
fn pairs(network: &Network) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, one) in network.nodes.iter().enumerate() {
        for two in &network.nodes[index + 1..] {
            // What does not tell is known by what the other says.
            let says = [(one, two), (two, one)].map(|(from, to)| match &from.told {
                Ok(_) => Some(from.link_to(&to.node)),
                Err(_) => None,
            });
            let (a, b) = (&one.node, &two.node);
            let links: Vec<Option<&PeerInfo>> = says.into_iter().flatten().collect();
            if links.contains(&None) {
                let suggestion = format!(
                    "one of them has to be able to dial the other: {a} listens on {}, {b} on {}; or both \
                     have to have relay on",
                    listeners(one),
                    listeners(two)
                );
                // Of two that listen nowhere, one without relay may be meant so.
                let problem: fn(String, String) -> Problem =
                    match [one, two].iter().all(|asked| asked.addresses.is_empty()) {
                        true => Problem::warning,
                        false => Problem::error,
                    };
                problems.push(problem(format!("{a} and {b} are not connected"), suggestion));
            } else if links.iter().flatten().any(|link| transport(link) == "relay") {
                problems.push(Problem::warning(
                    format!(
                        "{a} and {b} cannot dial each other: a third node passes on what they say"
                    ),
                    "let one of them dial the other: open its port, or set announce",
                ));
            } else if links.iter().flatten().any(|link| is_readable(link)) {
                problems.push(Problem::warning(
                    format!("what {a} and {b} say can be read on its way: it is not encrypted"),
                    "stls encrypts by the secret, cert by certificates",
                ));
            }
        }
    }
    problems
}

fn listeners(asked: &Asked) -> String {
    match asked.told.as_ref().map(|info| info.listeners.join(" ")) {
        Ok(listeners) if !listeners.is_empty() => listeners,
        Ok(_) => "nothing".to_owned(),
        Err(_) => "what it does not tell".to_owned(),
    }
}

fn transport(link: &PeerInfo) -> &str {
    link.connection.as_ref().map_or("", |connection| &connection.transport)
}

/// Whether it is not encrypted, and leaves its machine.
fn is_readable(link: &PeerInfo) -> bool {
    link.connection.as_ref().is_some_and(|connection| {
        let address = connection.address.as_deref().unwrap_or_default();
        connection.encryption.is_none() && connection.transport != "mem" && !is_loopback(address)
    })
}

fn is_loopback(address: &str) -> bool {
    let address = address.split_once("quic:").map_or(address, |(_, address)| address);
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

/// Names of hosts that are not known here.
fn names(network: &Network) -> impl Iterator<Item = Problem> {
    network.unknown_hosts.iter().map(|(host, why)| {
        let named = network.nodes.iter().filter(|asked| {
            asked.addresses.iter().any(|address| address.contains(&format!("{host}:")))
        });
        let named: Vec<&str> = named.map(|asked| asked.node.as_str()).collect();
        Problem::warning(
            format!("{} gives an address with the name {host}: {why}", named.join(", ")),
            "set binds or announce to an address or a name that all machines know",
        )
    })
}

fn of_node(asked: &Asked, nodes: usize) -> Vec<Problem> {
    let node = asked.node.as_str();
    let info = match &asked.told {
        Ok(info) => info,
        Err(error) => {
            return vec![Problem::warning(
                format!("{node} does not tell: {error}"),
                "look at it on its own machine, or give us the right to aemp::info",
            )];
        }
    };
    let mut problems = Vec::new();
    if asked.ahead.abs() > tolerance(asked) {
        let (by, which) = (asked.ahead.abs(), if asked.ahead > 0.0 { "ahead" } else { "behind" });
        problems.push(Problem::warning(
            format!("{node}: its clock is {by:.1} s {which} of the one here"),
            "have a time service set it: logs cannot be compared, and certificates count too early or late",
        ));
    }
    problems.extend(only_loopback(asked, info, nodes));
    problems.extend(limits(node, info));
    problems
}

/// It listens where no other machine can dial it, and other machines are there.
fn only_loopback(asked: &Asked, info: &NodeInfo, nodes: usize) -> Option<Problem> {
    let own = asked.addresses.iter().map(String::as_str);
    let is_hidden = !asked.addresses.is_empty() && own.clone().all(is_loopback);
    let comes_from_elsewhere = |peer: &PeerInfo| {
        let address = peer.connection.as_ref().and_then(|connection| connection.address.as_deref());
        transport(peer) != "relay" && address.is_some_and(|address| !is_loopback(address))
    };
    (is_hidden && nodes > 1 && info.peers.iter().any(comes_from_elsewhere)).then(|| {
        let addresses = own.collect::<Vec<_>>().join(" ");
        Problem::warning(
            format!("{}: other machines cannot dial it at {addresses}", asked.node),
            "set binds to an address of the network, or announce",
        )
    })
}

/// Limits that were reached, and rights that were wanted.
fn limits(node: &str, info: &NodeInfo) -> Vec<Problem> {
    let dropped = &info.dropped;
    let reached = [
        (
            dropped.mailbox_full,
            "messages found a full mailbox, and killed its port",
            "deaths and ports --sort waiting show which; max_messages and max_bytes are the limits",
        ),
        (
            dropped.queue_full,
            "messages found a full queue to another node, which has cost the connection",
            "info shows the queues; max_queue is the limit",
        ),
        (
            dropped.refused,
            "requests were refused for want of a right",
            "the log of the node says which; access gives rights",
        ),
    ];
    let reached = reached.into_iter().filter(|(count, ..)| *count > 0);
    reached
        .map(|(count, what, suggestion)| {
            Problem::warning(format!("{node}: {count} {what}"), suggestion)
        })
        .collect()
}

/// All nodes should have the same.
fn versions(network: &Network) -> Option<Problem> {
    let mut by_version: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for asked in &network.nodes {
        if let Ok(info) = &asked.told {
            let version = format!("{} {}", info.software, info.version);
            by_version.entry(version).or_default().push(asked.node.as_str());
        }
    }
    (by_version.len() > 1).then(|| {
        let texts =
            by_version.iter().map(|(version, nodes)| format!("{version}: {}", nodes.join(", ")));
        Problem::warning(
            format!("the nodes have different versions: {}", texts.collect::<Vec<_>>().join("; ")),
            "upgrade the older ones, one after the other",
        )
    })
}

#[cfg(test)]
#[path = "diagnosis_tests.rs"]
mod tests;
