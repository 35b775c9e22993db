//! What the node port understands, asked by a bare socket.

use crate::support::{RawPeer, death, log, sink, soon, tcp_node};
use aemp_actor::introspection::PortQuery;
use aemp_actor::prelude::*;
use serde_json::{Value as Json, json};

async fn node_and_peer(id: &str, peer: &str) -> (Node, RawPeer) {
    log::start();
    let node = tcp_node(id).await;
    let peer = RawPeer::log_in(&node, peer).await;
    (node, peer)
}

/// The name of the port of an ID.
fn name(port: impl Into<PortId>) -> String {
    port.into().port().to_owned()
}

/// Asserts that `answer` says that the port ended with this kind, and some text.
fn assert_kil0(answer: &Json, port: &str, kind: &str) {
    assert!(answer[4].is_string(), "{answer}");
    assert_eq!(*answer, json!(["", "kil0", port, kind, answer[4]]));
}

#[tokio::test]
async fn mon1_tells_of_the_end_with_and_without_reason() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    for (kil, kil0) in [
        (Reason::normal(), json!(["", "kil0", "PORT"])),
        (Reason::from("done"), json!(["", "kil0", "PORT", "done"])),
        (
            ("my_error", "bye", 7, [1.5]).into(),
            json!(["", "kil0", "PORT", "my_error", "bye", 7, [1.5]]),
        ),
    ] {
        let port = sink(&node);
        peer.packet(json!(["", "mon1", name(&port)])).await;
        peer.nothing_more().await;
        node.kil(&port, kil);
        let mut expected = kil0;
        expected[2] = name(&port).into();
        assert_eq!(peer.next().await, expected);
    }
    peer.nothing_more().await;
}

#[tokio::test]
async fn mon1_of_a_port_that_does_not_exist_is_answered_at_once() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    peer.packet(json!(["", "mon1", "nonesuch"])).await;
    assert_kil0(&peer.next().await, "nonesuch", "no_such_port");
    let dead = sink(&node);
    let died = death(&node, &dead);
    node.kil(&dead, "gone");
    died.reason().await;
    peer.packet(json!(["", "mon1", name(&dead)])).await;
    assert_kil0(&peer.next().await, &name(&dead), "no_such_port");
}

#[tokio::test]
async fn mon0_ends_mon1_however_often_it_was_said() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let (watched, ignored) = (sink(&node), sink(&node));
    for _ in 0..3 {
        peer.packet(json!(["", "mon1", name(&watched)])).await;
        peer.packet(json!(["", "mon1", name(&ignored)])).await;
    }
    peer.packet(json!(["", "mon0", name(&ignored)])).await;
    peer.packet(json!(["", "mon0", "nonesuch"])).await;
    peer.nothing_more().await;
    for (port, watchers) in [(&watched, 1), (&ignored, 0)] {
        let query = PortQuery::new().pattern(name(port));
        let page = node.introspect(&node).ports(query).await.unwrap();
        assert_eq!(page.ports[0].watchers, watchers, "one for the node, however often it asks");
    }
    let died = death(&node, &ignored);
    node.kil(&ignored, "gone");
    died.reason().await;
    node.kil(&watched, "gone");
    assert_eq!(peer.next().await, json!(["", "kil0", name(&watched), "gone"]));
    peer.nothing_more().await;
}

#[tokio::test]
async fn kil0_fires_our_monitors() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let (one, two) = (death(&node, "raw#p"), death(&node, "raw#p"));
    let mut other = death(&node, "raw#q");
    assert_eq!(peer.next().await, json!(["", "mon1", "p"]), "asked once for two monitors");
    assert_eq!(peer.next().await, json!(["", "mon1", "q"]));
    peer.packet(json!(["", "kil0", "p", "my_error", "bye"])).await;
    assert_eq!(one.text().await, "my_error: bye");
    assert_eq!(two.text().await, "my_error: bye");
    peer.packet(json!(["", "kil0", "p", "again"])).await;
    peer.packet(json!(["", "kil0", "unwatched"])).await;
    peer.nothing_more().await;
    assert!(other.is_waiting());
    peer.packet(json!(["", "kil0", "q"])).await;
    assert!(other.reason().await.is_normal());
}

#[tokio::test]
async fn a_monitor_taken_back_is_mon0() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let tokens = [node.mon("raw#p", |_| {}), node.mon("raw#p", |_| {})];
    assert_eq!(peer.next().await, json!(["", "mon1", "p"]));
    tokens[0].cancel();
    peer.nothing_more().await;
    tokens[1].cancel();
    assert_eq!(peer.next().await, json!(["", "mon0", "p"]));
    tokens[1].cancel();
    drop(node.mon("raw#p", |_| {}).guard());
    assert_eq!(peer.next().await, json!(["", "mon1", "p"]));
    assert_eq!(peer.next().await, json!(["", "mon0", "p"]));
    peer.nothing_more().await;
}

/// What is sent on is not decoded: that concerns its receiver.
#[tokio::test]
async fn what_is_sent_on_is_not_looked_into() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let port = node.port_fn(|ctx, msg: Message| {
        ctx.snd("raw#x", (msg.tag(), msg.arg::<u8>(0).unwrap()));
    });
    // No value can hold the last number.
    let to = port.id();
    peer.send(&format!("[\"\",\"snd\",\"{to}\",\"t\",7,1e999]")).await;
    assert_eq!(peer.next().await, json!(["x", "t", 7]));
    peer.send(&format!("[\"\",\"snd_multiple\",[\"{to}\",\"m\",8,1e999]]")).await;
    assert_eq!(peer.next().await, json!(["x", "m", 8]));
    peer.send(&format!("[\"\",\"time\",\"{to}\",\"q\",9,1e999]")).await;
    assert_eq!(peer.next().await, json!(["x", "q", 9]));
    peer.nothing_more().await;
}

/// A reason may have many watchers, and is remembered: its length is bounded.
#[tokio::test]
async fn a_long_reason_is_cut() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let port = sink(&node);
    let died = death(&node, &port);
    peer.packet(json!(["", "kil", name(&port), "my_error", vec![0; 100_000]])).await;
    let reason = died.reason().await;
    assert_eq!(reason.kind(), "my_error");
    assert!(reason.text().contains("bytes was left out"), "{reason}");
}

#[tokio::test]
async fn kil_comes_in_order_with_messages() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let mut port = sink(&node);
    let died = death(&node, &port);
    let to = name(&port);
    peer.send(&format!(r#"["{to}",1]["","snd","{}",2]["","kil","{to}","e","t"]"#, port.id)).await;
    peer.packet(json!([to, 3])).await;
    assert_eq!(port.next().await, "[1]");
    assert_eq!(port.next().await, "[2]");
    assert_eq!(died.text().await, "e: t");
    let normal = sink(&node);
    let died = death(&node, &normal);
    peer.packet(json!(["", "kil", name(&normal)])).await;
    assert!(died.reason().await.is_normal());
    peer.packet(json!(["", "kil", "nonesuch", "x"])).await;
    peer.packet(json!(["", "kil", ""])).await;
    log::expect(&["WARN", "node raw", "a node port cannot be killed"]).await;
    peer.nothing_more().await;
}

#[tokio::test]
async fn snd_and_snd_multiple_relay() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let mut port = sink(&node);
    peer.packet(json!(["", "snd", "raw", ""])).await;
    assert_eq!(peer.next().await, json!(["", ""]), "the heartbeat");
    peer.packet(json!(["", "snd", "raw#echo", "a", {"b": [null]}])).await;
    assert_eq!(peer.next().await, json!(["echo", "a", {"b": [null]}]));
    let id = port.id.to_string();
    peer.packet(json!(["", "snd_multiple", [id, 1], ["raw#m", 2], [id], [id, [3]]])).await;
    assert_eq!(peer.next().await, json!(["m", 2]));
    assert_eq!(port.next().await, "[1]");
    assert_eq!(port.next().await, "[]");
    assert_eq!(port.next().await, "[[3]]");
    peer.packet(json!(["", "snd_multiple"])).await;
    peer.nothing_more().await;
}

#[tokio::test]
async fn info_time_and_the_lists_of_nodes() {
    let (_node, mut peer) = node_and_peer("alpha", "raw").await;
    peer.packet(json!(["", "info", "raw#i", "x", 1])).await;
    assert_eq!(peer.next().await, json!(["i", "x", 1, "alpha"]));
    peer.packet(json!(["", "info", "raw#i"])).await;
    assert_eq!(peer.next().await, json!(["i", "alpha"]));
    peer.packet(json!(["", "known_nodes", "raw#n", "x"])).await;
    assert_eq!(peer.next().await, json!(["n", "x", "alpha", "raw"]));
    peer.packet(json!(["", "up_nodes", "raw#n", "x"])).await;
    assert_eq!(peer.next().await, json!(["n", "x", "raw"]), "those that it is connected to");
    peer.packet(json!(["", "time", "raw#t"])).await;
    let answer = peer.next().await;
    assert!(answer[1].is_f64(), "{answer}");
}

#[tokio::test]
async fn eval_runs_nothing_and_says_so() {
    let (_node, mut peer) = node_and_peer("alpha", "raw").await;
    peer.packet(json!(["", "eval", "1 + 1", "raw#e", "x"])).await;
    let answer = peer.next().await;
    assert_eq!(answer, json!(["e", "x", "eval is not supported by this node"]));
    peer.packet(json!(["", "eval", "exit"])).await;
    log::expect(&["WARN", "node raw", "eval is not supported"]).await;
    peer.nothing_more().await;
}

#[tokio::test]
async fn nothing_is_done_for_nothing() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    for packet in ["[]", r#"[""]"#, r#"["",""]"#, r#"["","",1]"#, r#"["","devnull",1,[2]]"#] {
        peer.send(packet).await;
    }
    for packet in [r#"["",null,1]"#, r#"["",[],1]"#, r#"["",{},1]"#, r#"["",true]"#] {
        peer.send(packet).await;
    }
    peer.nothing_more().await;
    assert_eq!(node.up_nodes(), ["raw"]);
}

#[tokio::test]
async fn registered_functions_are_called_by_name() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let fresh = node.register("Requests::add", |call| {
        assert_eq!(call.from, Some(NodeId::from("raw")));
        let (a, b, to): (i64, i64, PortId) = call.message.args().unwrap();
        call.node.snd(to, ("sum", a + b));
    });
    assert!(fresh);
    peer.packet(json!(["", "Requests::add", 40, "2", "raw#s"])).await;
    assert_eq!(peer.next().await, json!(["s", "sum", 42]));
    peer.packet(json!(["", "Requests::add", "x"])).await;
    log::expect(&["ERROR", "function Requests::add panicked", "argument 1"]).await;
    assert!(!node.register("Requests::add", |call| call.node.snd("raw#s", ("other",))));
    peer.packet(json!(["", "Requests::add"])).await;
    assert_eq!(peer.next().await, json!(["s", "other"]));
}

#[tokio::test]
async fn unknown_requests_are_logged() {
    let (_node, mut peer) = node_and_peer("alpha", "stranger").await;
    peer.packet(json!(["", "Nonesuch::here", 1])).await;
    let line = log::expect(&["node stranger", "Nonesuch::here"]).await;
    assert!(line.starts_with("WARN"), "{line}");
    assert!(line.contains("no function of that name is registered here"), "{line}");
    peer.packet(json!(["", "nonesense", 1])).await;
    log::expect(&["WARN", "node stranger", "unknown request", "nonesense"]).await;
    peer.nothing_more().await;
}

#[tokio::test]
async fn numbers_and_strings_are_as_good_as_each_other() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let died = death(&node, "raw#17");
    assert_eq!(peer.next().await, json!(["", "mon1", "17"]));
    peer.packet(json!(["", "kil0", 17, "e", 5])).await;
    assert_eq!(died.text().await, "e: 5");
    peer.packet(json!(["", "mon1", 18])).await;
    assert_kil0(&peer.next().await, "18", "no_such_port");

    let port = node.port_fn(|_, _| {});
    port.rcv("add", |ctx, (a, b, text, to): (u32, f64, String, PortId)| {
        ctx.snd(to, (f64::from(a) + b, text));
    })
    .unwrap();
    peer.packet(json!([name(&port), "add", "40", "2.5", 7, "raw#sum"])).await;
    assert_eq!(peer.next().await, json!(["sum", 42.5, "7"]));
    port.rcv("7", |ctx, (flag, to): (bool, PortId)| ctx.snd(to, (flag,))).unwrap();
    peer.packet(json!([name(&port), 7, 1, "raw#flag"])).await;
    assert_eq!(peer.next().await, json!(["flag", true]));
    peer.packet(json!([name(&port), "7", "0", "raw#flag"])).await;
    assert_eq!(peer.next().await, json!(["flag", false]));
}

#[tokio::test]
async fn byte_strings_and_nested_data_pass_through() {
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let bytes = node.port_fn(|_, _| {});
    bytes
        .rcv("turn", |ctx, (to, bytes, data): (PortId, bytes::Bytes, Value)| {
            let turned: Vec<u8> = bytes.iter().rev().copied().collect();
            ctx.snd(to, (bytes::Bytes::from(turned), data));
        })
        .unwrap();
    let text: String = (0..=255_u8).map(char::from).collect();
    let turned: String = (0..=255_u8).rev().map(char::from).collect();
    let data = json!({"list": [1, -2, 2.5, null, true, [[]], {}], "text": "ü😀", "": text});
    peer.packet(json!([name(&bytes), "turn", "raw#o", text, data])).await;
    assert_eq!(peer.next().await, json!(["o", turned, data]));
}

/// Nothing is dropped in silence, and nobody fills the log.
#[tokio::test]
async fn what_a_node_port_does_not_understand_is_counted_and_logged_now_and_then() {
    log::start();
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    for n in 0..100 {
        peer.packet(json!(["", "nonsense of the talkative", n])).await;
    }
    peer.nothing_more().await;
    node.snd(&node, ("nonsense of its own",));
    assert_eq!(node.dropped().bad_message, 101);
    let lines = |text: &str| log::all().iter().filter(|line| line.contains(text)).count();
    assert_eq!((lines("nonsense of the talkative"), lines("nonsense of its own")), (20, 1));
}

/// The reader of a connection gives others their turn, however much there is to read.
#[tokio::test]
async fn who_sends_without_a_pause_keeps_nobody_waiting() {
    const COUNT: u64 = 20_000;
    let (node, mut peer) = node_and_peer("alpha", "raw").await;
    let port = node.port_fn(|_, _| ()).id();
    let packet = json!([port.port(), "word"]).to_string();
    let read = || node.peer("raw").unwrap().connection.unwrap().traffic.packets_in;
    let first = read();
    let sending = tokio::spawn(async move {
        peer.send(&packet.repeat(COUNT as usize)).await;
        peer
    });
    let mut before = first;
    soon("all packets", async {
        while before < first + COUNT {
            tokio::task::yield_now().await;
            let now = read();
            assert!(now - before < COUNT / 4, "{} packets in one turn", now - before);
            before = now;
        }
    })
    .await;
    drop(sending.await.unwrap());
}
