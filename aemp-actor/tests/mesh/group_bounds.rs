//! What a member of the mesh has others remember of groups is bounded.

use crate::support::{RawPeer, config, death, log, sink, soon, until};
use aemp_actor::{GroupError, Node};
use serde_json::{Value as Json, json};

/// A node that keeps three registrations of each.
async fn node() -> Node {
    log::start();
    Node::configure(config("node").max_registrations(3)).await.unwrap()
}

/// A peer that takes part in the mesh: what it says to `ID.0` is news.
async fn member(node: &Node, id: &str) -> RawPeer {
    let mut peer = RawPeer::log_in(node, id).await;
    let connect = "AnyEvent::MP::Global::connect";
    peer.packet(json!(["", "AnyEvent::MP::_spawn", format!("{id}.0"), connect, 0, id])).await;
    peer
}

/// A member that has said this loses its connection; the reason names the limit, and nothing of what
/// it registered is left.
async fn is_dropped(node: &Node, packets: &[Json], text: &str) {
    let mut peer = member(node, "greedy").await;
    let died = death(node, "greedy#p");
    for packet in packets {
        peer.packet(packet.clone()).await;
    }
    peer.closed().await;
    let reason = died.reason().await;
    assert!(reason.text().contains(text), "{reason}, expected {text:?}");
    log::expect(&["node greedy is down", text]).await;
    until("the groups to be gone", || node.groups().is_empty()).await;
}

#[tokio::test]
async fn a_member_that_registers_too_much_is_dropped() {
    let node = node().await;
    let one_by_one: Vec<Json> =
        (0..4).map(|n| json!(["greedy.0", "reg1", "g", format!("greedy#{n}")])).collect();
    is_dropped(&node, &one_by_one, "max_registrations").await;
    let groups: Vec<Json> =
        (0..4).map(|n| json!(["greedy.0", "reg1", format!("g{n}"), "greedy#1"])).collect();
    is_dropped(&node, &groups, "max_registrations").await;
    let at_once =
        json!(["greedy.0", "set", {"g": ["greedy#1", "greedy#2"], "h": ["greedy#1", "greedy#2"]}]);
    is_dropped(&node, &[at_once], "max_registrations").await;
    let long = json!(["greedy.0", "reg1", "g".repeat(257), "greedy#1"]);
    is_dropped(&node, &[long], "256 bytes").await;
}

#[tokio::test]
async fn the_bound_is_that_of_each_member_and_of_what_it_has_now() {
    let node = node().await;
    let (mut one, mut two) = (member(&node, "one").await, member(&node, "two").await);
    for (peer, id) in [(&mut one, "one"), (&mut two, "two")] {
        let news = format!("{id}.0");
        for turn in 0..10 {
            let port = format!("{id}#{turn}");
            peer.packet(json!([news, "reg1", "g", port])).await;
            peer.packet(json!([news, "reg0", "g", port])).await;
        }
        for n in 0..3 {
            peer.packet(json!([news, "reg1", "g", format!("{id}#{n}")])).await;
            // That it is one already counts no second time.
            peer.packet(json!([news, "reg1", "g", format!("{id}#{n}")])).await;
        }
        peer.nothing_more().await;
    }
    assert_eq!(node.grp_get("g").len(), 6);
}

#[tokio::test]
async fn this_node_is_told_at_once() {
    let node = node().await;
    let port = sink(&node);
    let first = node.grp_reg("one", port.id.clone()).unwrap();
    node.grp_reg("two", port.id.clone()).unwrap();
    node.grp_reg("three", port.id.clone()).unwrap();
    let error = node.grp_reg("four", port.id.clone()).unwrap_err();
    assert_eq!(error, GroupError::TooMany { group: "four".into(), limit: 3 });
    first.cancel();
    node.grp_reg("four", port.id.clone()).unwrap();
    let error = node.grp_reg("n".repeat(257), port.id.clone()).unwrap_err();
    assert_eq!(error, GroupError::LongName { bytes: 257 });
}

/// A monitor that is told of each change of a large group, and one that reads them late.
#[tokio::test]
async fn each_change_of_a_large_group_is_told() {
    log::start();
    let node = Node::configure(config("node")).await.unwrap();
    let mut late = node.grp_events("g");
    let told = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = told.clone();
    node.grp_mon("g", move |change| {
        assert_eq!((change.added.len(), change.removed.len()), (1, 0));
        let before = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(change.ports.len(), before + 1);
    });
    let mut peer = member(&node, "large").await;
    let ports = 5000;
    let news = |n| json!(["large.0", "reg1", "g", format!("large#{n}")]).to_string();
    peer.send(&(0..ports).map(news).collect::<String>()).await;
    peer.nothing_more().await;
    assert_eq!(told.load(std::sync::atomic::Ordering::Relaxed), ports);
    let change = soon("the changes", late.next()).await.unwrap();
    assert_eq!((change.ports.len(), change.added.len()), (ports, ports));
    drop(peer);
    let change = soon("the end", late.next()).await.unwrap();
    assert_eq!((change.ports.len(), change.removed.len()), (0, ports));
}
