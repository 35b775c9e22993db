//! Networks with one thing wrong, and what is said of each.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::*;
use crate::check::Severity;
use crate::doctor::asking::Unreachable;

/// A node that tells this of itself and its peers.
fn asked(node: &str, address: &str, peers: &[Json], more: &Json) -> Asked {
    let mut info = json!({
        "node": node, "software": "aemp-actor", "version": "1", "introspection": [1], "uptime": 1.0,
        "time": 1.0, "listeners": [address], "ports": 1, "handled": 0, "groups": 0, "peers": peers,
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        info[key] = value.clone();
    }
    Asked {
        node: node.into(),
        told: Ok(Box::new(serde_json::from_value(info).expect("an info"))),
        addresses: vec![address.to_owned()],
        ahead: 0.0,
        took: Duration::from_millis(10),
    }
}

fn link(node: &str, state: &str, transport: &str, encryption: Option<&str>) -> Json {
    json!({
        "node": node, "state": state, "addresses": [], "round_trip": null, "queued_octets": 0,
        "queued_packets": 0, "lost": 0, "monitors": 0, "monitored": 0, "spawned": 0,
        "connection": {
            "address": "10.0.0.9:1", "dialled": true, "transport": transport, "reads": "json",
            "writes": "json", "auth": "x", "encryption": encryption, "provider": null, "instance": null,
            "since": 1.0,
            "traffic": { "packets_in": 0, "packets_out": 0, "octets_in": 0, "octets_out": 0 },
        },
    })
}

/// Two nodes that are connected as they should be.
fn healthy() -> Network {
    let to = |node| link(node, "up", "tcp", Some("stls"));
    Network {
        nodes: vec![
            asked("alpha", "10.0.0.7:4040", &[to("beta")], &Json::Null),
            asked("beta", "10.0.0.8:4040", &[to("alpha")], &Json::Null),
        ],
        unreachable: BTreeMap::new(),
        seeds: Vec::new(),
        unknown_hosts: BTreeMap::new(),
    }
}

/// What is said first of this network.
fn says(network: &Network) -> (Severity, String) {
    let problem = problems(network).into_iter().next().expect("something is wrong");
    (problem.severity, problem.text)
}

#[test]
fn a_healthy_network_has_no_problem() {
    let network = healthy();
    assert_eq!(problems(&network), []);
    assert_eq!(network.connected_with(&network.nodes[0]), 1);
}

#[test]
fn two_nodes_that_are_not_connected_are_an_error() {
    let mut network = healthy();
    network.nodes[1] =
        asked("beta", "10.0.0.8:4040", &[link("alpha", "known", "tcp", None)], &Json::Null);
    assert_eq!(says(&network), (Severity::Error, "alpha and beta are not connected".to_owned()));
    assert_eq!(network.connected_with(&network.nodes[1]), 0);
    // Nodes without addresses may be meant to be apart.
    network.nodes.iter_mut().for_each(|asked| asked.addresses.clear());
    assert_eq!(says(&network).0, Severity::Warning);
}

#[test]
fn connections_that_are_not_what_they_could_be_are_warnings() {
    for (transport, encryption, says_part) in [
        ("relay", Some("stls"), "alpha and beta cannot dial each other"),
        ("tcp", None, "what alpha and beta say can be read on its way"),
    ] {
        let mut network = healthy();
        let link = link("alpha", "up", transport, encryption);
        network.nodes[1] = asked("beta", "10.0.0.8:4040", &[link], &Json::Null);
        let (severity, text) = says(&network);
        assert!(severity == Severity::Warning && text.contains(says_part), "{text}");
    }
}

#[test]
fn a_clock_that_is_wrong_is_told_with_its_direction() {
    for (ahead, part) in [(12.0, "beta: its clock is 12.0 s ahead"), (-3.0, "3.0 s behind")] {
        let mut network = healthy();
        network.nodes[1].ahead = ahead;
        assert!(says(&network).1.contains(part), "{}", says(&network).1);
        // It is not known better than that.
        network.nodes[1].took = Duration::from_secs(20);
        assert_eq!(problems(&network), []);
    }
}

#[test]
fn what_cannot_be_reached_is_told_with_where_and_why() {
    let mut network = healthy();
    let (addresses, why) = (vec!["10.0.0.9:4040".to_owned()], "connection refused".to_owned());
    network.unreachable.insert("gamma".into(), Unreachable { addresses, why });
    let (severity, text) = says(&network);
    assert_eq!(severity, Severity::Error);
    assert_eq!(text, "gamma cannot be reached from here at 10.0.0.9:4040: connection refused");
    let mut network = healthy();
    network.nodes[0].addresses = vec!["alpha.lan:4040".to_owned()];
    network.unknown_hosts.insert("alpha.lan".to_owned(), "not known".to_owned());
    assert_eq!(says(&network).1, "alpha gives an address with the name alpha.lan: not known");
}

#[test]
fn an_address_of_one_machine_is_none_for_others() {
    let mut network = healthy();
    network.nodes[0].addresses = vec!["127.0.0.1:4040".to_owned()];
    assert_eq!(says(&network).1, "alpha: other machines cannot dial it at 127.0.0.1:4040");
    for (address, is) in [
        ("127.0.0.1:1", true),
        ("quic:127.0.0.1:1", true),
        ("[::1]:1", true),
        ("localhost:1", true),
        ("10.0.0.1:1", false),
        ("quic:h:1", false),
        ("", false),
    ] {
        assert_eq!(is_loopback(address), is, "{address}");
    }
}

#[test]
fn versions_limits_and_silence_are_told() {
    let up = || link("alpha", "up", "tcp", Some("stls"));
    for (more, part) in [
        (json!({ "version": "2" }), "different versions: aemp-actor 1: alpha; aemp-actor 2: beta"),
        (json!({ "dropped": { "mailbox_full": 3 } }), "beta: 3 messages found a full mailbox"),
        (json!({ "dropped": { "refused": 1 } }), "beta: 1 requests were refused"),
    ] {
        let mut network = healthy();
        network.nodes[1] = asked("beta", "10.0.0.8:4040", &[up()], &more);
        let (severity, text) = says(&network);
        assert!(severity == Severity::Warning && text.contains(part), "{text}");
    }
    let mut network = healthy();
    network.nodes[1].told = Err("no such function".to_owned());
    assert_eq!(says(&network).1, "beta does not tell: no such function");
}
