//! What the node port understands, asked by another node and by the node itself.

use crate::support::{death, for_each_pair, log, sink, soon};
use aemp_actor::prelude::*;
use serde_json::json;

/// Answers `ping`.
#[init("Between::echo")]
fn echo(init: &mut Init) {
    init.rcv("ping", |ctx: &mut Ctx<FnPort>, (to, n): (PortId, u64)| ctx.snd(to, ("pong", n)));
}

#[init("Between::failing")]
fn failing() -> Result<(), Die> {
    Err(die!("not today"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_port_answers_calls() {
    for_each_pair(async |a, b| {
        for target in [b.id(), a.id()] {
            let (seconds,): (f64,) = soon("time", a.cal(target, ("time",))).await.unwrap();
            assert!(seconds > 1.7e9);
            let (id,): (NodeId,) = soon("info", a.cal(target, ("info",))).await.unwrap();
            assert_eq!(id, *target);
            let other = if target == a.id() { b.id() } else { a.id() };
            let nodes = a.cal::<(NodeId, NodeId)>(target, ("known_nodes",));
            let (one, two) = soon("known_nodes", nodes).await.unwrap();
            assert_eq!((&one, &two), (target, other));
            let nodes = a.cal::<(NodeId, Option<NodeId>)>(target, ("up_nodes",));
            let (one, two) = soon("up_nodes", nodes).await.unwrap();
            assert_eq!((&one, two), (other, None), "a node is not connected to itself");
            let (text,): (String,) = soon("eval", a.cal(target, ("eval", "1"))).await.unwrap();
            assert_eq!(text, "eval is not supported by this node");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_port_sends_arguments_along() {
    for_each_pair(async |a, b| {
        let mut here = sink(&a);
        for target in [b.id(), a.id()] {
            a.snd(target, ("info", &here.id, "x", 1));
            assert_eq!(here.next().await, json!(["x", 1, target.as_str()]).to_string());
            a.snd(target, ("time", &here.id, "t"));
            assert_eq!(here.message().await.tag(), "t");
            a.snd(target, ("snd", &here.id, "a", [2.5]));
            assert_eq!(here.next().await, r#"["a",[2.5]]"#);
            a.snd(target, ("snd_multiple", (&here.id, 1), (&here.id,), (&here.id, 3)));
            for expected in ["[1]", "[]", "[3]"] {
                assert_eq!(here.next().await, expected);
            }
            a.snd(target, ("devnull", &here.id));
            a.snd(target, ("", &here.id));
            a.snd(target, ());
            a.snd(target, ("snd", &here.id, "last"));
            assert_eq!(here.next().await, r#"["last"]"#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_takes_the_long_way_round() {
    for_each_pair(async |a, b| {
        let mut here = sink(&a);
        // Told to a: tell b to tell a to tell this port.
        a.snd(&a, ("snd", b.id(), "snd", a.id(), "snd", &here.id, "round", 7));
        assert_eq!(here.next().await, r#"["round",7]"#);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_are_called_across_and_at_home() {
    log::start();
    for_each_pair(async |a, b| {
        b.register("Between::who", |call| {
            let to: PortId = call.message.arg(0).unwrap();
            call.node.snd(to, ("from", call.from, call.node.id()));
        });
        let mut answers = sink(&a);
        a.snd(&b, ("Between::who", &answers.id));
        assert_eq!(answers.next().await, json!(["from", a.id(), b.id()]).to_string());
        b.snd(&b, ("Between::who", &answers.id));
        assert_eq!(answers.next().await, json!(["from", null, b.id()]).to_string());
        a.snd(&a, ("Between::who", &answers.id));
        let own = format!("request of node {}", a.id());
        log::expect(&["WARN", &own, "no function of that name"]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kil_and_mon_are_not_for_oneself_to_ask() {
    log::start();
    let node = Node::configure(Config::new().nodeid("lonely")).await.unwrap();
    let port = sink(&node);
    node.snd(&node, ("mon1", port.id.port()));
    log::expect(&["WARN", "node lonely", "only another node can ask this"]).await;
    node.snd(&node, ("kil0", port.id.port()));
    log::expect(&["WARN", "node lonely", "only another node can say this"]).await;
    let died = death(&node, &port);
    node.snd(&node, ("kil", port.id.port(), "why", "not"));
    assert_eq!(died.text().await, "why: not");
    node.kil(&node, "suicide");
    log::expect(&["ERROR", "kil lonely", "a node port cannot be killed"]).await;
    assert!(!node.is_shut_down());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ports_are_spawned_there_and_at_home() {
    for_each_pair(async |a, b| {
        for target in [b.id(), a.id()] {
            let mut here = sink(&a);
            let port = a.spawn(target, "Between::echo", ());
            assert_eq!(port.node(), target);
            let died = death(&a, &port);
            a.snd(&port, ("ping", &here.id, 1));
            assert_eq!(here.next().await, r#"["pong",1]"#);
            a.snd(&port, ("nonsense",));
            let reason = died.reason().await;
            assert_eq!(reason.kind(), "die");
            assert!(reason.text().contains("unknown tag, expected one of ping"), "{reason}");
            // The name is not used again.
            a.snd(&port, ("ping", &here.id, 2));
            assert_eq!(death(&a, &port).reason().await.kind(), "no_such_port");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_spawn_that_fails_is_told_by_the_monitor() {
    for_each_pair(async |a, b| {
        for target in [b.id(), a.id()] {
            let unknown = format!("node {target} has no init function");
            let slip =
                format!("{unknown} \"Between::faling\" (did you mean \"Between::failing\"?)");
            let functions = [
                ("Between::failing", "not today"),
                ("nonesuch", &*unknown),
                ("Between::faling", &*slip),
                ("Betwoon::failing", "(did you mean \"Between::failing\"?)"),
                ("Between::nonesuch", "\"Between::nonesuch\""),
            ];
            // It may be dead before the monitor comes: many times, to see both.
            for (init, text) in functions.repeat(50) {
                let died = death(&a, a.spawn(target, init, (1, 2)));
                let reason = died.reason().await;
                assert_eq!(reason.kind(), "die", "{reason}");
                assert!(reason.text().contains(text), "{reason}");
                // The module alone makes none of its functions likely.
                assert!(
                    !init.ends_with("nonesuch") || reason.text().ends_with("nonesuch\""),
                    "{reason}"
                );
            }
        }
    })
    .await;
}
