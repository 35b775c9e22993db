//! Nodes that find each other through a seed, and each other's groups.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{Memory, Pick};

fn config(id: &str, network: &Memory) -> Config {
    Config::new()
        .nodeid(id)
        .secret(crate::support::SECRET)
        .transport(network.clone())
        .bind(format!("mem:{id}"))
        .connect_interval(Duration::from_millis(500))
}

async fn node(id: &str, network: &Memory, seeds: &[&str]) -> Node {
    Node::configure(config(id, network).seeds(seeds.iter().copied())).await.unwrap()
}

/// Waits for a condition that events lead to; the clock is paused, so waiting costs nothing.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not reached: {what}");
}

#[tokio::test(start_paused = true)]
async fn ten_nodes_with_one_seed_form_the_full_mesh() {
    let network = Memory::new();
    let seed = node("n0", &network, &[]).await;
    let mut nodes = vec![seed];
    for n in 1..10 {
        nodes.push(node(&format!("n{n}"), &network, &["mem:n0"]).await);
    }
    for node in &nodes {
        node.joined().await.unwrap();
        until("a full mesh", || node.up_nodes().len() == 9).await;
    }
}

#[tokio::test(start_paused = true)]
async fn groups_are_seen_everywhere_and_end_with_their_ports() {
    let network = Memory::new();
    let a = node("a", &network, &[]).await;
    let b = node("b", &network, &["mem:a"]).await;
    let port = a.port_fn(|_, _| ());
    a.grp_reg("g", &port).unwrap();
    b.joined().await.unwrap();
    assert_eq!(b.grp_get("g"), [PortId::from(&port)], "joining includes the news of the seed");
    let mut events = b.grp_events("g");
    assert_eq!(events.next().await.unwrap().added, [PortId::from(&port)]);
    let late = b.port_fn(|_, _| ());
    let token = b.grp_reg("g", &late).unwrap();
    assert_eq!(events.next().await.unwrap().added, [PortId::from(&late)]);
    until("the registration is told", || a.grp_get("g").len() == 2).await;
    assert_eq!(a.grp_snd("g", Pick::RoundRobin, ("hi",)).map(|_| ()), Some(()));
    token.cancel();
    assert_eq!(events.next().await.unwrap().removed, [PortId::from(&late)]);
    port.kil(());
    assert!(events.next().await.unwrap().ports.is_empty());
    until("the end is told", || a.grp_get("g").is_empty()).await;
    assert!(a.grp_reg("g", &late).unwrap_err().to_string().contains("not of this node"));
}

#[tokio::test(start_paused = true)]
async fn the_groups_of_a_node_go_with_it_and_a_restarted_one_is_met_again() {
    let network = Memory::new();
    let a = node("a", &network, &[]).await;
    let b = node("b", &network, &["mem:a"]).await;
    let c = node("c", &network, &["mem:a"]).await;
    let port = c.port_fn(|_, _| ());
    c.grp_reg("g", &port).unwrap();
    until("known to b", || b.grp_get("g").len() == 1).await;
    drop(c);
    until("gone", || a.grp_get("g").is_empty() && b.grp_get("g").is_empty()).await;
    let c = node("c", &network, &["mem:a"]).await;
    let port = c.port_fn(|_, _| ());
    c.grp_reg("g", &port).unwrap();
    until("back", || b.grp_get("g") == [PortId::from(&port)]).await;
}
