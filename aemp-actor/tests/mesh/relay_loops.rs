//! A request that relays to the node itself again and again.

use crate::support::{RawPeer, tcp_node};
use serde_json::{Value as Json, json};

async fn node_and_peer() -> (aemp_actor::Node, RawPeer) {
    let node = tcp_node("alpha").await;
    let peer = RawPeer::log_in(&node, "raw").await;
    (node, peer)
}

/// `["", "snd", ME, "snd", ME, …]`, as long as a packet may be, ends, and ends nothing else.
#[tokio::test]
async fn a_chain_of_relays_is_cut_off() {
    let (_node, mut peer) = node_and_peer().await;
    let mut chain: Vec<Json> = vec![json!("")];
    for _ in 0..100_000 {
        chain.extend([json!("snd"), json!("alpha")]);
    }
    chain.extend([json!("info"), json!("raw#i")]);
    peer.packet(Json::Array(chain)).await;
    peer.packet(json!(["", "info", "raw#i", "still here"])).await;
    assert_eq!(peer.next().await, json!(["i", "still here", "alpha"]));
}

/// A short chain is carried out, and what it does counts as the peer's doing.
#[tokio::test]
async fn a_short_chain_is_carried_out() {
    let (_node, mut peer) = node_and_peer().await;
    peer.packet(json!(["", "snd", "alpha", "snd", "alpha#", "info", "raw#i", 1])).await;
    assert_eq!(peer.next().await, json!(["i", 1, "alpha"]));
    peer.packet(json!(["", "snd", "alpha", "mon1", "nonesuch"])).await;
    let answer = peer.next().await;
    assert_eq!((&answer[1], &answer[2]), (&json!("kil0"), &json!("nonesuch")));
}
