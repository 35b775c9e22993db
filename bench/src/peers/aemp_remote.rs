//! Ours in two processes, in several ways of connecting them.

use std::marker::PhantomData;

use aemp_actor::prelude::*;
use aemp_actor::{Framing, Require};
use bytes::Bytes;

use super::aemp::{Worker, WorkerRef, unbounded};
use crate::contender::Remote;
use crate::workload::remote::until_input_ends;

/// The nodes are on one machine, which nobody else can reach by it.
const SECRET: &str = "a long secret of the benchmark's, which protects nothing";

/// A port on a node in another process.
pub(crate) struct Nodes<W> {
    /// Keeps the node running.
    node: Node,
    port: WorkerRef,
    way: PhantomData<fn() -> W>,
}

/// A way of connecting nodes.
pub(crate) trait Way: 'static {
    /// Where to listen.
    const BIND: &'static str = "127.0.0.1:0";

    /// What differs from the defaults.
    fn configure(config: Config) -> Config {
        config
    }
}

/// As nodes talk by themselves: TCP, encrypted by the secret, bincode.
pub(crate) struct Encrypted;

impl Way for Encrypted {}

pub(crate) struct Plain;

impl Way for Plain {
    fn configure(config: Config) -> Config {
        config.stls(false).require(Require::None)
    }
}

/// Not encrypted, as what it is compared with.
pub(crate) struct Json;

impl Way for Json {
    fn configure(config: Config) -> Config {
        Plain::configure(config).framings([Framing::Json])
    }
}

pub(crate) struct Quic;

impl Way for Quic {
    const BIND: &'static str = "quic:127.0.0.1:0";

    fn configure(config: Config) -> Config {
        config.quic()
    }
}

fn config<W: Way>(id: &str) -> Config {
    W::configure(Config::new().nodeid(id).secret(SECRET))
}

impl<W: Way> Remote for Nodes<W> {
    async fn serve() {
        let config = config::<W>("there").bind(W::BIND);
        let node = Node::configure(config).await.expect("a port is free");
        let worker = node.port_with(Worker::default(), unbounded());
        println!("{} {}", node.listeners()[0], PortId::from(&worker));
        until_input_ends().await;
    }

    async fn connect(line: String) -> Self {
        let (address, id) = line.split_once(' ').expect("an address and an ID");
        let config = config::<W>("here").seed(address);
        let node = Node::configure(config).await.expect("it is configured");
        node.wait_up("there").await;
        let id: PortId = id.parse().expect("a port ID");
        let port = WorkerRef::at(&node, id);
        Self { node, port, way: PhantomData }
    }

    async fn tell(&self, n: u64) {
        self.port.add(n);
    }

    async fn bytes(&self, payload: &Bytes) {
        // Waits for room in the queue, where `WorkerRef::bytes` would close a connection that has none.
        let sent = self.node.snd_wait(&self.port, ("bytes", payload)).await;
        sent.expect("room in time");
    }

    async fn ask(&self) -> u64 {
        self.port.sum().await.expect("an answer")
    }
}
