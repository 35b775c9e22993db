//! Peers that have proved themselves and then send what makes no sense: a packet that cannot be
//! read ends their connection, with the reason in the log and in the monitors; a message that
//! cannot be understood is logged or kills the closure port it was for. Nobody else notices.

use std::time::Duration;

use crate::support::{Bystander, RawPeer, config, death, log, sink};
use aemp_actor::Limits;
use aemp_actor::prelude::*;
use serde_json::json;

/// A node whose peers misbehave.
struct Victim {
    node: Node,
    bystander: Bystander,
}

impl Victim {
    async fn new(config: Config) -> Self {
        log::start();
        let node = Node::configure(config).await.unwrap();
        let bystander = Bystander::new(&node).await;
        Self { node, bystander }
    }

    /// A peer that sends this loses its connection, and the monitors of its ports say why.
    async fn drops(&mut self, bytes: &[u8], text: &str) {
        let (mut peer, died) = self.peer().await;
        peer.send_blindly(bytes).await;
        self.is_dropped(peer, died, text).await;
    }

    async fn peer(&mut self) -> (RawPeer, crate::support::Death) {
        let mut peer = RawPeer::log_in(&self.node, "bad").await;
        let died = death(&self.node, "bad#p");
        assert_eq!(peer.next().await, json!(["", "mon1", "p"]));
        (peer, died)
    }

    async fn is_dropped(&mut self, mut peer: RawPeer, died: crate::support::Death, text: &str) {
        peer.closed().await;
        let reason = died.reason().await;
        assert_eq!(reason.kind(), "transport_error");
        for part in ["connection to node bad", text] {
            assert!(reason.text().contains(part), "{reason}, expected {part:?}");
        }
        log::expect(&["node bad is down", text]).await;
        crate::support::until("the node to be down", || !self.node.node_is_up("bad")).await;
        self.bystander.is_fine().await;
    }
}

#[tokio::test]
async fn malformed_json() {
    let mut victim = Victim::new(config("victim")).await;
    for (bytes, text) in [
        (&b"{\"a\":1}"[..], "expected a JSON array, found '{'"),
        (b"hello", "expected a JSON array, found 'h'"),
        (b"[\"p\",1]]", "expected a JSON array, found ']'"),
        (b"[\"p\",{\"a\":1]", "malformed JSON: '{' closed by ']'"),
        (b"[\"p\",]", "malformed JSON"),
        (b"[\"p\" 1]", "malformed JSON"),
        (b"[\"p\",tru]", "malformed JSON"),
        (b"[\"p\",01]", "malformed JSON"),
        (b"[\"p\",\"\\x\"]", "malformed JSON"),
        (b"[\"p\",{1:2}]", "malformed JSON"),
        (b"[\"p\",\"\xff\"]", "not valid UTF-8"),
        (b"[[\"p\"],1]", "does not start with a port name"),
        (b"[null]", "does not start with a port name"),
        (b"GET / HTTP/1.1\r\n\r\n", "expected a JSON array, found 'G'"),
    ] {
        victim.drops(bytes, text).await;
    }
}

/// One value that JSON does not have is no reason to lose the connection of a node.
#[tokio::test]
async fn numbers_and_characters_of_perl_are_read() {
    let mut victim = Victim::new(config("victim")).await;
    let (mut peer, mut died) = victim.peer().await;
    let port = victim.node.port_fn(|ctx, msg: Message| {
        let (back, number, text): (PortId, f64, String) = msg.args().unwrap();
        ctx.snd(&back, (number.is_nan(), number == f64::NEG_INFINITY, text));
    });
    let name = port.id().port().to_owned();
    peer.send(&format!("[\"{name}\",\"t\",\"bad#x\",NaN,\"a\\ud800b\"]")).await;
    assert_eq!(peer.next().await, json!(["x", true, false, "a\u{fffd}b"]));
    peer.send(&format!("[\"{name}\",\"t\",\"bad#x\",-Inf,\"\"]")).await;
    assert_eq!(peer.next().await, json!(["x", false, true, ""]));
    peer.send_bytes(b"[\"none\",\"a\xed\xa0\x80b\"]").await;
    peer.nothing_more().await;
    assert!(died.is_waiting());
    victim.bystander.is_fine().await;
}

#[tokio::test]
async fn what_came_before_a_malformed_packet_counts() {
    let mut victim = Victim::new(config("victim")).await;
    let mut port = sink(&victim.node);
    let packets = format!(r#"["{0}",1]["{0}",2][oops]["{0}",3]"#, port.id.port());
    victim.drops(packets.as_bytes(), "malformed JSON").await;
    assert_eq!(port.next().await, "[1]");
    assert_eq!(port.next().await, "[2]");
    victim.node.snd(&port, ("last",));
    assert_eq!(port.next().await, r#"["last"]"#);
}

#[tokio::test]
async fn packets_that_are_too_large_or_too_deep() {
    let limits = Limits { max_packet: 1000, max_depth: 10 };
    let mut victim = Victim::new(config("victim").limits(limits)).await;
    let large = format!(r#"["p","{}"]"#, "x".repeat(1000));
    victim.drops(large.as_bytes(), "longer than 1000 bytes (max_packet)").await;
    let endless = format!(r#"["p","{}"#, "x".repeat(100_000));
    victim.drops(endless.as_bytes(), "longer than 1000 bytes (max_packet)").await;
    let deep = format!(r#"["p",{}{}]"#, "[".repeat(10), "]".repeat(10));
    victim.drops(deep.as_bytes(), "nested deeper than 10 levels (max_depth)").await;
    let deep = format!(r#"["p",{}"#, r#"{"a":"#.repeat(10));
    victim.drops(deep.as_bytes(), "nested deeper than 10 levels (max_depth)").await;
    let mut port = sink(&victim.node);
    let mut peer = RawPeer::log_in(&victim.node, "bad").await;
    let fits = format!(r#"["{}",{}{}]"#, port.id.port(), "[".repeat(9), "]".repeat(9));
    peer.send(&fits).await;
    assert_eq!(port.next().await, fits.replace(&format!("\"{}\",", port.id.port()), ""));
}

#[tokio::test]
async fn the_default_limits() {
    let mut victim = Victim::new(config("victim")).await;
    let deep = format!(r#"["p",{}"#, "[".repeat(1_000_000));
    victim.drops(deep.as_bytes(), "nested deeper than 128 levels (max_depth)").await;
}

#[tokio::test]
async fn connections_that_end() {
    let mut victim = Victim::new(config("victim")).await;
    for (said, text) in [
        ("", "connection closed by the peer"),
        ("[]", "connection closed by the peer"),
        (r#"["p","half"#, "connection closed in the middle of a packet"),
        ("[", "connection closed in the middle of a packet"),
        (r#"["p",1]["#, "connection closed in the middle of a packet"),
    ] {
        // Only the sending half is ended: the other stays open until the node ends it.
        let (mut peer, died) = victim.peer().await;
        peer.send(said).await;
        peer.end().await;
        victim.is_dropped(peer, died, text).await;
    }
    let (peer, died) = victim.peer().await;
    drop(peer);
    assert_eq!(died.reason().await.kind(), "transport_error");
    victim.bystander.is_fine().await;
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_given_up() {
    log::start();
    let node = Node::configure(config("alert").monitor_timeout(Duration::from_secs(2))).await;
    let node = node.unwrap();
    let mut silent = RawPeer::log_in(&node, "silent").await;
    let reason = death(&node, "silent#p").reason().await;
    assert_eq!(reason.kind(), "transport_error");
    let text = "connection to node silent: no sign of life from the peer for";
    assert!(reason.text().starts_with(text), "{reason}");
    log::expect(&["node silent is down", text]).await;
    silent.closed().await;
}

#[tokio::test]
async fn a_peer_that_answers_heartbeats_stays() {
    log::start();
    let node = Node::configure(config("alert").monitor_timeout(Duration::from_secs(2))).await;
    let node = node.unwrap();
    let mut lively = RawPeer::log_in(&node, "lively").await;
    let mut died = death(&node, "lively");
    assert_eq!(lively.next().await, json!(["", "mon1", ""]));
    // It says nothing of its own accord for longer than any timeout.
    node.after(Duration::from_millis(5000), "lively#p", ("now",));
    assert_eq!(lively.next().await, json!(["p", "now"]));
    assert!(died.is_waiting());
}

#[tokio::test]
async fn packets_for_ports_that_do_not_exist() {
    let mut victim = Victim::new(config("victim")).await;
    let (mut peer, mut died) = victim.peer().await;
    for packet in
        [json!(["nonesuch", 1]), json!(["no such\nport", "tag"]), json!([17]), json!(["#"])]
    {
        peer.packet(packet).await;
    }
    peer.nothing_more().await;
    assert_eq!(victim.node.dropped().unknown_port, 4);
    log::expect(&["DEBUG", "to victim#nonesuch is lost", "no such port"]).await;
    assert!(died.is_waiting());
    victim.bystander.is_fine().await;
}

#[tokio::test]
async fn messages_of_the_wrong_shape_kill_their_closure_port_only() {
    let mut victim = Victim::new(config("victim")).await;
    let (mut peer, mut died) = victim.peer().await;
    for (message, texts) in [
        (json!(["add", [1]]), ["\"add\"", "argument 1"]),
        (json!(["add", "one"]), ["\"add\"", "argument 1"]),
        (json!(["add", 4_294_967_296_u64]), ["\"add\"", "argument 1"]),
        (json!(["add"]), ["\"add\"", "argument 1 is missing"]),
        (json!(["sub", 1]), ["\"sub\"", "unknown tag, expected one of add"]),
        (json!([]), ["\"\"", "it is empty, expected one of add"]),
        (json!([{"tag": "add"}]), ["\"\"", "its first element is no tag"]),
    ] {
        let port = victim.node.port(FnPort::default());
        port.rcv("add", |_, (_,): (u32,)| {}).unwrap();
        let port_died = death(&victim.node, &port);
        let mut packet = message;
        packet.as_array_mut().unwrap().insert(0, port.id().port().into());
        peer.packet(packet).await;
        let reason = port_died.reason().await;
        assert_eq!(reason.kind(), "die");
        for text in texts {
            assert!(reason.text().contains(text), "{reason}, expected {text:?}");
        }
        victim.bystander.is_fine().await;
    }
    assert!(died.is_waiting());
    peer.nothing_more().await;
}

#[tokio::test]
async fn requests_of_the_wrong_shape_are_logged() {
    let mut victim = Victim::new(config("victim")).await;
    let (mut peer, mut died) = victim.peer().await;
    for (request, text) in [
        (json!(["mon1"]), "the port name is missing"),
        (json!(["mon1", ["p"]]), "the port name is missing, or no string"),
        (json!(["mon0", {}]), "the port name is missing, or no string"),
        (json!(["kil0", null]), "the port name is missing, or no string"),
        (json!(["kil", true]), "the port name is missing, or no string"),
        (json!(["snd"]), "the destination is missing"),
        (json!(["snd", [], 1]), "the destination is missing, or no string"),
        (json!(["snd_multiple", ["bad#x"], "y"]), "an element is no list"),
        (json!(["snd_multiple", []]), "the destination is missing"),
        (json!(["info", null]), "the destination is missing, or no string"),
        (json!(["nothing", "like", "this"]), "unknown request"),
        (json!(["Nothing::like", "this"]), "no function of that name"),
    ] {
        let mut packet = request.clone();
        packet.as_array_mut().unwrap().insert(0, "".into());
        peer.packet(packet).await;
        let line = log::expect(&["WARN", "request of node bad", &request.to_string()]).await;
        assert!(line.contains(text), "{line}, expected {text:?}");
    }
    peer.packet(json!(["", "snd", "no node#x", 1])).await;
    log::expect(&["WARN", "no node#x", "no legal node ID"]).await;
    assert_eq!(peer.next().await, json!(["x"]), "of the snd_multiple that was half right");
    peer.nothing_more().await;
    assert!(died.is_waiting());
    victim.bystander.is_fine().await;
}
