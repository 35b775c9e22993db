//! Visitors: nodes that come to look, and leave each other alone until something is wanted of them.

use std::time::Duration;

use aemp_actor::NodeId;
use aemp_actor::prelude::*;
use aemp_actor::sim::{self, Network};

async fn private(network: &Network, host: &str, visitor: bool) -> Node {
    let config = network.private_config(host).seed("mem:hub");
    let config = if visitor { config.visitor().nodeid(host) } else { config };
    let node = Node::configure(config).await.unwrap();
    node.joined().await.unwrap();
    node
}

/// They join without each other; what one sends to the other arrives all the same.
#[test]
fn visitors_are_connected_to_each_other_when_something_is_wanted() {
    sim::run(1, |network| async move {
        let _hub = Node::configure(network.config("hub")).await.unwrap();
        let worker = private(&network, "worker", false).await;
        let one = private(&network, "anon/one", true).await;
        let two = private(&network, "anon/two", true).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(one.up_nodes(), ["hub", "worker"].map(NodeId::from), "and not the other one");
        assert_eq!(two.up_nodes(), ["hub", "worker"].map(NodeId::from), "and not the other one");
        assert_eq!(worker.up_nodes(), ["anon/one", "anon/two", "hub"].map(NodeId::from));
        let (sender, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let port = two.port_fn(move |_, message| {
            sender.send(message.arg::<u32>(0).unwrap()).unwrap();
        });
        one.snd(port.id(), ("hello", 1));
        assert_eq!(seen.recv().await, Some(1));
        assert!(one.node_is_up("anon/two") && two.node_is_up("anon/one"));
    });
}

/// A visitor and a node without an ID of its own that is none.
#[test]
fn who_is_no_visitor_approaches_a_visitor() {
    sim::run(2, |network| async move {
        let _hub = Node::configure(network.config("hub")).await.unwrap();
        let visitor = private(&network, "anon/visitor", true).await;
        let worker = private(&network, "anon/worker", false).await;
        assert!(worker.node_is_up("anon/visitor"));
        visitor.wait_up("anon/worker").await;
    });
}

/// How many packets the first of so many visitors sends to their hub in its first minutes.
fn packets_of_one(visitors: usize) -> u64 {
    sim::run(3, |network| async move {
        let hub = Node::configure(network.config("hub")).await.unwrap();
        let mut all = Vec::new();
        for number in 0..visitors {
            all.push(private(&network, &format!("anon/{number}"), true).await);
        }
        tokio::time::sleep(Duration::from_secs(180)).await;
        hub.peer("anon/0").unwrap().connection.unwrap().traffic.packets_in
    })
}

/// Else each would ask for each, again and again: a thousand visitors would ask ten million times.
#[test]
fn visitors_do_not_look_for_each_other() {
    let (alone, among_ten) = (packets_of_one(1), packets_of_one(10));
    assert!(among_ten <= alone + 10, "{alone} alone, {among_ten} among ten");
}
