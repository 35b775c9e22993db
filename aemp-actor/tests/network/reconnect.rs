//! Connections are made when they are wanted, made again when they were lost, and never twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{
    Net, PATIENCE, RawListener, RawPeer, SECRET, config, death, sink, soon, tcp_node,
};
use aemp_actor::prelude::*;
use serde_json::json;

/// Adds up.
#[init("Reconnect::echo")]
fn echo(init: &mut Init, to: PortId) {
    init.rcv("say", move |ctx: &mut Ctx<FnPort>, (n,): (u32,)| ctx.snd(&to, ("said", n)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_wait_for_the_connection_in_order() {
    for net in [Net::Tcp, Net::memory()] {
        let b = Node::configure(net.config("beta")).await.unwrap();
        let mut there = sink(&b);
        let a = net.config("alpha").node("beta", &b.listeners()[0]);
        let a = Node::configure(a).await.unwrap();
        assert!(!a.node_is_up("beta"));
        for n in 0..500 {
            a.snd(&there, (n,));
        }
        let died = death(&a, &there);
        a.kil(&there, "end");
        for n in 0..500 {
            assert_eq!(there.next().await, format!("[{n}]"));
        }
        assert_eq!(died.text().await, "end");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_wait_for_a_node_that_starts_later() {
    let net = Net::memory();
    let a = Node::configure(net.config("alpha").node("beta", "mem:beta")).await.unwrap();
    let mut here = sink(&a);
    let spawned = a.spawn("beta", "Reconnect::echo", (&here.id,));
    let mut died = death(&a, &spawned);
    for n in 0..10 {
        a.snd(&spawned, ("say", n));
    }
    let call = a.cal::<(NodeId,)>("beta", ("info",));
    tokio::time::sleep(Duration::from_secs(20)).await;
    let b = Node::configure(net.config("beta")).await.unwrap();
    for n in 0..10 {
        assert_eq!(here.next().await, format!(r#"["said",{n}]"#));
    }
    assert_eq!(call.await.unwrap(), (NodeId::from("beta"),));
    assert!(died.is_waiting());
    b.shutdown(PATIENCE).await;
    died.reason().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_node_that_is_wanted_is_dialled_again() {
    let net = Net::memory();
    let a = Node::configure(net.config("alpha").node("beta", "mem:beta")).await.unwrap();
    for _ in 0..3 {
        let b = Node::configure(net.config("beta")).await.unwrap();
        let mut there = sink(&b);
        let died = death(&a, &b);
        a.snd(&there, ("hello",));
        assert_eq!(there.next().await, r#"["hello"]"#);
        b.shutdown(PATIENCE).await;
        assert_eq!(died.reason().await.kind(), "transport_error");
    }
}

#[tokio::test(start_paused = true)]
async fn seeds_are_connected_again() {
    let net = Net::memory();
    let a = Node::configure(net.config("alpha").seed("mem:beta")).await.unwrap();
    let events = Arc::new(Mutex::new(Vec::new()));
    let log = events.clone();
    a.mon_nodes(move |event| log.lock().unwrap().push(event.is_up()));
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let b = Node::configure(net.config("beta")).await.unwrap();
        soon("the seed", a.wait_up("beta")).await;
        soon("the seed", b.wait_up("alpha")).await;
        let (id,): (NodeId,) = b.cal("alpha", ("info",)).await.unwrap();
        assert_eq!(id, "alpha");
        b.shutdown(PATIENCE).await;
        crate::support::until("the seed to be down", || !a.node_is_up("beta")).await;
    }
    assert_eq!(*events.lock().unwrap(), [true, false].repeat(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_over_tcp_is_dialled_until_it_greets() {
    crate::support::log::start();
    let listener = RawListener::bind().await;
    let config = Config::new().nodeid("eager").secret(SECRET).seed(listener.address());
    let node = Node::configure(config).await.unwrap();
    for _ in 0..3 {
        let mut peer = listener.accept().await;
        assert!(peer.line().await.starts_with("aemp;1;eager;"));
        drop(peer);
    }
    crate::support::log::expect(&["WARN", "seed", &listener.address(), "trying again"]).await;
    let mut peer = listener.accept().await;
    peer.shake_hands("raw", "").await;
    soon("the seed", node.wait_up("raw")).await;
    peer.end().await;
    peer.closed().await;
    let mut peer = listener.accept().await;
    peer.shake_hands("raw", "").await;
    peer.nothing_more().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_port_ids_never_reach_new_ports() {
    for net in [Net::Tcp, Net::memory()] {
        let a = Node::configure(net.config("alpha")).await.unwrap();
        let mut old_ids = Vec::new();
        for round in 0..3 {
            let b = net.config("beta").seed(&a.listeners()[0]);
            let b = Node::configure(b).await.unwrap();
            soon("the node", a.wait_up("beta")).await;
            soon("the node", b.wait_up("alpha")).await;
            for id in &old_ids {
                a.snd(id, ("for another",));
                let reason = death(&a, id).reason().await;
                assert_eq!(reason.kind(), "no_such_port", "{reason}");
            }
            let mut port = sink(&b);
            a.snd(&port, ("hello", round));
            assert_eq!(port.next().await, json!(["hello", round]).to_string());
            assert_eq!(b.dropped().unknown_port, round);
            let (died, down) = (death(&a, &port), death(&a, &b));
            soon("time", a.cal::<(f64,)>(&b, ("time",))).await.unwrap();
            old_ids.push(port.id.clone());
            b.shutdown(PATIENCE).await;
            assert_eq!(died.reason().await.kind(), "shutdown");
            down.reason().await;
        }
    }
}

/// A node that was restarted without a goodbye: its new process comes while the old connection
/// still stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_node_replaces_its_old_connection() {
    // The node that decides which connection counts is the one with the lower ID: both ways.
    for id in ["aaa", "zzz"] {
        let node = tcp_node("node").await;
        let mut old = RawPeer::log_in_with(&node, id, ";inst=old").await;
        let died = death(&node, format!("{id}#p"));
        assert_eq!(old.next().await, json!(["", "mon1", "p"]));
        let watched = sink(&node);
        old.packet(json!(["", "mon1", watched.id.port()])).await;
        old.nothing_more().await;

        let mut new = RawPeer::connect(&node).await;
        new.shake_hands(id, ";inst=new").await;
        let reason = died.reason().await;
        assert_eq!(reason.kind(), "transport_error");
        assert!(reason.text().contains(&format!("node {id} was restarted")), "{reason}");
        old.closed().await;
        new.nothing_more().await;
        // What the old process watched is not told to the new one.
        let watched_died = death(&node, &watched);
        node.kil(&watched, "gone");
        watched_died.reason().await;
        new.nothing_more().await;
        assert_eq!(node.up_nodes(), [id]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_node_keeps_its_first_connection() {
    crate::support::log::start();
    let node = tcp_node("keeper").await;
    let mut first = RawPeer::log_in(&node, "twice").await;
    let mut second = RawPeer::connect(&node).await;
    second.send("aemp;1;twice;hmac_md6_64_256;json\nx\ncleartext;67656865696d;json\n").await;
    let heard = second.closed().await;
    assert_eq!(heard.lines().count(), 2, "no auth line, no packet: {heard}");
    crate::support::log::expect(&["node twice", &second.address(), "already connected"]).await;
    first.nothing_more().await;
    assert_eq!(node.up_nodes(), ["twice"]);
}

/// Of two connections at the same time one waits for the other; one that was given up does not
/// count any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dial_that_was_given_up_is_in_nobodys_way() {
    let listener = RawListener::bind().await;
    let config = config("alpha").node("zulu", listener.address());
    let node = Node::configure(config.connect_timeout(Duration::from_millis(300))).await.unwrap();
    let died = death(&node, "zulu");
    let mut never_done = listener.accept().await;
    never_done.send("aemp;1;zulu;hmac_md6_64_256;json;inst=1\nx\n").await;
    assert_eq!(died.reason().await.kind(), "transport_error");
    never_done.closed().await;
    let mut peer = RawPeer::log_in_with(&node, "zulu", ";inst=1").await;
    peer.nothing_more().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn crossing_dials_settle_on_one_connection() {
    for round in 0..30 {
        let net = Net::memory();
        let downs = Arc::new(Mutex::new(Vec::new()));
        let a = Node::configure(net.config("alpha").seed("mem:beta"));
        let b = Node::configure(net.config("beta").seed("mem:alpha"));
        let (a, b) = tokio::join!(tokio::spawn(a), tokio::spawn(b));
        let (a, b) = (a.unwrap().unwrap(), b.unwrap().unwrap());
        for node in [&a, &b] {
            let downs = downs.clone();
            node.mon_nodes(move |event| {
                if !event.is_up() {
                    downs.lock().unwrap().push(event.clone());
                }
            });
        }
        let (mut at_a, mut at_b) = (sink(&a), sink(&b));
        for n in 0..20 {
            a.snd(&at_b, (n,));
            b.snd(&at_a, (n,));
        }
        for n in 0..20 {
            assert_eq!(at_b.next().await, format!("[{n}]"), "round {round}");
            assert_eq!(at_a.next().await, format!("[{n}]"), "round {round}");
        }
        soon("time", a.cal::<(f64,)>("beta", ("time",))).await.unwrap();
        soon("time", b.cal::<(f64,)>("alpha", ("time",))).await.unwrap();
        assert!(downs.lock().unwrap().is_empty(), "{downs:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seed_that_is_oneself_is_dropped() {
    crate::support::log::start();
    let net = Net::memory();
    let node = Node::configure(net.config("narcissus").seed("mem:narcissus")).await.unwrap();
    crate::support::log::expect(&["seed mem:narcissus is this node itself"]).await;
    assert_eq!(node.up_nodes(), [""; 0]);
    assert_eq!(node.known_nodes(), [""; 0]);
}
