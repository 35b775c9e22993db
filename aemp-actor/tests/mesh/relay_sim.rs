//! Relayed connections in a simulated network, with its faults and its clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Network};

const SECOND: Duration = Duration::from_secs(1);

/// A node on a host that nobody can dial, connected to the hubs.
async fn private(network: &Network, host: &str, hubs: &[&str]) -> Node {
    let config = network.private_config(host);
    let config = config.seeds(hubs.iter().map(|hub| format!("mem:{hub}")));
    Node::configure(config).await.unwrap()
}

async fn public(network: &Network, host: &str) -> Node {
    Node::configure(network.config(host)).await.unwrap()
}

async fn meet(one: &Node, two: &Node) {
    one.wait_up(two.id()).await;
    two.wait_up(one.id()).await;
}

type Seen<T> = Arc<Mutex<Vec<T>>>;

fn collector(node: &Node) -> (PortId, Seen<u64>) {
    let seen = Seen::default();
    let inside = seen.clone();
    let port = node.port_fn(move |_, msg| inside.lock().unwrap().push(msg.arg(0).unwrap()));
    (port.id(), seen)
}

fn deaths(node: &Node, port: impl Into<PortId>) -> Seen<String> {
    let seen = Seen::default();
    let inside = seen.clone();
    node.mon(port, move |reason: Reason| inside.lock().unwrap().push(reason.kind().to_owned()));
    seen
}

/// A hub of ours tells of the end of a private node; nobody waits for a timeout.
#[test]
fn a_private_node_that_crashes_is_missed_at_once() {
    sim::run(1, |network| async move {
        let _hub = public(&network, "hub").await;
        let one = private(&network, "one", &["hub"]).await;
        let two = private(&network, "two", &["hub"]).await;
        meet(&one, &two).await;
        let died = deaths(&one, "two");
        tokio::time::sleep(SECOND).await;
        network.crash("two", Crash::Process);
        drop(two);
        tokio::time::sleep(SECOND).await;
        assert_eq!(*died.lock().unwrap(), ["transport_error"]);
        let two = private(&network, "two", &["hub"]).await;
        meet(&one, &two).await;
        // Of a machine that is gone the hub learns by its heartbeat.
        let died = deaths(&one, "two");
        network.crash("two", Crash::Machine);
        drop(two);
        tokio::time::sleep(45 * SECOND).await;
        assert_eq!(*died.lock().unwrap(), ["transport_error"]);
        let two = private(&network, "two", &["hub"]).await;
        meet(&one, &two).await;
    });
}

/// Whatever hub goes, the pair is connected again as long as there is one.
#[test]
fn pairs_move_from_hub_to_hub() {
    sim::run(2, |network| async move {
        let mut hubs = BTreeMap::new();
        for hub in ["a", "b", "c"] {
            hubs.insert(hub, public(&network, hub).await);
        }
        let one = private(&network, "one", &["a", "b", "c"]).await;
        let two = private(&network, "two", &["a", "b", "c"]).await;
        for round in 0..12 {
            let hub = ["a", "b", "c"][round % 3];
            for hub in hubs.keys() {
                one.wait_up(*hub).await;
                two.wait_up(*hub).await;
            }
            meet(&one, &two).await;
            network.crash(hub, Crash::Process);
            drop(hubs.remove(hub));
            tokio::time::sleep(2 * SECOND).await;
            assert!(one.node_is_up("two") && two.node_is_up("one"), "without {hub}");
            hubs.insert(hub, public(&network, hub).await);
        }
    });
}

/// One run: two private nodes send numbers, whose monitors tell them when some may be lost, while
/// hubs crash and connections to them are cut.
fn faulty(seed: u64) -> (usize, usize) {
    sim::run(seed, |network| async move {
        let mut random = network.random("test");
        network.latency_everywhere(Duration::ZERO..=Duration::from_millis(20));
        let mut hubs = vec![Some(public(&network, "a").await), Some(public(&network, "b").await)];
        let one = private(&network, "one", &["a", "b"]).await;
        let two = private(&network, "two", &["a", "b"]).await;
        let (there, seen) = collector(&two);
        let (mut sent, mut losses) = (0, 0);
        for _ in 0..6 {
            let died = deaths(&one, &there);
            while died.lock().unwrap().is_empty() {
                for _ in 0..random.below(60) {
                    one.snd(&there, ("n", sent));
                    sent += 1;
                }
                let hub = random.below(2);
                let name = ["a", "b"][hub];
                let end = *random.pick(&["one", "two"]).unwrap();
                match random.below(6) {
                    0 => drop(network.cut(name, end)),
                    1 => network.cut_after(name, end, random.below(20_000)),
                    2 => network.cut_after(end, name, random.below(20_000)),
                    3 => {
                        network.crash(name, Crash::Process);
                        drop(hubs[hub].take());
                        hubs[hub] = Some(public(&network, name).await);
                    }
                    _ => {}
                }
                tokio::time::sleep(random.duration(&(Duration::ZERO..=SECOND))).await;
            }
            losses += 1;
            meet(&one, &two).await;
        }
        network.heal();
        tokio::time::sleep(60 * SECOND).await;
        let seen = seen.lock().unwrap();
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: in order, once each");
        let holes = seen.windows(2).filter(|pair| pair[0] + 1 != pair[1]).count();
        assert!(holes <= losses, "seed {seed}: {holes} holes, {losses} were told of");
        drop(hubs);
        (seen.len(), holes)
    })
}

#[test]
fn no_hole_is_silent_whatever_happens_to_the_hubs() {
    let (mut arrived, mut holes) = (0, 0);
    for seed in 0..50 {
        let run = faulty(seed);
        arrived += run.0;
        holes += run.1;
    }
    assert!(arrived > 5000 && holes > 50, "{arrived} arrived, {holes} holes");
}
