//! Nodes that speak QUIC beside TCP: the contract holds, whichever way is taken.

use std::net::SocketAddr;
use std::time::Duration;

use crate::support::{
    Death, Net, PATIENCE, RawPeer, SECRET, Sink, UdpProxy, death, pair, sink, soon, until,
};
use aemp_actor::prelude::*;
use aemp_actor::{Certificates, Pick, Quic, generate_certificate};
use serde_json::json;

fn plain(id: &str) -> Config {
    Config::new().nodeid(id).secret(SECRET).connect_interval(Duration::from_millis(100))
}

/// A node that listens on both.
fn both(id: &str) -> Config {
    plain(id).quic().bind("127.0.0.1:0").bind("quic:127.0.0.1:0")
}

async fn start(config: Config) -> Node {
    Node::configure(config).await.unwrap()
}

/// Where the node listens for QUIC.
fn by_quic(node: &Node) -> String {
    node.listeners().into_iter().find(|text| text.starts_with("quic:")).expect("it does")
}

fn by_tcp(node: &Node) -> String {
    node.listeners().into_iter().find(|text| !text.starts_with("quic:")).expect("it does")
}

/// A proxy before the node's QUIC listener, and its address.
async fn proxied(node: &Node) -> (UdpProxy, String) {
    let proxy = UdpProxy::before(socket(node)).await;
    let address = format!("quic:{}", proxy.address());
    (proxy, address)
}

fn socket(node: &Node) -> SocketAddr {
    by_quic(node)["quic:".len()..].parse().unwrap()
}

/// Sends numbers and asserts that they arrive, in order.
async fn talk(from: &Node, to: &mut Sink, numbers: std::ops::Range<u32>) {
    for number in numbers.clone() {
        from.snd(&*to, ("n", number));
    }
    for number in numbers {
        assert_eq!(to.next().await, format!(r#"["n",{number}]"#));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mesh_of_both_and_of_nodes_without_quic() {
    let a = start(both("a")).await;
    let b = start(both("b").seed(by_quic(&a))).await;
    let c = start(plain("c").bind("127.0.0.1:0").seed(by_tcp(&a))).await;
    let d = start(plain("d").quic().bind("quic:127.0.0.1:0").seed(by_quic(&a))).await;
    let nodes = [&a, &b, &c, &d];
    // c has no way to d, and d has one to c: whoever can dials.
    for node in nodes {
        soon("to join", node.joined()).await.unwrap();
        for other in nodes {
            soon("a full mesh", node.wait_up(other)).await;
        }
    }
    for to in nodes {
        let mut port = sink(to);
        for from in nodes {
            talk(from, &mut port, 0..100).await;
        }
    }
    let mut member = sink(&d);
    d.grp_reg("g", &member).unwrap();
    for node in nodes {
        until("the group to be known", || !node.grp_get("g").is_empty()).await;
        assert!(node.grp_snd("g", Pick::RoundRobin, ("hi",)).is_some());
        assert_eq!(member.next().await, r#"["hi"]"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_messages_go_both_ways() {
    let (a, b) = pair(&Net::Quic, "alpha", "beta").await;
    let (mut at_a, mut at_b) = (sink(&a), sink(&b));
    for n in 0..4 {
        let text = "äx€!".repeat(300_000 * n + 1);
        a.snd(&at_b, ("big", &text));
        b.snd(&at_a, ("big", &text));
        a.snd(&at_b, ("small",));
        for port in [&mut at_a, &mut at_b] {
            assert!(port.message().await.arg::<String>(0).unwrap() == text, "it is the same");
        }
        assert_eq!(at_b.next().await, r#"["small"]"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_started_again_is_another_one() {
    let a = start(both("a")).await;
    for round in 0..3 {
        let (proxy, address) = proxied(&a).await;
        let old = start(plain("b").quic().seed(address)).await;
        let mut there = sink(&old);
        soon("the first", a.wait_up("b")).await;
        talk(&a, &mut there, 0..50).await;
        let (port_died, node_died) = (death(&a, &there), death(&a, "b"));
        soon("time", a.cal::<(f64,)>("b", ("time",))).await.unwrap();
        // It is cut off without a word, or says goodbye.
        match round {
            0 => old.shutdown(PATIENCE).await,
            _ => proxy.set_dark(true),
        }
        let new = start(plain("b").quic().seed(by_quic(&a))).await;
        let kind = if round == 0 { "shutdown" } else { "transport_error" };
        assert_eq!(port_died.reason().await.kind(), kind);
        let reason = node_died.reason().await;
        assert_eq!(reason.kind(), "transport_error", "{reason}");
        assert!(round == 0 || reason.text().contains("was restarted"), "{reason}");
        soon("the second", a.wait_up("b")).await;
        let mut there = sink(&new);
        talk(&a, &mut there, 0..50).await;
        drop((old, new));
        until("the node to be down", || !a.node_is_up("b")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preferred_transport_is_taken() {
    for (preferred, quic) in
        [(None, true), (Some(["quic", "tcp"]), true), (Some(["tcp", "quic"]), false)]
    {
        let b = start(both("b")).await;
        let (proxy, address) = proxied(&b).await;
        let config = plain("a").quic().node("b", by_tcp(&b)).node("b", address);
        let a = start(match preferred {
            Some(preferred) => config.prefer(preferred),
            None => config,
        })
        .await;
        talk(&a, &mut sink(&b), 0..20).await;
        assert_eq!(proxy.passed() > 0, quic, "{preferred:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_datagrams_do_not_get_through_tcp_is_taken() {
    let b = start(both("b")).await;
    let (proxy, address) = proxied(&b).await;
    proxy.set_dark(true);
    // Bounded by the transport, and by the share of the time that there is.
    let impatient = Quic::new().dial_limit(Duration::from_millis(100));
    let patient = Quic::new().dial_limit(PATIENCE);
    for (n, (quic, limit)) in [(impatient, PATIENCE), (patient, 4 * SECOND)].into_iter().enumerate()
    {
        let config = plain(&format!("a{n}")).transport(quic).connect_timeout(limit);
        let a = start(config.node("b", by_tcp(&b)).node("b", &address)).await;
        let mut there = sink(&b);
        let mut died = death(&a, &there);
        talk(&a, &mut there, 0..20).await;
        assert!(died.is_waiting());
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_goes_dark_is_noticed_and_made_anew() {
    let b = start(both("b").monitor_timeout(2 * SECOND)).await;
    let (proxy, address) = proxied(&b).await;
    let a = start(plain("a").quic().monitor_timeout(2 * SECOND).seed(address)).await;
    soon("a connection", a.wait_up("b")).await;
    let mut there = sink(&b);
    talk(&a, &mut there, 0..20).await;
    let (there_died, here_died) = (death(&a, &there), death(&b, "a"));
    // What is queued has been answered for: nothing is under way.
    soon("time", a.cal::<(f64,)>("b", ("time",))).await.unwrap();
    proxy.set_dark(true);
    for died in [there_died, here_died] {
        assert_eq!(died.reason().await.kind(), "transport_error");
    }
    // The addresses that b told, of both kinds, are dialled now. (While others are being told of the
    // loss what is sent is lost, too, and this task is told of that.)
    let arrived = loop {
        let lost = death(&a, &there);
        a.snd(&there, ("again",));
        tokio::select! {
            message = there.next() => break message,
            reason = lost.reason() => assert_eq!(reason.kind(), "transport_error"),
        }
    };
    assert_eq!(arrived, r#"["again"]"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_moves_keeps_its_connection() {
    let b = start(plain("b").quic().bind("quic:127.0.0.1:0")).await;
    let (proxy, address) = proxied(&b).await;
    let a = start(plain("a").quic().seed(address)).await;
    soon("a connection", a.wait_up("b")).await;
    let (mut at_a, mut at_b) = (sink(&a), sink(&b));
    let mut died = [death(&a, &at_b), death(&b, &at_a), death(&a, "b"), death(&b, "a")];
    for round in 0..5 {
        let numbers = round * 200..(round + 1) * 200;
        for number in numbers.clone() {
            a.snd(&at_b, ("n", number));
            b.snd(&at_a, ("n", number));
        }
        // While these are on their way.
        proxy.rebind().await;
        for number in numbers {
            let expected = format!(r#"["n",{number}]"#);
            assert_eq!((at_b.next().await, at_a.next().await), (expected.clone(), expected));
        }
    }
    assert!(died.iter_mut().all(Death::is_waiting));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dials_that_cross_over_different_transports_make_one_connection() {
    for round in 0..20 {
        // Of either transport the lower node ID may be the one that dials it.
        let [one, two] = if round % 2 == 0 { ["a", "b"] } else { ["b", "a"] };
        let proxy = UdpProxy::new().await;
        let quic = start(both(one).node(two, format!("quic:{}", proxy.address()))).await;
        let tcp = start(both(two).node(one, by_tcp(&quic))).await;
        proxy.set_server(socket(&tcp));
        let ups = [&quic, &tcp].map(|node| {
            let (sender, ups) = tokio::sync::mpsc::unbounded_channel();
            node.mon_nodes(move |event| drop(sender.send(event.clone())));
            ups
        });
        let (mut here, mut there) = (sink(&quic), sink(&tcp));
        // Both dial at once.
        let mut died = [death(&quic, &there), death(&tcp, &here)];
        for number in 0..50 {
            quic.snd(&there, ("n", number));
            tcp.snd(&here, ("n", number));
        }
        for number in 0..50 {
            let expected = format!(r#"["n",{number}]"#);
            assert_eq!((here.next().await, there.next().await), (expected.clone(), expected));
        }
        talk(&quic, &mut there, 50..60).await;
        talk(&tcp, &mut here, 50..60).await;
        assert!(died.iter_mut().all(Death::is_waiting), "round {round}");
        for mut ups in ups {
            assert!(ups.recv().await.is_some_and(|event| event.is_up()));
            assert!(ups.try_recv().is_err(), "round {round}: up once, and never down");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_nodes_hear_nothing_of_quic() {
    let a = start(both("a")).await;
    let b = start(both("b").seed(by_quic(&a))).await;
    soon("to join", b.joined()).await.unwrap();
    until("the other's addresses to be known", || a.known_nodes().len() == 1).await;
    let mut peer = RawPeer::log_in_with(&a, "raw", ";provider=AE-1.30").await;
    let ask = "AnyEvent::MP::_spawn";
    peer.packet(json!(["", ask, "r.1", "AnyEvent::MP::Global::connect", 0, "raw"])).await;
    peer.packet(json!(["r.1", "seedme1"])).await;
    peer.packet(json!(["r.1", "find", "b"])).await;
    // The answer to this comes after everything that was asked for.
    peer.packet(json!(["", "snd", "raw#sync", "done"])).await;
    let heard = peer.heard_until("[\"sync\",\"done\"]").await;
    for address in [by_tcp(&a), by_tcp(&b)] {
        assert!(heard.contains(&address), "{heard}");
    }
    assert!(!heard.contains("quic"), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_count_over_quic_and_can_change() {
    let certificates = || Certificates::from_pem(&generate_certificate("mesh").unwrap()).unwrap();
    let (old, new) = (certificates(), certificates());
    let config = |id: &str, certificates: &Certificates| {
        Config::new().nodeid(id).quic().certificates(certificates.clone())
    };
    let a = start(config("a", &old).bind("quic:127.0.0.1:0")).await;
    let b = start(config("b", &old).seed(by_quic(&a))).await;
    soon("a connection", a.wait_up("b")).await;
    let protection = a.protection("b").unwrap();
    assert!(protection.has_certificate(), "{protection}");
    a.reload_security(&config("a", &new)).unwrap();
    let c = start(config("c", &new).seed(by_quic(&a))).await;
    soon("a connection", c.wait_up("a")).await;
    assert!(c.protection("a").unwrap().has_certificate());
    talk(&b, &mut sink(&a), 0..10).await;
}

#[tokio::test]
async fn settings_without_their_transport_are_named() {
    let error = async |config| Node::configure(config).await.unwrap_err().to_string();
    let text = error(plain("a").bind("quic:127.0.0.1:0")).await;
    let wrong = "bind: no transport for quic:127.0.0.1:0: none is named \"quic\"; \
                 set Config::quic (feature quic)";
    assert_eq!(text, wrong);
    let text = error(plain("a").prefer(["quic"])).await;
    assert!(text.starts_with("prefer: no transport is named \"quic\"; set Config::quic"), "{text}");
    let text = error(plain("a").quic().prefer(["quick"])).await;
    assert!(text.contains("\"quick\"; add one with Config::transport"), "{text}");
    assert!(error(plain("a").quic().bind("quic:x")).await.starts_with("bind: no port in"));
}
