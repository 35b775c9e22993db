//! The simulated network itself: its faults, and that a seed does the same each time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Line, Network};

const SECOND: Duration = Duration::from_secs(1);

async fn pair(network: &Network) -> (Node, Node) {
    let alpha = Node::configure(network.config("alpha")).await.unwrap();
    let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
    alpha.wait_up("beta").await;
    beta.wait_up("alpha").await;
    (alpha, beta)
}

type Seen<T> = Arc<Mutex<Vec<T>>>;

fn collector(node: &Node) -> (PortId, Seen<u64>) {
    let seen = Seen::default();
    let inside = seen.clone();
    let port = node.port_fn(move |_, msg| inside.lock().unwrap().push(msg.arg(0).unwrap()));
    (port.id(), seen)
}

fn deaths(node: &Node, port: &PortId) -> Seen<String> {
    let seen = Seen::default();
    let inside = seen.clone();
    node.mon(port, move |reason: Reason| inside.lock().unwrap().push(reason.kind().to_owned()));
    seen
}

#[test]
fn messages_arrive_in_order_after_their_latency() {
    sim::run(1, |network| async move {
        network.latency_everywhere(Duration::from_millis(100)..=Duration::from_millis(300));
        let (alpha, beta) = pair(&network).await;
        let (port, seen) = collector(&beta);
        let sent = network.elapsed();
        for n in 0..1000_u64 {
            alpha.snd(&port, ("n", n));
        }
        while seen.lock().unwrap().len() < 1000 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(*seen.lock().unwrap(), (0..1000).collect::<Vec<_>>());
        assert!(network.elapsed() - sent >= Duration::from_millis(100));
        assert_eq!(network.connections("alpha", "beta"), 1);
    });
}

#[test]
fn a_cut_after_some_bytes_loses_the_rest_and_fires_monitors() {
    sim::run(2, |network| async move {
        let (alpha, beta) = pair(&network).await;
        let (port, seen) = collector(&beta);
        let died = deaths(&alpha, &port);
        tokio::time::sleep(SECOND).await;
        network.cut_after("alpha", "beta", 500);
        for n in 0..100_u64 {
            alpha.snd(&port, ("n", n));
        }
        tokio::time::sleep(10 * SECOND).await;
        let seen = seen.lock().unwrap().clone();
        assert!((10..50).contains(&seen.len()), "{seen:?}");
        assert_eq!(seen, (0..seen.len() as u64).collect::<Vec<_>>());
        assert_eq!(*died.lock().unwrap(), ["transport_error"]);
        assert_eq!(network.counts().cuts_at_byte, 1);
        assert!(alpha.node_is_up("beta"), "the seed was dialled again");
    });
}

#[test]
fn partitions_hold_bytes_back() {
    sim::run(3, |network| async move {
        let (alpha, beta) = pair(&network).await;
        let (port, seen) = collector(&beta);
        let died = deaths(&alpha, &port);
        tokio::time::sleep(SECOND).await;
        network.block("alpha", "beta");
        alpha.snd(&port, ("n", 1));
        tokio::time::sleep(5 * SECOND).await;
        assert!(seen.lock().unwrap().is_empty());
        network.heal_between("alpha", "beta");
        tokio::time::sleep(SECOND).await;
        assert_eq!(*seen.lock().unwrap(), [1]);
        assert!(died.lock().unwrap().is_empty());
        network.partition("alpha", "beta");
        tokio::time::sleep(40 * SECOND).await;
        assert_eq!(*died.lock().unwrap(), ["transport_error"]);
    });
}

#[test]
fn a_stopped_reader_fills_window_and_queue() {
    sim::run(4, |network| async move {
        network.window(1000);
        let alpha = Node::configure(network.config("alpha").max_queue(4000)).await.unwrap();
        let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
        alpha.wait_up("beta").await;
        let (port, seen) = collector(&beta);
        let died = deaths(&alpha, &port);
        tokio::time::sleep(SECOND).await;
        network.stop_reading("alpha", "beta");
        for n in 0..1000_u64 {
            alpha.snd(&port, ("n", n));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(SECOND).await;
        assert_eq!(*died.lock().unwrap(), ["overflow"]);
        assert!(seen.lock().unwrap().is_empty());
        assert!(network.counts().full_windows > 0);
    });
}

#[test]
fn crashed_hosts_come_back() {
    for (crash, longest) in [(Crash::Process, SECOND), (Crash::Machine, 45 * SECOND)] {
        sim::run(5, move |network| async move {
            let (alpha, beta) = pair(&network).await;
            let (port, _) = collector(&beta);
            let died = deaths(&alpha, &port);
            tokio::time::sleep(SECOND).await;
            network.crash("beta", crash);
            drop(beta);
            tokio::time::sleep(longest).await;
            assert_eq!(*died.lock().unwrap(), ["transport_error"], "{crash:?}");
            let beta = Node::configure(network.config("beta").seed("mem:alpha")).await.unwrap();
            beta.wait_up("alpha").await;
            let again = deaths(&alpha, &port);
            tokio::time::sleep(SECOND).await;
            assert_eq!(*again.lock().unwrap(), ["no_such_port"], "{crash:?}");
            assert_eq!(network.counts().restarts, 1);
        });
    }
}

/// A little of everything, with the journal switched on.
fn eventful(seed: u64) -> Vec<Line> {
    sim::run(seed, |network| async move {
        network.journal().record();
        network.latency_everywhere(Duration::ZERO..=Duration::from_millis(50));
        let (alpha, beta) = pair(&network).await;
        let mut random = network.random("test");
        let (port, seen) = collector(&beta);
        for n in 0..50_u64 {
            let reason = deaths(&alpha, &port);
            for m in 0..random.below(20) as u64 {
                alpha.snd(&port, ("n", 100 * n + m));
            }
            if random.percent(20) {
                network.cut("alpha", "beta");
            }
            let pause = random.duration(&(Duration::ZERO..=SECOND));
            tokio::time::sleep(pause).await;
            network.journal().note(|| format!("{:?} {:?}", seen.lock(), reason.lock()));
        }
        network.journal().lines()
    })
}

#[test]
fn a_seed_does_the_same_each_time() {
    for seed in 0..20 {
        let (first, second) = (eventful(seed), eventful(seed));
        assert!(first.len() > 100, "{} lines", first.len());
        for (a, b) in first.iter().zip(&second) {
            assert_eq!(a, b, "seed {seed}");
        }
        assert_eq!(first.len(), second.len());
    }
    assert_ne!(eventful(1), eventful(2));
}
