//! Nodes that are set up and connected.

use aemp_actor::{Config, Memory, Node, NodeId};

use super::{SECRET, Sink, sink, soon};

/// What nodes are connected over.
#[derive(Clone)]
pub(crate) enum Net {
    Tcp,
    #[cfg(feature = "quic")]
    Quic,
    Memory(Memory),
}

impl Net {
    /// One of each kind.
    pub(crate) fn all() -> Vec<Self> {
        vec![
            Self::Tcp,
            #[cfg(feature = "quic")]
            Self::Quic,
            Self::memory(),
        ]
    }

    pub(crate) fn memory() -> Self {
        Self::Memory(Memory::new())
    }

    /// The settings of a node that listens somewhere on this network.
    pub(crate) fn config(&self, id: &str) -> Config {
        let config = self.private_config(id);
        match self {
            Self::Tcp => config.bind("127.0.0.1:0"),
            #[cfg(feature = "quic")]
            Self::Quic => config.bind("quic:127.0.0.1:0"),
            Self::Memory(_) => config.bind(format!("mem:{id}")),
        }
    }

    /// The settings of a node that listens nowhere.
    pub(crate) fn private_config(&self, id: &str) -> Config {
        let config = Config::new().nodeid(id).secret(SECRET);
        match self {
            Self::Tcp => config,
            #[cfg(feature = "quic")]
            Self::Quic => config.quic(),
            Self::Memory(memory) => config.transport(memory.clone()),
        }
    }
}

/// The settings of a node that listens on TCP.
pub(crate) fn config(id: &str) -> Config {
    Net::Tcp.config(id)
}

/// A node that listens on TCP.
pub(crate) async fn tcp_node(id: &str) -> Node {
    Node::configure(config(id)).await.unwrap()
}

/// Two connected nodes; the second dials.
pub(crate) async fn pair(net: &Net, one: &str, two: &str) -> (Node, Node) {
    let one = Node::configure(net.config(one)).await.unwrap();
    let seed = one.listeners().remove(0);
    let two = Node::configure(net.config(two).seed(seed)).await.unwrap();
    soon("the nodes to connect", async {
        one.wait_up(NodeId::from(&two)).await;
        two.wait_up(NodeId::from(&one)).await;
        // What the two have to tell each other of the mesh comes before the answers.
        one.cal::<(f64,)>(&two, ("time",)).await.unwrap();
        two.cal::<(f64,)>(&one, ("time",)).await.unwrap();
    })
    .await;
    (one, two)
}

/// Runs `test` on two connected nodes: over TCP, QUIC and in memory, with each of them having
/// dialled, and having the lower node ID.
pub(crate) async fn for_each_pair(test: impl AsyncFn(Node, Node)) {
    for net in Net::all() {
        let (one, two) = pair(&net, "alpha", "beta").await;
        test(one, two).await;
    }
    for net in Net::all() {
        let (one, two) = pair(&net, "alpha", "beta").await;
        test(two, one).await;
    }
    for net in Net::all() {
        let (one, two) = pair(&net, "beta", "alpha").await;
        test(one, two).await;
    }
}

/// A connection and a port that have nothing to do with what is going on, and must not notice it.
pub(crate) struct Bystander {
    other: Node,
    port: Sink,
    round: u32,
}

impl Bystander {
    pub(crate) async fn new(node: &Node) -> Self {
        let config = Config::new().nodeid("bystander").secret(SECRET);
        #[cfg(feature = "quic")]
        let config = config.quic();
        let other = Node::configure(config.seed(&node.listeners()[0])).await.unwrap();
        soon("the bystander", node.wait_up("bystander")).await;
        Self { other, port: sink(node), round: 0 }
    }

    /// Asserts that both still work.
    pub(crate) async fn is_fine(&mut self) {
        self.round += 1;
        self.other.snd(&self.port, ("fine", self.round));
        assert_eq!(self.port.next().await, format!(r#"["fine",{}]"#, self.round));
        let answer = self.other.cal::<(f64,)>(self.port.id.node(), ("time",));
        soon("the bystander's answer", answer).await.unwrap();
    }
}
