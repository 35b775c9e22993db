//! Data connections with peers that are not as they should be: a bare socket asks, and is asked.

use std::time::Duration;

use crate::support::{
    Bystander, HEX_SECRET, PATIENCE, RawListener, RawPeer, SECRET, config, log, soon,
};
use aemp_actor::prelude::*;
use aemp_actor::{DataConn, DataConnError};
use serde_json::{Value as Json, json};
use tokio::io::AsyncWriteExt;

const EXPECT: &str = "AnyEvent::MP::DataConn::_expect";
const CONNECT: &str = "AnyEvent::MP::DataConn::_connect";

/// A node with a function that sends back what it is sent, after a hello.
async fn host(config: Config) -> Node {
    log::start();
    let node = Node::configure(config).await.unwrap();
    node.on_connect("Test::echo", async |mut conn: DataConn, (): ()| {
        conn.write_all(b"hello\n").await?;
        let (mut reader, mut writer) = conn.into_split();
        tokio::io::copy(&mut reader, &mut writer).await?;
        Ok(())
    });
    node
}

/// What a data connection says before it is one.
fn greeting(id: &str, data_id: &str) -> String {
    format!("aemp-dataconn;1;{id};hmac_md6_64_256;json;dataconn_id={data_id}\nnonce-{data_id}\n")
}

/// Opens one, and has something echoed that follows the handshake at once.
async fn data_works(node: &Node, id: &str, data_id: &str) {
    let mut data = RawPeer::connect(node).await;
    echo_over(&mut data, id, data_id).await;
}

async fn echo_over(data: &mut RawPeer, id: &str, data_id: &str) {
    data.send(&format!("{}cleartext;{HEX_SECRET};json\nat once\n", greeting(id, data_id))).await;
    assert!(data.line().await.starts_with("aemp;1;"));
    data.line().await;
    assert!(data.line().await.starts_with("hmac_md6_64_256;"));
    assert_eq!(data.line().await, "hello");
    assert_eq!(data.line().await, "at once");
    data.send("later\n").await;
    assert_eq!(data.line().await, "later");
}

/// Opens one that nobody expects.
async fn data_is_refused(node: &Node, id: &str, data_id: &str) {
    let before = node.dropped().refused;
    let mut data = RawPeer::connect(node).await;
    let address = data.address();
    data.send_blindly(greeting(id, data_id).as_bytes()).await;
    let heard = data.closed().await;
    assert_eq!(heard.lines().count(), 2, "no proof for a stranger: {heard}");
    let text = format!("nobody expects a data connection of node {id}");
    log::expect(&["WARN", &format!("connection from {address} refused"), &text]).await;
    assert_eq!(node.dropped().refused, before + 1);
}

/// Asks to expect a connection, and waits until it does.
async fn expect(peer: &mut RawPeer, data_id: &str, port: &str, seconds: Json) {
    peer.packet(json!(["", EXPECT, data_id, port, seconds, "Test::echo"])).await;
    let name = port.split_once('#').unwrap().1;
    assert_eq!(peer.next().await, json!(["", "mon1", name]));
}

/// The text that the port of the attempt is killed with.
async fn refusal(peer: &mut RawPeer, port: &str) -> String {
    let packet = peer.next().await;
    assert_eq!(packet[1], "kil", "{packet}");
    assert_eq!(packet[2], port, "{packet}");
    assert_eq!(packet[3], "AnyEvent::MP::DataConn", "{packet}");
    packet[4].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn ids_that_nobody_expects() {
    let node = host(config("garbage")).await;
    let mut bystander = Bystander::new(&node).await;
    for id in ["", "x", "%25%3b", &"x".repeat(3000)] {
        data_is_refused(&node, "bad", id).await;
    }
    data_is_refused(&node, "bystander", "x").await;
    for (greeting, text) in [
        (
            "aemp-dataconn;1;worse;hmac_md6_64_256;json\nx\n",
            "nobody expects a data connection of node worse",
        ),
        ("aemp-other;1;bad;x;json;dataconn_id=x\nx\n", "asks for the sub-protocol \"other\""),
        ("aemp-dataconn;2;bad;x;json\nx\n", "speaks AEMP version \"2\""),
    ] {
        let mut data = RawPeer::connect(&node).await;
        data.send_blindly(greeting.as_bytes()).await;
        data.closed().await;
        log::expect(&["WARN", text]).await;
    }
    bystander.is_fine().await;
    assert_eq!(node.known_nodes(), ["bystander"]);
}

#[tokio::test]
async fn an_id_is_for_one_connection_of_one_node() {
    let node = host(config("once")).await;
    let mut peer = RawPeer::log_in(&node, "asker").await;
    expect(&mut peer, "id-1", "asker#p", json!("60")).await;
    peer.packet(json!(["", EXPECT, "id-1", "asker#q", 60, "Test::echo"])).await;
    assert_eq!(refusal(&mut peer, "q").await, "the ID of the connection is taken");
    data_is_refused(&node, "thief", "id-1").await;
    data_works(&node, "asker", "id-1").await;
    // It does not care for the port any more.
    assert_eq!(peer.next().await, json!(["", "mon0", "p"]));
    data_is_refused(&node, "asker", "id-1").await;
}

#[tokio::test]
async fn a_wrong_secret_uses_up_nothing() {
    let node = host(config("proof")).await;
    let mut peer = RawPeer::log_in(&node, "asker").await;
    expect(&mut peer, "id-1", "asker#p", json!(60)).await;
    let mut data = RawPeer::connect(&node).await;
    data.send(&format!("{}cleartext;00;json\n", greeting("asker", "id-1"))).await;
    data.closed().await;
    log::expect(&["WARN", "wrong secret (cleartext of node \"asker\""]).await;
    data_works(&node, "asker", "id-1").await;
}

#[tokio::test]
async fn expectations_end_with_time_port_and_node() {
    let node = host(config("ends")).await;
    let mut peer = RawPeer::log_in(&node, "asker").await;
    expect(&mut peer, "time", "asker#p", json!(0.05)).await;
    let text = refusal(&mut peer, "p").await;
    assert_eq!(text, "no data connection came to node ends within 50ms");
    assert_eq!(peer.next().await, json!(["", "mon0", "p"]));
    data_is_refused(&node, "asker", "time").await;

    expect(&mut peer, "port", "asker#q", json!(60)).await;
    peer.packet(json!(["", "kil0", "q"])).await;
    peer.nothing_more().await;
    data_is_refused(&node, "asker", "port").await;

    expect(&mut peer, "node", "asker#r", json!(60)).await;
    drop(peer);
    crate::support::until("the peer to go", || !node.node_is_up("asker")).await;
    data_is_refused(&node, "asker", "node").await;
}

#[tokio::test]
async fn requests_that_make_no_sense() {
    let node = host(config("nonsense")).await;
    let mut peer = RawPeer::log_in(&node, "asker").await;
    for (request, text) in [
        (json!(["", EXPECT]), "argument 1 is missing"),
        (json!(["", EXPECT, "id", "asker#p", "soon", "Test::echo"]), "argument 3"),
        (json!(["", EXPECT, "id", "asker#p", 5]), "argument 4 is missing"),
        (
            json!(["", EXPECT, "id", "victim#p", 5, "Test::echo"]),
            "port victim#p is none of its own",
        ),
        (json!(["", EXPECT, "id", "asker", 5, "Test::echo"]), "port asker is none of its own"),
        (json!(["", CONNECT, "id"]), "argument 2 is missing"),
        (json!(["", CONNECT, "no-id", "asker"]), "it wants no such connection"),
        (json!(["", CONNECT, "no-id", "victim"]), "node victim is not the one that asks"),
    ] {
        peer.packet(request.clone()).await;
        peer.nothing_more().await;
        log::expect(&["WARN", "request of node asker: refused", text]).await;
    }
    for seconds in [json!(-1), json!("NaN")] {
        peer.packet(json!(["", EXPECT, "id", "asker#p", seconds, "Test::echo"])).await;
        assert!(refusal(&mut peer, "p").await.ends_with("is no number of seconds"));
    }
    data_is_refused(&node, "asker", "id").await;
    assert_eq!(node.known_nodes(), ["asker"], "nobody was dialled");
}

#[tokio::test]
async fn known_listeners_are_dialled_when_asked() {
    let listener = RawListener::bind().await;
    let node = host(config("dialler").node("asker", listener.address())).await;
    let mut peer = RawPeer::log_in(&node, "asker").await;
    expect(&mut peer, "id-1", "asker#p", json!(60)).await;
    peer.packet(json!(["", CONNECT, "id-1", "asker"])).await;
    let mut data = listener.accept().await;
    let greeting = data.line().await;
    assert!(greeting.starts_with("aemp-dataconn;1;dialler;"), "{greeting}");
    assert!(greeting.ends_with(";dataconn_id=id-1"), "{greeting}");
    data.line().await;
    data.send("aemp;1;asker;hmac_md6_64_256;json\nx\n").await;
    assert!(data.line().await.starts_with("hmac_md6_64_256;"));
    data.send(&format!("cleartext;{HEX_SECRET};json\nword\n")).await;
    assert_eq!(data.line().await, "hello");
    assert_eq!(data.line().await, "word");

    // Not twice for one connection; and somebody else at the address is told to the one who asks.
    assert_eq!(peer.next().await, json!(["", "mon0", "p"]));
    expect(&mut peer, "id-2", "asker#q", json!(60)).await;
    peer.packet(json!(["", CONNECT, "id-2", "asker"])).await;
    peer.packet(json!(["", CONNECT, "id-2", "asker"])).await;
    log::expect(&["WARN", "request of node asker: refused", "or has asked before"]).await;
    let mut other = listener.accept().await;
    other.send("aemp;1;other;hmac_md6_64_256;json\nx\n").await;
    let text = refusal(&mut peer, "q").await;
    assert_eq!(text, format!("node dialler: at {} there is node other", listener.address()));
}

#[tokio::test]
async fn without_listeners_there_is_nothing_to_dial() {
    let node = host(config("helpless")).await;
    let mut peer = RawPeer::log_in(&node, "asker").await;
    expect(&mut peer, "id-1", "asker#p", json!(60)).await;
    peer.packet(json!(["", CONNECT, "id-1", "asker"])).await;
    let text = refusal(&mut peer, "p").await;
    assert_eq!(text, "node helpless knows no listeners of node asker");
}

/// The requests of `connect_to`: the ID, and the port.
async fn asked(peer: &mut RawPeer) -> (String, String) {
    let mut expect = peer.next().await;
    while expect[1] != EXPECT {
        // The node itself is watched meanwhile.
        let name = expect[1].as_str().unwrap();
        assert!(["mon1", "mon0"].contains(&name) && expect[2] == "", "{expect}");
        expect = peer.next().await;
    }
    assert_eq!(expect[5], "Test::echo");
    let echo = peer.next().await;
    let (id, port) = (expect[2].as_str().unwrap(), expect[3].as_str().unwrap());
    assert_eq!(echo, json!(["", "snd", port, "expected"]));
    assert!(id.len() >= 32, "{id}");
    (id.to_owned(), port.to_owned())
}

#[tokio::test]
async fn a_peer_without_listeners_is_asked_to_dial() {
    let node = host(config("asking")).await;
    let mut peer = RawPeer::log_in(&node, "private").await;
    let own = node.clone();
    let conn =
        tokio::spawn(async move { own.connect_to("private", PATIENCE, "Test::echo", ()).await });
    let (id, port) = asked(&mut peer).await;
    data_is_refused(&node, "thief", &id).await;
    let name = port.split_once('#').unwrap().1;
    peer.packet(json!(["", "mon1", name])).await;
    peer.packet(json!([name, "expected"])).await;
    assert_eq!(peer.next().await, json!(["", CONNECT, id, "asking"]));
    let mut data = RawPeer::connect(&node).await;
    let auth = format!("cleartext;{HEX_SECRET};json\nfirst\n");
    data.send(&format!("{}{auth}", greeting("private", &id))).await;
    let mut conn = soon("the connection", conn).await.unwrap().unwrap();
    let mut first = [0; 6];
    let read = tokio::io::AsyncReadExt::read_exact(&mut conn, &mut first);
    soon("the first bytes", read).await.unwrap();
    assert_eq!(&first, b"first\n");
    data_is_refused(&node, "private", &id).await;
    // The port is alive: the peer need not have read the end of the handshake yet.
    assert_eq!(peer.next().await, json!(["", "mon0", ""]));
    peer.nothing_more().await;
}

#[tokio::test]
async fn peers_that_answer_late_or_never() {
    let node = host(config("waiting")).await;
    let mut peer = RawPeer::log_in(&node, "slow").await;
    let short = Duration::from_millis(50);
    let error = node.connect_to("slow", short, "Test::echo", ()).await.unwrap_err().to_string();
    assert_eq!(error, "no data connection to node slow within 50ms: it has not answered");
    let (id, port) = asked(&mut peer).await;
    // What comes too late is in vain, and harms nobody.
    peer.packet(json!([port.split_once('#').unwrap().1, "expected"])).await;
    data_is_refused(&node, "slow", &id).await;

    let asks = |own: Node| async move {
        own.connect_to("slow", PATIENCE, "Test::echo", ()).await.unwrap_err()
    };
    let attempt = tokio::spawn(asks(node.clone()));
    let (id, port) = asked(&mut peer).await;
    let name = port.split_once('#').unwrap().1.to_owned();
    peer.packet(json!(["", "mon1", name])).await;
    peer.nothing_more().await;
    attempt.abort();
    let mut left = [peer.next().await, peer.next().await];
    left.sort_by_key(ToString::to_string);
    assert_eq!(left, [json!(["", "kil0", name]), json!(["", "mon0", ""])], "nothing is left");
    data_is_refused(&node, "slow", &id).await;

    let attempt = tokio::spawn(asks(node.clone()));
    let (_, port) = asked(&mut peer).await;
    let name = port.split_once('#').unwrap().1;
    peer.packet(json!(["", "kil", name, "AnyEvent::MP::DataConn", null])).await;
    let error = soon("the refusal", attempt).await.unwrap();
    assert!(matches!(error, DataConnError::Refused { .. }), "{error}");

    let attempt = tokio::spawn(asks(node.clone()));
    asked(&mut peer).await;
    drop(peer);
    let error = soon("the loss", attempt).await.unwrap();
    assert!(matches!(error, DataConnError::NodeLost { .. }), "{error}");
}

#[tokio::test]
async fn listeners_that_cannot_be_reached() {
    let listener = RawListener::bind().await;
    let settings = Config::new().nodeid("private").secret(SECRET).seed(listener.address());
    let node = host(settings).await;
    let mut peer = listener.accept().await;
    peer.shake_hands("seed", "").await;
    soon("the seed", node.wait_up("seed")).await;
    let own = node.clone();
    let conn =
        tokio::spawn(async move { own.connect_to("seed", PATIENCE, "Test::echo", ()).await });
    let (_, port) = asked(&mut peer).await;
    peer.packet(json!([port.split_once('#').unwrap().1, "expected"])).await;
    let mut data = listener.accept().await;
    assert!(data.line().await.starts_with("aemp-dataconn;1;private;"));
    drop(data);
    let error = soon("the error", conn).await.unwrap().unwrap_err();
    assert!(matches!(error, DataConnError::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(listener.address().as_str()), "{text}");
    assert!(text.contains("this node listens nowhere (Config::bind)"), "{text}");
}
