//! `Config::announce`: what others are told of where a node can be dialled. Over real TCP.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use crate::support::{config, soon, tcp_node, until};
use aemp_actor::prelude::*;

/// Where nobody listens.
fn closed() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Forwards connections to another address, as a router or a load balancer does.
async fn forward(to: SocketAddr) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut to = tokio::net::TcpStream::connect(to).await.unwrap();
                drop(tokio::io::copy_bidirectional(&mut from, &mut to).await);
            });
        }
    });
    address
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The addresses that a node has been told of another.
fn told(by: &Node, of: &str) -> Vec<String> {
    by.peer(of).map(|peer| peer.addresses).unwrap_or_default()
}

#[tokio::test]
async fn others_are_told_what_is_announced_and_nothing_else() {
    let hub = tcp_node("hub").await;
    let seed = hub.listeners().remove(0);
    let port = free_port();
    let (one, two) = (forward(port).await, closed());
    let config = |id| config(id).seed(&seed);
    let mapped = config("mapped").bind(port.to_string()).announce(&one).announce(&two);
    let mapped = Node::configure(mapped).await.unwrap();
    assert!(mapped.listeners().contains(&port.to_string()), "{:?}", mapped.listeners());
    let mut announced = vec![one.clone(), two];
    announced.sort();
    let sorted = || {
        let mut told = told(&hub, "mapped");
        told.sort();
        told
    };
    until("the addresses", || sorted() == announced).await;
    // Only the node that came first can be dialled by the other.
    let newcomer = Node::configure(config("newcomer").announce(closed())).await.unwrap();
    soon("the connection", newcomer.wait_up("mapped")).await;
    let connection = newcomer.peer("mapped").unwrap().connection.unwrap();
    assert_eq!((connection.transport.as_str(), connection.address), ("tcp", Some(one)));
}

/// One announces where nobody listens, the other where nobody answers.
#[tokio::test]
async fn two_that_nobody_can_dial_are_connected_through_a_hub() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hub = tcp_node("hub").await;
    let seed = hub.listeners().remove(0);
    let node = |id, announced: String| {
        let config = config(id).seed(&seed).announce(announced);
        Node::configure(config.connect_timeout(Duration::from_secs(3)))
    };
    let one = node("one", closed()).await.unwrap();
    let two = node("two", silent.local_addr().unwrap().to_string()).await.unwrap();
    soon("the relayed connection", async {
        one.wait_up("two").await;
        two.wait_up("one").await;
    })
    .await;
    for (node, other) in [(&one, "two"), (&two, "one")] {
        assert_eq!(node.peer(other).unwrap().connection.unwrap().transport, "relay");
        soon("the answer", node.cal::<(f64,)>(PortId::from(other), ("time",))).await.unwrap();
    }
    // The command `aemp` is such a node: without listeners.
    let private = Config::new().nodeid("private").secret(crate::support::SECRET).seed(&seed);
    let private = Node::configure(private.connect_timeout(Duration::from_secs(3))).await.unwrap();
    for other in ["one", "two"] {
        soon("the answer", private.cal::<(f64,)>(PortId::from(other), ("time",))).await.unwrap();
    }
}

/// Each only listens where the other one has no transport for.
#[tokio::test]
async fn two_without_a_common_transport_are_connected_through_a_hub() {
    let hub = tcp_node("hub").await;
    let private = |id| {
        let config = Config::new().nodeid(id).secret(crate::support::SECRET);
        config.seed(hub.listeners().remove(0)).connect_timeout(Duration::from_secs(3))
    };
    let one = private("one").transport(aemp_actor::Memory::new()).bind("mem:one");
    let one = Node::configure(one).await.unwrap();
    let two = Node::configure(private("two").quic().bind("quic:127.0.0.1:0")).await.unwrap();
    soon("the relayed connection", async {
        one.wait_up("two").await;
        two.wait_up("one").await;
    })
    .await;
    assert_eq!(one.peer("two").unwrap().connection.unwrap().transport, "relay");
}

#[tokio::test]
async fn what_nobody_can_dial_is_not_announced() {
    for (text, problem) in [
        ("", "announce: "),
        ("host", "announce: "),
        ("host:x", "announce: "),
        ("host:0", "announce: others cannot dial host:0: write HOST:PORT"),
        ("host:*", "announce: others cannot dial host:"),
        ("*:4040", "announce: others cannot dial *:4040"),
        ("0.0.0.0:4040", "announce: others cannot dial 0.0.0.0:4040"),
        ("[::]:4040", "announce: others cannot dial [::]:4040"),
        ("mem:x", "announce: no transport for mem:x"),
    ] {
        let error = Node::configure(config("a").announce(text)).await.unwrap_err().to_string();
        assert!(error.starts_with(problem), "{text:?}: {error}");
    }
    let private =
        Config::new().secret(crate::support::SECRET).seed("127.0.0.1:1").announce("host:4040");
    let error = Node::configure(private).await.unwrap_err().to_string();
    assert_eq!(error, "announce: this node listens nowhere: set Config::bind, too");
}
