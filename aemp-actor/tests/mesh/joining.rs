//! How nodes find each other, and find each other again.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Network};
use aemp_actor::{Address, Memory};
use aemp_transport::{BoxStream, Listener, Transport};
use async_trait::async_trait;
use parking_lot::Mutex;

/// Waits for a condition that events lead to; the clock is virtual, so waiting costs nothing.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..20_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not reached: {what}");
}

/// A network in memory with one name, `mem:service`, that stands for addresses that change.
#[derive(Clone)]
struct Names {
    network: Memory,
    service: Arc<Mutex<Vec<Address>>>,
    dials: Arc<AtomicUsize>,
}

impl Names {
    fn new(addresses: &[&str]) -> Self {
        let names = Self { network: Memory::new(), service: Arc::default(), dials: Arc::default() };
        names.change(addresses);
        names
    }

    fn change(&self, addresses: &[&str]) {
        *self.service.lock() = addresses.iter().map(|text| text.parse().unwrap()).collect();
    }

    async fn node(&self, id: &str, seeds: &[&str]) -> Node {
        self.node_at(id, &format!("mem:{id}"), seeds).await
    }

    async fn node_at(&self, id: &str, bind: &str, seeds: &[&str]) -> Node {
        let config = Config::new()
            .nodeid(id)
            .secret(crate::support::SECRET)
            .transport(self.clone())
            .bind(bind);
        Node::configure(config.seeds(seeds.iter().copied())).await.unwrap()
    }
}

#[async_trait]
impl Transport for Names {
    fn scheme(&self) -> &str {
        self.network.scheme()
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        self.dials.fetch_add(1, Ordering::Relaxed);
        self.network.dial(address).await
    }

    async fn resolve(&self, address: &Address) -> io::Result<Vec<Address>> {
        if address.to_string() == "mem:service" {
            return Ok(self.service.lock().clone());
        }
        Ok(vec![address.clone()])
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        self.network.bind(address).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_resolved_again_and_again_and_leads_to_all_its_addresses() {
    let names = Names::new(&[]);
    let (a, b) = (names.node("a", &[]).await, names.node("b", &[]).await);
    let c = names.node("c", &["mem:service"]).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(c.up_nodes().is_empty());
    names.change(&["mem:a", "mem:b"]);
    c.joined().await.unwrap();
    until("both are seeds", || c.up_nodes().len() == 2).await;
    until("and hear of each other", || a.node_is_up(&b)).await;
    let d = names.node("d", &[]).await;
    names.change(&["mem:d"]);
    drop((a, b));
    until("the name leads elsewhere now", || c.node_is_up(&d)).await;
}

#[tokio::test(start_paused = true)]
async fn the_nodes_own_address_among_the_seeds_is_no_seed() {
    let names = Names::new(&["mem:a"]);
    // All are given the same seeds, as machines that are set up alike are.
    let a = names.node("a", &["mem:service"]).await;
    a.joined().await.unwrap();
    assert!(a.up_nodes().is_empty());
    names.change(&["mem:a", "mem:b"]);
    let b = names.node("b", &["mem:service"]).await;
    b.joined().await.unwrap();
    until("they meet", || a.node_is_up("b") && b.node_is_up("a")).await;
    let c = names.node("c", &["mem:a", "mem:c", "mem:b"]).await;
    c.joined().await.unwrap();
    assert!(c.node_is_up("a") || c.node_is_up("b"));
    until("all meet", || [&a, &b, &c].iter().all(|node| node.up_nodes().len() == 2)).await;
    let alone = names.node("d", &["mem:d"]).await;
    alone.joined().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_seed_that_is_away_is_dialled_at_leisure() {
    let names = Names::new(&[]);
    let _node = names.node("a", &["mem:away"]).await;
    // Pauses grow to connect_interval (2 s), of which chance takes up to a half.
    tokio::time::sleep(Duration::from_secs(100)).await;
    let dials = names.dials.load(Ordering::Relaxed);
    assert!((50..=110).contains(&dials), "{dials} dials");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_moved_is_found_again() {
    let names = Names::new(&[]);
    let seed = names.node("seed", &[]).await;
    let (b, c) = (names.node("b", &["mem:seed"]).await, names.node("c", &["mem:seed"]).await);
    until("they meet", || b.node_is_up("c")).await;
    let (fired, mut died) = tokio::sync::mpsc::unbounded_channel();
    let old = b.port_fn(|_, _| ());
    b.grp_reg("g", &old).unwrap();
    c.mon(&old, move |reason: Reason| drop(fired.send(reason)));
    until("its group is known", || c.grp_get("g").len() == 1).await;
    drop(b);
    died.recv().await.unwrap();
    assert!(c.grp_get("g").is_empty());
    // Something waits for it while it is away.
    let (fired, mut died) = tokio::sync::mpsc::unbounded_channel();
    c.mon(PortId::from("b#nobody"), move |reason: Reason| drop(fired.send(reason)));
    let b = names.node_at("b", "mem:elsewhere", &["mem:seed"]).await;
    assert_eq!(died.recv().await.unwrap().kind(), "no_such_port", "the monitor met the new one");
    until("connected", || c.node_is_up("b") && b.node_is_up("c")).await;
    let new = b.port_fn(|_, _| ());
    b.grp_reg("g", &new).unwrap();
    until("its group is known again", || {
        [&seed, &c].iter().all(|node| node.grp_get("g") == [PortId::from(&new)])
    })
    .await;
    assert!(c.peer("b").unwrap().addresses.contains(&"mem:elsewhere".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_not_told_of() {
    let names = Names::new(&[]);
    let seed = names.node("seed", &[]).await;
    let b = names.node("b", &["mem:seed"]).await;
    until("they meet", || seed.node_is_up("b")).await;
    drop(b);
    until("it is gone", || !seed.node_is_up("b")).await;
    let c = names.node("c", &["mem:seed"]).await;
    c.joined().await.unwrap();
    assert_eq!(c.known_nodes(), [NodeId::from("seed")]);
}

#[tokio::test(start_paused = true)]
async fn two_networks_become_one_by_a_common_seed() {
    let names = Names::new(&[]);
    let mut nodes = Vec::new();
    for net in ["x", "y"] {
        nodes.push(names.node(&format!("{net}0"), &["mem:common"]).await);
        for n in 1..4 {
            nodes.push(names.node(&format!("{net}{n}"), &[&format!("mem:{net}0")]).await);
        }
    }
    for node in &nodes {
        node.grp_reg("all", node).unwrap();
        until("a network of its own", || node.up_nodes().len() == 3).await;
    }
    nodes.push(names.node("common", &[]).await);
    for node in &nodes {
        until("one network", || node.up_nodes().len() == 8 && node.grp_get("all").len() == 8).await;
    }
}

#[test]
fn nodes_that_could_not_meet_meet_later() {
    sim::run(7, |network: Network| async move {
        let mut nodes = vec![Node::configure(network.config("seed")).await.unwrap()];
        network.partition("b", "c");
        for host in ["b", "c"] {
            // (Through the seed they would meet at once.)
            let config = network.config(host).seed("mem:seed").relay(false);
            let config = config.connect_timeout(Duration::from_secs(3));
            nodes.push(Node::configure(config).await.unwrap());
        }
        tokio::time::sleep(Duration::from_secs(120)).await;
        let apart = |nodes: &[Node]| !nodes[1].node_is_up("c") && !nodes[2].node_is_up("b");
        assert!(apart(&nodes));
        network.heal();
        until("they meet", || nodes[1].node_is_up("c") && nodes[2].node_is_up("b")).await;
        // The same for nodes that were connected before.
        network.partition("b", "c");
        until("they lose each other", || apart(&nodes)).await;
        tokio::time::sleep(Duration::from_secs(120)).await;
        network.heal();
        until("they meet again", || nodes[1].node_is_up("c") && nodes[2].node_is_up("b")).await;
    });
}

#[tokio::test]
async fn wildcards_several_listeners_and_none() {
    let config = |id: &str| Config::new().nodeid(id).secret(crate::support::SECRET);
    let a = Node::configure(config("a").bind("*:*").bind("127.0.0.1:0").bind("127.0.0.1:*")).await;
    let a = a.unwrap();
    let listeners = a.listeners();
    assert!(listeners.len() >= 3, "{listeners:?}");
    for address in &listeners {
        assert!(!address.contains('*') && !address.starts_with("0.0.0.0"), "{listeners:?}");
        assert!(!address.starts_with("[::]") && !address.ends_with(":0"), "{listeners:?}");
    }
    // Whoever returns from `configure` listens: each of its addresses can be dialled at once.
    for (n, address) in listeners.iter().enumerate() {
        let private = Node::configure(config(&format!("p{n}")).seed(address)).await.unwrap();
        assert!(private.listeners().is_empty());
        private.joined().await.unwrap();
        assert_eq!(private.up_nodes(), [NodeId::from("a")], "by {address}");
        a.wait_up(&private).await;
    }
}
