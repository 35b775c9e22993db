//! What a member tells of nodes and addresses costs the others no more than it has to; and nodes that do
//! not answer hold up nobody.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::SECRET;
use aemp_actor::prelude::*;
use aemp_actor::{Address, Listener, Memory, Transport};
use aemp_transport::{
    BoxStream, CloseReason, HandshakeConfig, LinkConfig, LinkSender, Packet, PacketSink, establish,
    start,
};
use async_trait::async_trait;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A network in which nobody answers at addresses that begin with `silent`.
#[derive(Clone, Default)]
struct Quiet {
    memory: Memory,
    dials: Arc<AtomicUsize>,
}

impl Quiet {
    fn config(&self, id: &str) -> Config {
        let config = Config::new().nodeid(id).secret(SECRET).transport(self.clone());
        // The members here give no signs of life.
        let config = config.monitor_timeout(10_000 * SECOND).connect_timeout(30 * SECOND);
        config.bind(format!("mem:{id}"))
    }

    /// How often a silent address was dialled.
    fn dials(&self) -> usize {
        self.dials.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Transport for Quiet {
    fn scheme(&self) -> &str {
        "mem"
    }

    async fn dial(&self, address: &Address) -> io::Result<BoxStream> {
        if address.to_string().starts_with("mem:silent") {
            self.dials.fetch_add(1, Ordering::Relaxed);
            return std::future::pending().await;
        }
        self.memory.dial(address).await
    }

    async fn bind(&self, address: &Address) -> io::Result<Box<dyn Listener>> {
        self.memory.bind(address).await
    }
}

/// A member that says what it likes.
struct Member {
    link: LinkSender,
    /// Its rendezvous port at the node.
    port: String,
    /// How often it was told of nodes.
    told: Arc<AtomicUsize>,
}

struct Sink(Arc<AtomicUsize>);

impl PacketSink for Sink {
    fn packet(&mut self, packet: Packet) {
        if packet.message.first_str().as_deref() == Some("nodes") {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn closed(&mut self, _: CloseReason) {}
}

impl Member {
    async fn join(network: &Quiet, node: &Node, id: &str) -> Self {
        let stream = network.memory.dial(&node.listeners()[0].parse().unwrap()).await.unwrap();
        let config = Arc::new(HandshakeConfig::new(id, SECRET));
        let established = establish(stream, config, 60 * SECOND, |_| true).await.unwrap();
        let told = Arc::<AtomicUsize>::default();
        let link = start(established, LinkConfig::default(), |_| Sink(told.clone()));
        let member = Self { link, port: format!("{id}.1"), told };
        let connect = "AnyEvent::MP::Global::connect";
        member.link.send("", &("AnyEvent::MP::_spawn", &member.port, connect, 0, id)).unwrap();
        node.wait_up(id).await;
        member
    }

    fn tell(&self, tag: &str, what: impl serde::Serialize) {
        self.link.send(&self.port, &(tag, what)).unwrap();
    }

    /// Tells of so many nodes, all of them at that address.
    fn tell_of(&self, nodes: std::ops::Range<usize>, address: &str) {
        let address = vec![address.to_owned()];
        let nodes = nodes.map(|n| (format!("ghost-{n}"), address.clone()));
        self.tell("nodes", nodes.collect::<BTreeMap<_, _>>());
    }

    fn told(&self) -> usize {
        self.told.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn who_answers_is_reached_beside_many_who_do_not() {
    let network = Quiet::default();
    let _living = Node::configure(network.config("living")).await.unwrap();
    let silent: Vec<String> = (0..48).map(|n| format!("silent-{n}")).collect();
    let config = network.config("asks").node("living", "mem:living");
    let config =
        silent.iter().fold(config, |config, id| config.node(id.as_str(), format!("mem:{id}")));
    let node = Node::configure(config).await.unwrap();
    for id in &silent {
        node.mon(id.as_str(), |_| {});
    }
    // They were tried in vain, and are again and again.
    sleep(15 * SECOND).await;
    let begun = Instant::now();
    node.cal::<(f64,)>("living", ("time",)).await.unwrap();
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
    assert!(network.dials() >= 48);
}

#[tokio::test(start_paused = true)]
async fn who_answers_is_reached_though_many_were_wanted_just_before() {
    let network = Quiet::default();
    let _living = Node::configure(network.config("living")).await.unwrap();
    let config = network.config("asks").node("living", "mem:living");
    let config =
        (0..48).fold(config, |config, n| config.node(format!("s{n}"), format!("mem:silent{n}")));
    let node = Node::configure(config).await.unwrap();
    for n in 0..48 {
        node.mon(format!("s{n}"), |_| {});
    }
    let begun = Instant::now();
    node.cal::<(f64,)>("living", ("time",)).await.unwrap();
    assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_address_that_a_member_names_is_dialled_now_and_then() {
    let network = Quiet::default();
    let node = Node::configure(network.config("node")).await.unwrap();
    let evil = Member::join(&network, &node, "evil").await;
    evil.tell_of(0..100, "mem:silent-victim");
    sleep(40 * SECOND).await;
    assert!((4..=9).contains(&network.dials()), "{}", network.dials());
    // However often it is named.
    for _ in 0..1000 {
        evil.tell_of(0..100, "mem:silent-victim");
        sleep(SECOND / 10).await;
    }
    assert!(network.dials() <= 20, "{}", network.dials());
}

#[tokio::test(start_paused = true)]
async fn nodes_that_cannot_be_reached_are_forgotten() {
    let network = Quiet::default();
    let node = Node::configure(network.config("node")).await.unwrap();
    let evil = Member::join(&network, &node, "evil").await;
    evil.tell_of(0..30_000, "mem:silent-victim");
    crate::support::until("the news", || node.known_nodes().len() > 100).await;
    assert!(node.known_nodes().len() <= 10_001, "{}", node.known_nodes().len());
    sleep(60 * SECOND).await;
    assert_eq!(node.known_nodes(), ["evil"].map(NodeId::from));
    // They are asked for, and no node that is there is left out.
    let late = Node::configure(network.config("late").seed("mem:node")).await.unwrap();
    late.joined().await.unwrap();
    assert!(node.node_is_up("late"));
}

#[tokio::test(start_paused = true)]
async fn the_same_is_not_told_on_again_and_again() {
    let network = Quiet::default();
    let node = Node::configure(network.config("node")).await.unwrap();
    let other = Member::join(&network, &node, "other").await;
    other.tell("seedme1", ());
    let evil = Member::join(&network, &node, "evil").await;
    for _ in 0..1000 {
        evil.tell("addr", ["mem:silent-1"]);
    }
    sleep(10 * SECOND).await;
    let once = other.told();
    assert!((1..=2).contains(&once), "{once}");
    for _ in 0..1000 {
        evil.tell("addr", ["mem:silent-1"]);
        evil.tell("addr", ["mem:silent-2"]);
    }
    sleep(10 * SECOND).await;
    assert_eq!(other.told(), once + 1, "what it is in the end");
    for _ in 0..1000 {
        other.tell("seedme1", ());
    }
    sleep(10 * SECOND).await;
    assert_eq!(other.told(), once + 1);
}
