//! Nodes with listeners that others cannot reach: behind a firewall, NAT, or in a container. In a
//! simulated network, with its clock; `announce.rs` has real sockets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Crash, Network};
use tokio::sync::mpsc;

const SECOND: Duration = Duration::from_secs(1);

/// A node that listens, connected to the hub.
async fn node(network: &Network, host: &str) -> Node {
    let node = Node::configure(network.config(host).seed("mem:hub")).await.unwrap();
    node.wait_up("hub").await;
    node
}

/// The same where nobody can dial it.
async fn firewalled(network: &Network, host: &str) -> Node {
    network.drop_dials(host, true);
    node(network, host).await
}

async fn hub(network: &Network) -> Node {
    Node::configure(network.config("hub")).await.unwrap()
}

/// Waits until both are connected to each other; gives how long that took.
async fn meet(one: &Node, two: &Node) -> Duration {
    let begun = tokio::time::Instant::now();
    let both = async {
        one.wait_up(two.id()).await;
        two.wait_up(one.id()).await;
    };
    tokio::time::timeout(600 * SECOND, both).await.expect("they are connected");
    begun.elapsed()
}

fn transport(one: &Node, two: &Node) -> String {
    one.peer(two.id()).unwrap().connection.unwrap().transport
}

fn collector(node: &Node) -> (PortId, mpsc::UnboundedReceiver<u64>) {
    let (sender, seen) = mpsc::unbounded_channel();
    let port = node.port_fn(move |_, message| sender.send(message.arg(0).unwrap()).unwrap());
    (port.id(), seen)
}

/// Whether the dials are dropped or refused, and whatever hears of the other first.
#[test]
fn two_that_cannot_dial_each_other_are_connected_through_a_hub() {
    for (seed, refused) in [(1, false), (2, true)] {
        sim::run(seed, |network| async move {
            let first_hub = hub(&network).await;
            if refused {
                network.refuse_dials("b", "c", true);
                network.refuse_dials("c", "b", true);
            } else {
                network.drop_dials("b", true);
                network.drop_dials("c", true);
            }
            let (b, c) = (node(&network, "b").await, node(&network, "c").await);
            let took = meet(&b, &c).await;
            assert!(took < 8 * SECOND, "{took:?}");
            assert_eq!([transport(&b, &c), transport(&c, &b)], ["relay", "relay"]);
            let (port, mut seen) = collector(&c);
            (0..100).for_each(|n| b.snd(&port, ("n", n)));
            for n in 0..100 {
                assert_eq!(seen.recv().await, Some(n));
            }
            c.joined().await.unwrap();
            // The hub goes, and with it the connection; and comes back.
            let (died, mut told) = mpsc::unbounded_channel();
            b.mon(&port, move |reason: Reason| died.send(reason.kind().to_owned()).unwrap());
            b.ping("c", 5 * SECOND).await.unwrap();
            network.crash("hub", Crash::Process);
            drop(first_hub);
            assert_eq!(told.recv().await.as_deref(), Some("transport_error"));
            let _hub = hub(&network).await;
            meet(&b, &c).await;
        });
    }
}

/// A direct connection is made wherever one of the two can dial the other, whichever came first.
#[test]
fn who_can_be_dialled_is_dialled() {
    for (seed, firewall) in [(1, "b"), (2, "c")] {
        sim::run(seed, |network| async move {
            let _hub = hub(&network).await;
            network.drop_dials(firewall, true);
            let b = node(&network, "b").await;
            tokio::time::sleep(30 * SECOND).await;
            let c = node(&network, "c").await;
            meet(&b, &c).await;
            assert_eq!([transport(&b, &c), transport(&c, &b)], ["mem", "mem"], "{firewall}");
        });
    }
}

/// Seeds are the hubs of others: with them a direct connection is made as soon as it can be.
#[test]
fn a_seed_that_can_be_dialled_again_is_connected_directly() {
    sim::run(1, |network| async move {
        let _hub = hub(&network).await;
        let seed = node(&network, "seed").await;
        network.refuse_dials("b", "seed", true);
        network.refuse_dials("seed", "b", true);
        let b =
            Node::configure(network.config("b").seed("mem:hub").seed("mem:seed")).await.unwrap();
        meet(&b, &seed).await;
        assert_eq!(transport(&b, &seed), "relay");
        network.heal();
        let direct = async {
            while b.peer("seed").unwrap().connection.is_none_or(|c| c.transport != "mem") {
                tokio::time::sleep(SECOND).await;
            }
        };
        tokio::time::timeout(60 * SECOND, direct).await.expect("a direct connection");
        seed.ping("b", SECOND).await.unwrap();
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!([transport(&b, &seed), transport(&seed, &b)], ["mem", "mem"]);
    });
}

/// While it is down hubs are asked for it, too; but its address comes first.
#[test]
fn a_node_that_is_restarted_is_dialled() {
    for seed in 0..30 {
        sim::run(seed, |network| async move {
            let _hub = hub(&network).await;
            let private = seed % 2 == 0;
            let one = if private { network.private_config("one") } else { network.config("one") };
            let one = one.seed("mem:hub").connect_timeout(60 * SECOND);
            let one = Node::configure(one).await.unwrap();
            let b = node(&network, "b").await;
            meet(&one, &b).await;
            network.crash("b", Crash::Process);
            drop(b);
            let mut random = network.random("test");
            tokio::time::sleep(random.duration(&(SECOND..=3 * SECOND))).await;
            one.snd(PortId::from("b"), ("devnull",));
            tokio::time::sleep(random.duration(&(Duration::ZERO..=40 * SECOND))).await;
            assert!(!one.node_is_up("b"));
            let b = node(&network, "b").await;
            meet(&one, &b).await;
            assert_eq!(transport(&one, &b), "mem", "seed {seed}");
        });
    }
}

/// Nobody can dial a node without listeners: nothing is waited for.
#[test]
fn a_private_node_reaches_one_behind_a_firewall() {
    sim::run(1, |network| async move {
        let _hub = hub(&network).await;
        let b = firewalled(&network, "b").await;
        let private = network.private_config("p").seed("mem:hub").connect_timeout(3 * SECOND);
        let private = Node::configure(private).await.unwrap();
        let begun = tokio::time::Instant::now();
        private.cal::<(f64,)>(&b, ("time",)).await.unwrap();
        assert!(begun.elapsed() < 2 * SECOND, "a third of the timeout: {:?}", begun.elapsed());
        assert_eq!(transport(&private, &b), "relay");
        private.joined().await.unwrap();
    });
}

/// `relay` off on one side: the addresses are tried, and nothing else.
#[test]
fn nobody_is_reached_through_a_hub_who_does_not_want_it() {
    sim::run(1, |network| async move {
        let _hub = hub(&network).await;
        let b = firewalled(&network, "b").await;
        network.drop_dials("c", true);
        let config = network.config("c").seed("mem:hub").relay(false);
        let c = Node::configure(config).await.unwrap();
        tokio::time::sleep(300 * SECOND).await;
        assert!(!b.node_is_up("c") && !c.node_is_up("b"));
    });
}

/// What is wanted of a dead node is asked for through the hub for `connect_timeout`, and no longer.
#[test]
fn a_dead_node_is_not_asked_for_without_end() {
    sim::run(1, |network| async move {
        let hub = hub(&network).await;
        let (b, c) = (firewalled(&network, "b").await, firewalled(&network, "c").await);
        meet(&b, &c).await;
        network.crash("b", Crash::Process);
        drop(b);
        let reasons = Arc::new(Mutex::new(Vec::new()));
        let inside = reasons.clone();
        tokio::time::sleep(SECOND).await;
        assert!(!c.node_is_up("b"));
        c.mon(PortId::from("b"), move |reason: Reason| inside.lock().unwrap().push(reason));
        let packets = || hub.peer("c").unwrap().connection.unwrap().traffic.packets_in;
        let before = packets();
        tokio::time::sleep(40 * SECOND).await;
        let kinds: Vec<_> = reasons.lock().unwrap().iter().map(|r| r.kind().to_owned()).collect();
        assert_eq!(kinds, ["transport_error"], "{reasons:?}");
        let asked = packets() - before;
        assert!((1..200).contains(&asked), "{asked} packets");
        let before = packets();
        tokio::time::sleep(600 * SECOND).await;
        let later = packets() - before;
        // One question a minute for where it is, and signs of life.
        assert!(later < 150, "{later} packets");
    });
}
