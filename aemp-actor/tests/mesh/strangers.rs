//! Who lacks the secret has no effect on those who have it, whatever he says and however long he
//! stays. All times are so long that nothing happens because one is over.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::support::{HEX_SECRET, RawPeer, SECRET, config, death, log, soon};
use aemp_actor::prelude::*;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};

const EVER: Duration = Duration::from_secs(10_000);

fn patient(id: &str) -> Config {
    config(id).monitor_timeout(EVER).handshake_timeout(EVER)
}

/// What the node says to anybody: its greeting, without the nonce.
async fn greeting_of(node: &Node) -> String {
    RawPeer::connect(node).await.line().await
}

/// Connects to the node, repeats that greeting, and falls silent once the node has heard it: it has
/// answered with an auth line, or with TLS, or waits for either.
async fn squat(node: &Node, greeting: &str) -> RawPeer {
    let mut peer = RawPeer::connect(node).await;
    peer.send(&format!("{greeting}\nnonce\n")).await;
    peer.line().await;
    peer.line().await;
    peer
}

/// `aaa` decides which of several connections counts; with TLS and without.
#[tokio::test]
async fn who_repeats_the_greeting_of_a_node_keeps_it_from_nobody() {
    log::start();
    for (victim_id, id, victim_dials) in
        [("aaa", "zzz", true), ("aaa", "zzz", false), ("zzz", "aaa", true), ("zzz", "aaa", false)]
    {
        let known = |config: Config, other: &Node| {
            config.node(NodeId::from(other).as_str(), other.listeners().remove(0).to_string())
        };
        let (victim, node) = if victim_dials {
            let node = Node::configure(patient(id)).await.unwrap();
            (Node::configure(known(patient(victim_id), &node)).await.unwrap(), node)
        } else {
            let victim = Node::configure(patient(victim_id)).await.unwrap();
            let node = Node::configure(known(patient(id), &victim)).await.unwrap();
            (victim, node)
        };
        let greeting = greeting_of(&node).await;
        let mut squatters = Vec::new();
        for n in 0..20 {
            let plain = greeting.replace(";stls=1", "");
            squatters.push(squat(&victim, if n % 2 == 0 { &greeting } else { &plain }).await);
        }
        let (from, to) = if victim_dials { (&victim, &node) } else { (&node, &victim) };
        let mut fired = death(from, to.port_fn(|_, _| {}).id());
        soon("the true node", victim.wait_up(id)).await;
        soon("the other side", node.wait_up(victim_id)).await;
        assert!(fired.is_waiting(), "{victim_id} {victim_dials}");
        drop(squatters);
    }
}

/// A connection from that address of this machine.
async fn connect_from(source: u8, to: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from([127, 0, 0, source]), 0)).unwrap();
    soon("a connection", socket.connect(to.parse().unwrap())).await.unwrap()
}

/// Reads the first line of the greeting: from now on it is in its handshake.
async fn greeted(stream: &mut TcpStream) -> bool {
    soon("a greeting, or the end", stream.read_u8()).await.is_ok()
}

#[tokio::test]
async fn idle_strangers_from_many_addresses_lock_nobody_out() {
    log::start();
    let config = patient("narrow").max_handshakes(20).max_handshakes_per_address(8);
    let node = Node::configure(config).await.unwrap();
    let address = node.listeners().remove(0);
    let mut idle = Vec::new();
    // 20 places for 10 addresses: each has two, whoever came first.
    for n in 0..40 {
        let mut stream = connect_from(10 + n % 10, &address.to_string()).await;
        if n < 20 {
            assert!(greeted(&mut stream).await);
        }
        idle.push(stream);
    }
    let joining = Config::new().nodeid("joins").secret(SECRET).seed(address.to_string());
    let joining = Node::configure(joining.handshake_timeout(EVER)).await.unwrap();
    assert!(soon("to join", joining.joined()).await.is_ok());
    assert!(node.node_is_up("joins"));
    log::expect(&["WARN", "connection refused", "127.0.0.1", "max_handshakes"]).await;
}

/// A connection is not asked for a sign of life because somebody says that he is its other end.
#[tokio::test]
async fn strangers_have_no_connection_probed() {
    log::start();
    let node = Node::configure(patient("mmm")).await.unwrap();
    for id in ["aaa", "zzz"] {
        let mut real = RawPeer::log_in_with(&node, id, ";inst=1").await;
        real.nothing_more().await;
        for fields in ["", ";inst=1", ";inst=2"] {
            let greeting = format!("aemp;1;{id};hmac_md6_64_256;json{fields}\nx\n");
            for auth in ["", "cleartext;00;json\n"] {
                let mut impostor = RawPeer::connect(&node).await;
                impostor.send(&format!("{greeting}{auth}")).await;
                impostor.end().await;
                impostor.closed().await;
            }
        }
        real.nothing_more().await;
        assert_eq!(real.questions, 0, "{id}");
        // Only of somebody who has proved it.
        let mut twin = RawPeer::connect(&node).await;
        twin.send(&format!("aemp;1;{id};hmac_md6_64_256;json\nx\n")).await;
        twin.send(&format!("cleartext;{};json\n", HEX_SECRET)).await;
        twin.closed().await;
        real.heard_until("\"snd\",\"mmm\"").await;
        assert!(node.node_is_up(id));
    }
}
