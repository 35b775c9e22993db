//! What others say becomes no line of the log that they have made up, and strangers cannot fill it.

use crate::support::{RawPeer, death, log, sink, tcp_node, until};
use serde_json::json;

/// That nothing a member chooses begins a line of its own.
#[tokio::test]
async fn line_feeds_of_members_are_shown_not_written() {
    log::start();
    let node = tcp_node("logger").await;
    let mut peer = RawPeer::log_in(&node, "liar").await;
    let forged = "over\nERROR aemp: forged";
    let port = sink(&node);
    peer.packet(json!(["", "kil", port.id.port(), "my_error", forged])).await;
    log::expect(&["died unwatched", "my_error: over\\nERROR aemp: forged"]).await;
    peer.packet(json!([format!("none-{forged}"), "hello"])).await;
    log::expect(&["none-over\\nERROR", "no such port"]).await;
    peer.packet(json!(["", format!("Not::{forged}")])).await;
    log::expect(&["Not::over\\nERROR", "no function of that name"]).await;
    peer.packet(json!(["", "AnyEvent::MP::_spawn", "l.0", "AnyEvent::MP::Global::connect", 0]))
        .await;
    peer.packet(json!(["l.0", "reg1", "g", format!("else#{forged}")])).await;
    log::expect(&["node liar speaks for port else#over\\nERROR"]).await;
    peer.packet(json!(["l.0", format!("news-{forged}")])).await;
    log::expect(&["news of node liar", "news-over\\nERROR"]).await;
    let died = death(&node, "liar#p");
    assert_eq!(peer.next().await, json!(["", "mon1", "p"]));
    peer.send("[\"p\",tru\n]").await;
    died.reason().await;
    until("the node to be down", || !node.node_is_up("liar")).await;
    for line in log::all() {
        assert!(!line.contains('\n'), "{line:?}");
    }
}

/// Of many failed handshakes some are told of, and the number of the others.
#[tokio::test]
async fn failed_handshakes_are_told_of_now_and_then() {
    log::start();
    let node = tcp_node("paced").await;
    for _ in 0..300 {
        let mut stranger = RawPeer::connect(&node).await;
        stranger.send_blindly(b"GET /paced HTTP/1.1\r\n\r\n").await;
        stranger.closed().await;
    }
    let told = log::all().iter().filter(|line| line.contains("GET /paced")).count();
    // 20, and one more each ten seconds that it took.
    assert!((20..100).contains(&told), "{told} lines");
}
