//! Relayed messages that make no sense, or come out of their order, harm nothing.
//!
//! A raw peer is the hub here, and says in another node's name what it likes.

use crate::support::{Bystander, RawPeer, config, log, soon, tcp_node};
use aemp_actor::Node;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde_json::{Value as Json, json};

const FUNCTION: &str = "aemp::relay";

/// A letter from node `ghost`, as the hub passes it on.
async fn letter(hub: &mut RawPeer, connection: &str, rest: Json) {
    let mut packet = vec![json!(""), json!(FUNCTION), json!("ghost"), json!(connection)];
    packet.extend(rest.as_array().unwrap().iter().cloned());
    hub.packet(Json::Array(packet)).await;
}

/// The next letter to node `ghost`: connection, kind, number and what stands behind it.
async fn answer(hub: &mut RawPeer) -> (String, String, u64, Json) {
    let packet = hub.next().await;
    let parts = packet.as_array().unwrap();
    assert_eq!(parts[..4], [json!(""), json!("snd"), json!("ghost"), json!(FUNCTION)], "{packet}");
    let text = |index: usize| parts[index].as_str().unwrap().to_owned();
    (text(5), text(6), parts[7].as_u64().unwrap(), parts.get(8).cloned().unwrap_or_default())
}

async fn expect_close(hub: &mut RawPeer, connection: &str, text: &str) {
    loop {
        let (name, kind, _, what) = answer(hub).await;
        if name == connection && kind == "close" {
            assert!(what.as_str().unwrap().contains(text), "{what} has no {text}");
            return;
        }
    }
}

async fn node_and_hub() -> (Node, RawPeer, Bystander) {
    log::start();
    let node = tcp_node("node").await;
    let hub = RawPeer::log_in(&node, "hub").await;
    let bystander = Bystander::new(&node).await;
    (node, hub, bystander)
}

/// Opens a connection, which the node greets.
async fn open(hub: &mut RawPeer, connection: &str) {
    letter(hub, connection, json!(["open", 0, 1_000_000])).await;
    let (name, kind, seq, window) = answer(hub).await;
    assert_eq!((&*name, &*kind, seq), (connection, "accept", 0));
    assert!(window.as_u64().unwrap() > 0);
    let (name, kind, seq, greeting) = answer(hub).await;
    assert_eq!((&*name, &*kind, seq), (connection, "data", 1));
    let greeting = BASE64.decode(greeting.as_str().unwrap()).unwrap();
    assert!(greeting.starts_with(b"aemp;1;node;"), "{greeting:?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_logged() {
    let (_node, mut hub, mut bystander) = node_and_hub().await;
    for (packet, problem) in [
        (json!(["", FUNCTION]), "the sender is missing"),
        (json!(["", FUNCTION, ["ghost"]]), "the sender is missing, or no string"),
        (json!(["", FUNCTION, "no node!", "c", "end", 0]), "the sender is not a node ID"),
        (json!(["", FUNCTION, "ghost"]), "the connection is missing"),
        (json!(["", FUNCTION, "ghost", {}, "end", 0]), "the connection is missing, or no string"),
        (json!(["", FUNCTION, "ghost", "", "end", 0]), "the connection has no name"),
        (json!(["", FUNCTION, "ghost", "c"]), "the kind is missing"),
        (json!(["", FUNCTION, "ghost", "c", null, 0]), "the kind is missing, or no string"),
        (json!(["", FUNCTION, "ghost", "c", "sing", 0]), "unknown kind"),
        (json!(["", FUNCTION, "ghost", "c", "end", -1]), "the number is missing, or none"),
        (json!(["", FUNCTION, "ghost", "c", "open", 0, "wide"]), "window or total"),
        (json!(["", FUNCTION, "ghost", "c", "data", 0, "\u{20ac}"]), "no base64"),
        (json!(["", FUNCTION, "hub", "c", "open", 0, 1]), "other than the hub"),
        (json!(["", FUNCTION, "node", "c", "open", 0, 1]), "other than the hub"),
        (json!(["", "snd", "x", FUNCTION, "ghost", "c", "end", 0]), "in the name of another"),
        (json!(["", "snd", "x", FUNCTION, "hub"]), "the connection is missing"),
    ] {
        hub.packet(packet).await;
        log::expect(&["WARN", "request of node hub", problem]).await;
    }
    hub.nothing_more().await;
    bystander.is_fine().await;
}

#[tokio::test]
async fn unknown_connections_are_closed() {
    let (_node, mut hub, mut bystander) = node_and_hub().await;
    for rest in [json!(["data", 0, ""]), json!(["end", 7]), json!(["open", 1, 10])] {
        letter(&mut hub, "unknown", rest).await;
        expect_close(&mut hub, "unknown", "not known").await;
    }
    letter(&mut hub, "unknown", json!(["close", 3, "why not"])).await;
    hub.nothing_more().await;
    // A hub of ours answers for nodes that are not connected.
    hub.packet(json!(["", "snd", "gone", FUNCTION, "hub", "c", "open", 0, 1])).await;
    let expected = json!([
        "",
        FUNCTION,
        "gone",
        "c",
        "close",
        0,
        "node gone is not connected to the hub node",
        "unknown"
    ]);
    assert_eq!(hub.next().await, expected);
    hub.packet(json!(["", "snd", "gone", FUNCTION, "hub", "c", "close", 1, ""])).await;
    hub.nothing_more().await;
    bystander.is_fine().await;
}

#[tokio::test]
async fn a_message_out_of_its_place_ends_the_connection() {
    let (_node, mut hub, mut bystander) = node_and_hub().await;
    for (index, (rest, text)) in [
        (json!(["data", 2, "aG9sZQ"]), "message 1 of the relayed connection is missing"),
        (json!(["open", 0, 10]), "message 1 of the relayed connection is missing"),
        (json!(["open", 1, 10]), "out of its place"),
        (json!(["accept", 1, 10]), "out of its place"),
        (json!(["ack", 1, 1_000_000]), "out of its place"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("c{index}");
        open(&mut hub, &name).await;
        letter(&mut hub, &name, rest).await;
        expect_close(&mut hub, &name, text).await;
        letter(&mut hub, &name, json!(["data", 1, "bGF0ZQ"])).await;
        expect_close(&mut hub, &name, "not known").await;
    }
    log::expect(&["WARN", "connection to node ghost relayed by hub is given up"]).await;
    hub.nothing_more().await;
    bystander.is_fine().await;
}

#[tokio::test]
async fn more_bytes_than_the_window_holds_end_the_connection() {
    let (_node, mut hub, mut bystander) = node_and_hub().await;
    open(&mut hub, "wide").await;
    letter(&mut hub, "wide", json!(["data", 1, BASE64.encode(vec![b'x'; (256 << 10) + 1])])).await;
    expect_close(&mut hub, "wide", "more bytes came than the window").await;
    hub.nothing_more().await;
    bystander.is_fine().await;
}

#[tokio::test]
async fn unfinished_handshakes_are_bounded_by_node() {
    log::start();
    let node = Node::configure(config("node").max_handshakes_per_address(2)).await.unwrap();
    let mut hub = RawPeer::log_in(&node, "hub").await;
    open(&mut hub, "one").await;
    open(&mut hub, "two").await;
    letter(&mut hub, "three", json!(["open", 0, 10])).await;
    // The third is refused, unless the first is so old by now that it makes room.
    loop {
        let (name, kind, ..) = answer(&mut hub).await;
        if kind == "close" {
            assert!(name == "three" || name == "one", "{name}");
            break;
        }
    }
    letter(&mut hub, "one", json!(["close", 1, ""])).await;
    letter(&mut hub, "three", json!(["close", 1, ""])).await;
    loop {
        // Its end is noticed by the task that greets.
        letter(&mut hub, "four", json!(["open", 0, 10])).await;
        if answer(&mut hub).await.1 == "accept" {
            break;
        }
    }
    soon("the end", node.shutdown(std::time::Duration::from_secs(10))).await;
}

/// A stranger behind the hub has to prove itself as anybody else.
#[tokio::test]
async fn who_does_not_know_the_secret_is_refused() {
    let (node, mut hub, mut bystander) = node_and_hub().await;
    open(&mut hub, "stranger").await;
    let lines = "aemp;1;ghost;hmac_md6_64_256;json\nnonce\ncleartext;00;json\n";
    letter(&mut hub, "stranger", json!(["data", 1, BASE64.encode(lines)])).await;
    log::expect(&["WARN", "connection from relay:hub>ghost refused"]).await;
    assert!(!node.node_is_up("ghost"));
    loop {
        let (_, kind, ..) = answer(&mut hub).await;
        if kind == "close" {
            break;
        }
    }
    bystander.is_fine().await;
}
