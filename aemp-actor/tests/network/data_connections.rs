//! Data connections between nodes of ours: either of them listens, or both do; what is refused is
//! refused with a text, and nothing is left of it.

use std::time::Duration;

use crate::support::{Net, PATIENCE, SECRET, config, log, soon, tcp_node, until};
use aemp_actor::prelude::*;
use aemp_actor::{Access, DataConn, DataConnError, NodeId, Protection, Rights};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Answers the arguments, then everything that is written.
fn serve_echo(node: &Node) {
    node.on_connect("Test::echo", async |mut conn: DataConn, (name, n): (String, u64)| {
        let peer = conn.peer().clone();
        conn.write_all(format!("{name} {n} {peer}\n").as_bytes()).await?;
        let (mut reader, mut writer) = conn.into_split();
        tokio::io::copy(&mut reader, &mut writer).await?;
        writer.shutdown().await?;
        Ok(())
    });
}

/// Sends something through [`serve_echo`] and reads it to its end.
async fn echoes(mut conn: DataConn, greeting: &str) {
    conn.write_all(b"all of this comes back").await.unwrap();
    conn.shutdown().await.unwrap();
    let mut heard = String::new();
    soon("the echo", conn.read_to_string(&mut heard)).await.unwrap();
    assert_eq!(heard, format!("{greeting}\nall of this comes back"));
}

/// A node without listeners, connected to `seed`.
async fn private_node(net: &Net, id: &str, seed: &Node) -> Node {
    let config = net.private_config(id).seed(&seed.listeners()[0]);
    let node = Node::configure(config).await.unwrap();
    soon("the nodes to connect", async {
        seed.wait_up(NodeId::from(&node)).await;
        node.wait_up(NodeId::from(seed)).await;
    })
    .await;
    node
}

async fn connect(from: &Node, to: &Node) -> Result<DataConn, DataConnError> {
    soon("connect_to", from.connect_to(to.id().clone(), PATIENCE, "Test::echo", ("x", 7))).await
}

#[tokio::test]
async fn both_ways_round() {
    for net in Net::all() {
        let (one, two) = crate::support::pair(&net, "one", "two").await;
        let private = private_node(&net, "private", &one).await;
        for node in [&one, &two, &private] {
            serve_echo(node);
        }
        // Both listen; only the other one does; only the one that asks does.
        for (from, to) in [(&one, &two), (&two, &one), (&private, &one), (&one, &private)] {
            let conn = connect(from, to).await.unwrap();
            assert_eq!(conn.peer(), to.id());
            let expected = match net {
                Net::Tcp => Protection::Stls,
                Net::Quic => Protection::Transport { transport: "quic", certificate: false },
                Net::Memory(_) => Protection::Plain,
            };
            assert_eq!(conn.protection(), expected);
            echoes(conn, &format!("x 7 {}", from.id())).await;
        }
        let several = [connect(&one, &two).await, connect(&one, &two).await];
        for conn in several {
            echoes(conn.unwrap(), "x 7 one").await;
        }
        assert_eq!(one.up_nodes().len(), 2, "data connections are no node connections");
        assert_eq!(one.dropped().refused + two.dropped().refused, 0);
    }
}

#[tokio::test]
async fn to_oneself() {
    let node = Node::local();
    serve_echo(&node);
    let conn = connect(&node, &node).await.unwrap();
    echoes(conn, &format!("x 7 {}", node.id())).await;
    let limit = Duration::from_secs(1);
    let error = node.connect_to(&node, limit, "Test::nope", ()).await.unwrap_err();
    assert!(error.to_string().contains("no function \"Test::nope\""), "{error}");
    let error = node.connect_to(&node, limit, "Test::echo", ("x", "y")).await.unwrap_err();
    assert!(error.to_string().contains("argument 2"), "{error}");
    node.shutdown(limit).await;
    let error = node.connect_to(&node, limit, "Test::echo", ("x", 1)).await.unwrap_err();
    assert!(matches!(error, DataConnError::ShutDown { .. }), "{error}");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_at_once() {
    for net in Net::all() {
        let (one, two) = crate::support::pair(&net, "one", "two").await;
        serve_echo(&two);
        let big = "x".repeat(100_000);
        let refusals = [
            ("Test::nope", ("x", "7"), "node two has no function \"Test::nope\""),
            ("Test::echo", ("x", "seven"), "message \"Test::echo\": argument 2"),
            ("Test::echo", (&big, "7"), "the arguments take some 100"),
        ];
        for (name, args, text) in refusals {
            let error = soon("it", one.connect_to(&two, PATIENCE, name, args)).await.unwrap_err();
            assert!(matches!(error, DataConnError::Refused { .. }), "{error}");
            let refused = "node two refuses the data connection: ";
            assert!(error.to_string().starts_with(&format!("{refused}{text}")), "{error}");
        }
        // Loosely typed, as everything.
        let conn = soon("it", one.connect_to(&two, PATIENCE, "Test::echo", (1.5, "7"))).await;
        echoes(conn.unwrap(), "1.5 7 one").await;
        assert_eq!(two.dropped().refused, 3);
    }
}

#[tokio::test]
async fn rights_are_those_of_the_node() {
    let access = Access::default()
        .rule("none", Rights::all().data(false))
        .rule("some", Rights::all().functions(["Other::*"]));
    let host = Node::configure(config("rights").access(access)).await.unwrap();
    serve_echo(&host);
    for (id, right) in [("none", "data"), ("some", "functions")] {
        let guest = private_node(&Net::Tcp, id, &host).await;
        let error = connect(&guest, &host).await.unwrap_err().to_string();
        let text = format!("it has no right to {right} (Config::access)");
        assert!(error.ends_with(&text), "{error}");
    }
    assert_eq!(host.dropped().refused, 2);
}

#[tokio::test]
async fn each_node_has_its_share() {
    let host = Node::configure(config("share").max_data_connections(1)).await.unwrap();
    serve_echo(&host);
    let one = private_node(&Net::Tcp, "one", &host).await;
    let two = private_node(&Net::Tcp, "two", &host).await;
    let first = connect(&one, &host).await.unwrap();
    let error = connect(&one, &host).await.unwrap_err().to_string();
    assert!(error.contains("1 data connections of it are open or expected already"), "{error}");
    echoes(connect(&two, &host).await.unwrap(), "x 7 two").await;
    echoes(first, "x 7 one").await;
    // The host lets go of the first at some time after its end was read here.
    soon("a free seat", async {
        loop {
            match connect(&one, &host).await {
                Ok(conn) => return echoes(conn, "x 7 one").await,
                Err(error) => assert!(matches!(error, DataConnError::Refused { .. }), "{error}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn failing_functions_are_logged_and_end_the_connection() {
    log::start();
    let (one, two) = crate::support::pair(&Net::Tcp, "steady", "failing").await;
    two.on_connect("Test::panic", async |_: DataConn, (text,): (String,)| {
        if text == "err" { Err(die!("it is an {text}")) } else { panic!("it is a {text}") }
    });
    for (text, logged) in [("err", "it is an err"), ("panic", "panicked: it is a panic")] {
        let conn = one.connect_to(&two, PATIENCE, "Test::panic", (text,));
        let mut conn = soon("a connection", conn).await.unwrap();
        let mut bytes = Vec::new();
        // Without a proper end, what is read depends on the transport.
        drop(soon("the end", conn.read_to_end(&mut bytes)).await);
        assert!(bytes.is_empty());
        let parts = ["ERROR", "Test::panic, on a data connection of node steady", logged];
        log::expect(&parts).await;
    }
    assert!(one.node_is_up("failing"));
}

#[tokio::test]
async fn it_outlives_the_connection_of_the_nodes() {
    let host = tcp_node("outlived").await;
    serve_echo(&host);
    let guest = private_node(&Net::Tcp, "guest", &host).await;
    let conn = connect(&guest, &host).await.unwrap();
    guest.shutdown(PATIENCE).await;
    until("the node to go", || !host.node_is_up("guest")).await;
    echoes(conn, "x 7 guest").await;
}

#[tokio::test]
async fn nodes_that_cannot_be_reached() {
    let limit = Duration::from_millis(300);
    let config = Config::new().nodeid("alone").secret(SECRET).connect_timeout(limit);
    let node = Node::configure(config).await.unwrap();
    let error = node.connect_to("nowhere", PATIENCE, "Test::echo", ()).await.unwrap_err();
    assert!(matches!(error, DataConnError::NodeLost { .. }), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("no data connection to node nowhere: transport_error: "), "{text}");
}

#[tokio::test]
async fn whoever_shuts_down_meanwhile_is_told() {
    let (one, two) = crate::support::pair(&Net::Tcp, "closing", "silent").await;
    // Never answers: the node that asks is shut down first.
    let slow = one.clone();
    let asked = tokio::spawn(async move {
        slow.connect_to("nobody", PATIENCE, "Test::echo", ()).await.unwrap_err()
    });
    until("the attempt to begin", || one.known_nodes().iter().any(|node| node == "nobody")).await;
    one.shutdown(PATIENCE).await;
    let error = soon("the error", asked).await.unwrap();
    assert!(matches!(error, DataConnError::ShutDown { .. }), "{error}");
    drop(two);
}

/// Messages of two private nodes go through a third one; what is large is not to.
#[tokio::test]
async fn not_through_a_relay() {
    let hub = tcp_node("hub").await;
    let one = private_node(&Net::Tcp, "one", &hub).await;
    let two = private_node(&Net::Tcp, "two", &hub).await;
    serve_echo(&two);
    soon("the relayed connection", one.wait_up("two")).await;
    let error = connect(&one, &two).await.unwrap_err();
    assert!(matches!(error, DataConnError::NoListeners { .. }), "{error}");
}
