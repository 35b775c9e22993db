//! Log lines of one node that others catch: between ours, and with a node in Python that does as
//! the Perl implementation does. The log is the process's, so all of it is one test after the
//! other.

use crate::peer::{Dials, Options, connected};
use crate::support::{RawPeer, soon, tcp_node, until};
use aemp_actor::log::LogLine;
use aemp_actor::prelude::*;
use serde_json::json;
use tokio::sync::mpsc;
use tracing_subscriber::prelude::*;

/// Only what these tests log: nodes of this crate have their own lines.
fn start() {
    static START: std::sync::Once = std::sync::Once::new();
    START.call_once(|| {
        let own = tracing_subscriber::filter::filter_fn(|line| line.target() == "mine");
        tracing_subscriber::registry().with(aemp_actor::log::layer().with_filter(own)).init();
    });
}

/// One test at a time.
static LOG: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn catch(
    node: &Node,
    level: u8,
) -> (aemp_actor::log::LogCatching, mpsc::UnboundedReceiver<LogLine>) {
    let (sender, lines) = mpsc::unbounded_channel();
    let catching = node.catch_logs(level, move |line| {
        // Told to nobody, or it would never end.
        tracing::error!(target: "mine", "caught {line:?}");
        drop(sender.send(line.clone()));
    });
    (catching, lines)
}

async fn next(lines: &mut mpsc::UnboundedReceiver<LogLine>) -> (String, u8, String) {
    let line = soon("a line", lines.recv()).await.unwrap();
    (line.node.to_string(), line.level, line.text)
}

/// Waits until the other node has carried out what it was sent.
async fn settled(from: &Node, to: &Node) {
    from.cal::<(f64,)>(to, ("time",)).await.unwrap();
}

#[tokio::test]
async fn lines_are_caught_by_level_until_that_is_cancelled() {
    let _one = LOG.lock().await;
    start();
    crate::support::for_each_pair(async |one, two| {
        let (catching, mut lines) = catch(&two, 5);
        settled(&two, &one).await;
        tracing::info!(target: "mine", "not this");
        tracing::warn!(target: "mine", number = 7, "first");
        tracing::error!(target: "mine", "second");
        let of = one.id().to_string();
        assert_eq!(next(&mut lines).await, (of.clone(), 5, "mine: first number=7".into()));
        assert_eq!(next(&mut lines).await, (of, 4, "mine: second".into()));
        catching.cancel();
        settled(&two, &one).await;
        tracing::error!(target: "mine", "nobody");
        settled(&one, &two).await;
        settled(&two, &one).await;
        assert!(lines.try_recv().is_err());
    })
    .await;
}

#[tokio::test]
async fn nodes_that_come_up_later_are_caught_too() {
    let _one = LOG.lock().await;
    start();
    let one = tcp_node("one").await;
    let (catching, mut lines) = catch(&one, 9);
    let two = crate::support::config("two").seed(&one.listeners()[0]);
    let two = Node::configure(two).await.unwrap();
    soon("the connection", one.wait_up("two")).await;
    settled(&one, &two).await;
    settled(&two, &one).await;
    tracing::trace!(target: "mine", "hello");
    assert_eq!(next(&mut lines).await, ("two".into(), 9, "mine: hello".into()));
    two.shutdown(std::time::Duration::ZERO).await;
    until("the ports to go", || !one.node_is_up("two")).await;
    catching.cancel();
}

#[tokio::test]
async fn lines_that_nobody_takes_are_counted() {
    let _one = LOG.lock().await;
    start();
    let (one, two) = crate::support::pair(&crate::support::Net::memory(), "one", "two").await;
    let (catching, mut lines) = catch(&two, 9);
    settled(&two, &one).await;
    // In one go: the task that sends them has no turn in between.
    for n in 0..3000 {
        tracing::debug!(target: "mine", "{n}");
    }
    for n in 0..1024 {
        assert_eq!(next(&mut lines).await.2, format!("mine: {n}"));
    }
    let (_, level, text) = next(&mut lines).await;
    assert_eq!(level, 5);
    assert!(text.starts_with("1976 log lines were lost"), "{text}");
    catching.cancel();
}

#[tokio::test]
async fn nonsense_is_refused() {
    let _one = LOG.lock().await;
    let node = tcp_node("alpha").await;
    let mut peer = RawPeer::log_in(&node, "peer").await;
    const CONNECT: &str = "AnyEvent::MP::LogCatcher::connect";
    for request in [
        json!(["", CONNECT]),
        json!(["", CONNECT, 1, "peer#x", 9]),
        json!(["", CONNECT, 0, "peer", 9]),
        json!(["", CONNECT, 0, "peer#x", "much"]),
        json!(["", CONNECT, 0, {}, 9]),
        json!(["", "AnyEvent::MP::LogCatcher::catch", 9]),
    ] {
        peer.packet(request).await;
    }
    peer.packet(json!(["", "snd", "peer", "still here"])).await;
    assert_eq!(peer.next().await, json!(["", "still here"]));
}

#[tokio::test]
async fn python_catches_ours_and_we_catch_pythons() {
    let _one = LOG.lock().await;
    start();
    for dials in [Dials::Rust, Dials::Python] {
        for style in [json!({}), json!({ "loose": true })] {
            let (node, mut python) =
                connected(dials, Options::new("python").set("style", style)).await;
            python.ask(json!({ "do": "catch", "level": 8 })).await;
            // The connection keeps its order: it has asked when this is answered.
            python.cal("rust", json!(["time"])).await;
            tracing::trace!(target: "mine", "too much");
            tracing::debug!(target: "mine", "from rust");
            let line = python.event("log", json!({ "node": "rust" })).await;
            assert_eq!((&line["level"], &line["text"]), (&json!(8), &json!("mine: from rust")));

            let (catching, mut lines) = catch(&node, 6);
            node.cal::<(f64,)>("python", ("time",)).await.unwrap();
            python.ask(json!({ "do": "log", "level": 7, "text": "not this" })).await;
            python.ask(json!({ "do": "log", "level": 6, "text": "from python\n" })).await;
            assert_eq!(next(&mut lines).await, ("python".into(), 6, "from python".into()));
            catching.cancel();
            python.ask(json!({ "do": "catch", "level": null })).await;
            python.cal("rust", json!(["time"])).await;
            node.cal::<(f64,)>("python", ("time",)).await.unwrap();
            python.ask(json!({ "do": "log", "level": 1, "text": "nobody" })).await;
            tracing::error!(target: "mine", "nobody");
            python.cal("rust", json!(["time"])).await;
            assert!(lines.try_recv().is_err());
            assert_eq!(python.has("log"), None);
        }
    }
}

#[tokio::test]
async fn a_service_catches() {
    let _one = LOG.lock().await;
    start();
    let one = tcp_node("one").await;
    let two = crate::support::config("two")
        .seed(&one.listeners()[0])
        .service("AnyEvent::MP::LogCatcher::catch", (9,));
    let two = Node::configure(two).await.unwrap();
    soon("the connection", one.wait_up("two")).await;
    // It goes to standard error, and is not caught there; that it asked is seen by what it costs.
    let query = aemp_actor::introspection::PortQuery::new().pattern("closure");
    soon("its port", async {
        while one.introspect(&two).ports(query.clone()).await.unwrap().ports.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
