//! Joining while private nodes, which are connected through others, come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Network};
use aemp_actor::{Access, Rights};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

async fn public(network: &Network, host: &str, seeds: &[&str]) -> Node {
    let seeds = seeds.iter().map(|seed| format!("mem:{seed}"));
    Node::configure(network.config(host).seeds(seeds)).await.unwrap()
}

async fn private(network: &Network, host: &str, seeds: &[&str]) -> Node {
    let seeds = seeds.iter().map(|seed| format!("mem:{seed}"));
    Node::configure(network.private_config(host).seeds(seeds)).await.unwrap()
}

/// How long joining takes, in the network's time.
async fn time_to_join(node: &Node) -> Duration {
    let begun = Instant::now();
    tokio::time::timeout(60 * SECOND, node.joined()).await.expect("it joins").unwrap();
    begun.elapsed()
}

/// The news of a node is on its way when the node goes.
#[test]
fn a_private_node_that_has_just_gone_is_not_waited_for() {
    sim::run(1, |network| async move {
        let (_hub, _other) =
            (public(&network, "hub", &[]).await, public(&network, "other", &["hub"]).await);
        for round in 0..5 {
            let host = format!("gone{round}");
            let gone = private(&network, &host, &["hub"]).await;
            gone.joined().await.unwrap();
            let node = private(&network, "late", &["hub"]).await;
            let crash = async {
                // It is told of as soon as the hub is up.
                node.wait_up("hub").await;
                network.crash(&host, Crash::Process);
            };
            let (time, ()) = tokio::join!(time_to_join(&node), crash);
            assert!(time < SECOND, "round {round}: {time:?}");
            drop(gone);
            network.crash("late", Crash::Process);
        }
    });
}

/// Nodes that live for a moment, a few at a time, while others want to join.
#[test]
fn nodes_that_come_and_go_keep_nobody_from_joining() {
    sim::run(2, |network| async move {
        let mut hubs = Vec::new();
        for hub in ["a", "b"] {
            hubs.push(public(&network, hub, &["a", "b"]).await);
        }
        for hub in &hubs {
            hub.joined().await.unwrap();
        }
        let over = Arc::new(AtomicBool::new(false));
        let lives: Vec<_> = (0..4)
            .map(|worker| tokio::spawn(short_lives(network.clone(), worker, over.clone())))
            .collect();
        for n in 0..10 {
            let node = private(&network, &format!("asks{n}"), &["a", "b"]).await;
            let time = time_to_join(&node).await;
            assert!(time < SECOND, "node {n}: {time:?}");
            node.shutdown(SECOND).await;
        }
        over.store(true, Ordering::Relaxed);
        for life in lives {
            life.await.unwrap();
        }
    });
}

/// One node after the other; some of them crash.
async fn short_lives(network: Network, worker: usize, over: Arc<AtomicBool>) {
    let mut random = network.random(&format!("worker {worker}"));
    for life in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let host = format!("w{worker}.{life}");
        let node = private(&network, &host, &["a", "b"]).await;
        tokio::time::sleep(random.duration(&(Duration::ZERO..=SECOND / 2))).await;
        if random.below(2) == 0 {
            network.crash(&host, Crash::Process);
        } else {
            node.shutdown(SECOND).await;
        }
    }
}

/// A node that may not take part is up, and never tells any news: whichever side forbids it.
#[test]
fn a_node_that_takes_no_part_is_not_waited_for() {
    for forbids in ["shut", "joins"] {
        sim::run(3, |network| async move {
            let rights = |of: &str| Access::default().rule(of, Rights::all().join(false));
            let config = |host: &str, other: &str| {
                let config = network.config(host).seed("mem:seed");
                if host == forbids { config.access(rights(other)) } else { config }
            };
            let _seed = public(&network, "seed", &[]).await;
            let shut = Node::configure(config("shut", "joins")).await.unwrap();
            shut.joined().await.unwrap();
            let node = Node::configure(config("joins", "shut")).await.unwrap();
            let time = time_to_join(&node).await;
            assert!(time < SECOND, "{forbids}: {time:?}");
        });
    }
}

/// One of two seeds forbids joining, and is up long before the other: whichever side forbids it.
#[test]
fn a_seed_that_forbids_joining_is_not_waited_for_where_there_is_another() {
    for forbids in ["shut", "joins"] {
        sim::run(4, |network| async move {
            let rights = |of: &str| Access::default().rule(of, Rights::all().join(false));
            let config = |host: &str, other: &str| {
                let config = network.config(host);
                if host == forbids { config.access(rights(other)) } else { config }
            };
            let _shut = Node::configure(config("shut", "joins")).await.unwrap();
            let seeds = ["mem:shut", "mem:open"];
            let node = Node::configure(config("joins", "shut").seeds(seeds)).await.unwrap();
            node.wait_up("shut").await;
            tokio::time::timeout(10 * SECOND, node.joined()).await.expect_err("nobody lets it");
            let _open = public(&network, "open", &[]).await;
            tokio::time::timeout(60 * SECOND, node.joined()).await.expect("it joins").unwrap();
            assert!(node.node_is_up("open"));
        });
    }
}
