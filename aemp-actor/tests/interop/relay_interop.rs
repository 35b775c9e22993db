//! A node that knows nothing of relayed connections, written in Python from the protocol alone, is
//! the hub; also one that loses a message.

use std::time::Duration;

use crate::peer::{Options, Python};
use crate::support::{SECRET, death, sink, soon, until};
use aemp_actor::prelude::*;
use serde_json::json;

async fn private(id: &str, seed: &str) -> Node {
    let config = Config::new().nodeid(id).secret(SECRET).seed(seed);
    Node::configure(config.connect_interval(Duration::from_millis(200))).await.unwrap()
}

/// Two nodes without listeners, connected to each other through a Python node.
async fn trio() -> (Python, Node, Node) {
    let mut hub = Options::new("hub").start().await;
    let one = private("one", hub.address()).await;
    let two = private("two", hub.address()).await;
    hub.wait_up(&["one", "two"]).await;
    meet(&one, &two).await;
    (hub, one, two)
}

async fn meet(one: &Node, two: &Node) {
    soon("the relayed connection", async {
        one.wait_up(two.id()).await;
        two.wait_up(one.id()).await;
    })
    .await;
}

#[tokio::test]
async fn messages_monitors_and_groups_pass() {
    let (mut hub, one, two) = trio().await;
    let mut there = sink(&two);
    let ended = death(&one, &there);
    two.grp_reg("g", &there).unwrap();
    until("the group", || one.grp_get("g") == [there.id.clone()]).await;
    hub.wait_group("g", &[&there.id.to_string()]).await;
    let text = "\0\u{1}\"\\\u{7f}\u{e4}\u{20ac}\u{1f980}".repeat(10_000);
    for n in 0..1000 {
        one.snd(&there, ("n", n));
    }
    one.snd(&there, ("text", &text));
    for n in 0..1000 {
        assert_eq!(there.message().await.arg::<u32>(0).unwrap(), n);
    }
    assert_eq!(there.message().await.arg::<String>(0).unwrap(), text);
    one.kil(&there, ("enough", "of this"));
    assert_eq!(ended.text().await, "enough: of this");
    until("the group to be empty", || one.grp_get("g").is_empty()).await;
    assert_eq!(hub.has("warn"), None);
    let ended = death(&one, two.id());
    hub.kill().await;
    assert_eq!(ended.reason().await.kind(), "transport_error");
}

#[tokio::test]
async fn after_a_lost_message_none_arrives_until_the_monitor_has_fired() {
    let (mut hub, one, two) = trio().await;
    for round in 0..5 {
        let (seen, mut told) = tokio::sync::mpsc::unbounded_channel();
        let there = two.port_fn(move |_, message| {
            seen.send(message.arg::<u64>(0).unwrap()).unwrap_or_default();
        });
        let (fire, mut firing) = tokio::sync::oneshot::channel();
        // Sends numbers until its monitor fires, then one more, which marks that.
        let (mut next, mut fired, target) = (0_u64, Some(fire), there.id());
        let sender = one.port_fn(move |_, _| ());
        let sending = target.clone();
        one.rcv(&sender, "go", move |ctx: &mut Ctx<FnPort>, ()| {
            for _ in 0..50 {
                ctx.snd(&sending, ("n", next));
                next += 1;
            }
        })
        .unwrap();
        one.rcv(&sender, "watch", move |ctx: &mut Ctx<FnPort>, ()| {
            let (fired, marked) = (fired.take(), target.clone());
            ctx.mon(&target, move |_, ctx, reason| {
                ctx.snd(&marked, ("n", u64::MAX));
                fired.unwrap().send(reason).unwrap();
            });
        })
        .unwrap();
        sender.snd(("watch",));
        hub.ask(json!({ "do": "lose", "after": 2 * round })).await;
        let reason = soon("the monitor to fire", async {
            for turn in 1_u32.. {
                sender.snd(("go",));
                // What it lost may have been of a second connection, which was given up since both
                // nodes had begun one, and which nobody misses.
                if turn.is_multiple_of(500) {
                    hub.ask(json!({ "do": "lose", "after": 0 })).await;
                }
                tokio::select! {
                    reason = &mut firing => return reason.unwrap(),
                    () = tokio::time::sleep(Duration::from_millis(1)) => {}
                }
            }
            unreachable!("it fires before")
        })
        .await;
        assert_eq!(reason.kind(), "transport_error");
        hub.event("lost_data", json!({})).await;
        let mut expected = 0;
        loop {
            match soon("the mark", told.recv()).await.unwrap() {
                u64::MAX => break,
                number => assert_eq!(number, expected, "nothing after a hole"),
            }
            expected += 1;
        }
        meet(&one, &two).await;
    }
}

#[tokio::test]
async fn a_private_node_that_is_killed_at_a_foreign_hub_is_missed() {
    let hub = Options::new("hub").start().await;
    let one = Config::new().nodeid("one").secret(SECRET).seed(hub.address());
    let one = one.connect_interval(Duration::from_millis(200));
    let one = Node::configure(one.monitor_timeout(Duration::from_secs(1))).await.unwrap();
    let two = private("two", hub.address()).await;
    meet(&one, &two).await;
    let there = two.port_fn(|_, _| ()).id();
    let ended = death(&one, &there);
    one.cal::<(f64,)>("two", ("time",)).await.unwrap();
    // Its connection to the hub breaks; the hub does not tell.
    let mut hub = hub;
    hub.ask(json!({ "do": "cut_off", "node": "two" })).await;
    assert_eq!(ended.reason().await.kind(), "transport_error");
    meet(&one, &two).await;
}
