//! Ports made by name for a bare socket: `AnyEvent::MP::_spawn`.

use crate::support::{RawPeer, log, sink, soon, tcp_node};
use aemp_actor::prelude::*;
use serde_json::json;

const SPAWN: &str = "AnyEvent::MP::_spawn";

/// Adds up what it is sent.
#[derive(Port)]
struct Adder {
    sum: i64,
    client: PortId,
}

#[rcv]
impl Adder {
    fn add(&mut self, n: i64) {
        self.sum += n;
    }

    fn tell(&mut self, ctx: &mut Ctx<Self>) {
        ctx.snd(&self.client, ("sum", self.sum));
    }

    fn sum(&self) -> i64 {
        self.sum
    }
}

#[init("Spawn::adder")]
fn adder(client: PortId, start: i64) -> Adder {
    Adder { sum: start, client }
}

#[init("Spawn::slow")]
async fn slow(client: PortId) -> Adder {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    Adder { sum: 1, client }
}

#[init("Spawn::failing")]
fn failing(what: String) -> Result<Adder, Die> {
    Err(die!("no {what} today"))
}

#[init("Spawn::panicking")]
fn panicking() {
    panic!("out of order");
}

#[init("Spawn::stopping")]
fn stopping(init: &mut Init) {
    init.stop(("stopped", "at once"));
}

#[init("Spawn::greedy")]
fn greedy(init: &mut Init, client: PortId, optional: Option<u8>, rest: Rest) {
    init.snd(&client, (optional, rest.0));
}

async fn node_and_peer(peer: &str) -> (Node, RawPeer) {
    log::start();
    let node = tcp_node("alpha").await;
    let peer = RawPeer::log_in(&node, peer).await;
    (node, peer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_monitors_may_follow_at_once() {
    let (_node, mut peer) = node_and_peer("raw").await;
    for init in ["Spawn::adder", "Spawn::slow"] {
        let port = format!("Rand0m.{init}");
        peer.send(&format!(
            r#"["","{SPAWN}","{port}","{init}","raw#client",1,"surplus"]["","mon1","{port}"]
               ["{port}","add",2]["{port}","add","39"]["{port}","tell"]["{port}","sum","raw#reply"]
               ["","kil","{port}","enough"]"#,
        ))
        .await;
        assert_eq!(peer.next().await, json!(["client", "sum", 42]), "{init}");
        assert_eq!(peer.next().await, json!(["reply", 42]), "{init}");
        assert_eq!(peer.next().await, json!(["", "kil0", port, "enough"]), "{init}");
    }
    peer.nothing_more().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_or_failing_function_kills_the_port() {
    let (_node, mut peer) = node_and_peer("raw").await;
    let requests = [
        (json!(["", SPAWN, "r.0", "Spawn::nonesuch", 1]), "no init function \"Spawn::nonesuch\""),
        (json!(["", SPAWN, "r.1", "Spawn::failing", "bread"]), "no bread today"),
        (json!(["", SPAWN, "r.2", "Spawn::panicking"]), "panicked: out of order"),
        (json!(["", SPAWN, "r.3", "Spawn::adder"]), "argument 1 (client) is missing"),
        (json!(["", SPAWN, "r.4", "Spawn::adder", "raw#c", "x"]), "argument 2 (start)"),
        (json!(["", SPAWN, "r.5", "Spawn::adder", ["raw#c"], 1]), "argument 1 (client)"),
    ];
    for (request, text) in requests {
        let port = request[2].as_str().unwrap();
        peer.send(&format!(r#"{request}["","mon1","{port}"]"#)).await;
        let answer = peer.next().await;
        // It may be dead before the monitor comes.
        assert_eq!(answer, json!(["", "kil0", port, "die", answer[4]]));
        assert!(answer[4].as_str().unwrap().contains(text), "{answer}");
    }
    peer.send(&format!(r#"["","{SPAWN}","r.6","Spawn::stopping"]["","mon1","r.6"]"#)).await;
    assert_eq!(peer.next().await, json!(["", "kil0", "r.6", "stopped", "at once"]));
    peer.nothing_more().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_cannot_be() {
    let (node, mut peer) = node_and_peer("namer").await;
    let mut mine = sink(&node);
    let taken = mine.id.port().to_owned();
    peer.packet(json!(["", SPAWN, taken, "Spawn::adder", "namer#c", 1])).await;
    log::expect(&["WARN", "node namer", "only this node gives"]).await;
    peer.packet(json!([taken, "still mine"])).await;
    assert_eq!(mine.next().await, r#"["still mine"]"#);
    let told = json!([
        "",
        "kil0",
        taken,
        "die",
        "the name of the new port is one that only this node gives"
    ]);
    assert_eq!(peer.next().await, told);
    peer.packet(json!(["", SPAWN, "", "Spawn::adder", "namer#c", 1])).await;
    log::expect(&["WARN", "node namer", "the name of the new port is empty"]).await;
    peer.packet(json!(["", SPAWN])).await;
    log::expect(&["WARN", "node namer", "the port name is missing"]).await;
    peer.packet(json!(["", SPAWN, ["list"], "Spawn::adder"])).await;
    log::expect(&["WARN", "node namer", "the port name is missing, or no string"]).await;
    peer.packet(json!(["", SPAWN, "r.1"])).await;
    log::expect(&["WARN", "node namer", "the name of the init function is missing"]).await;
    peer.nothing_more().await;
    assert_eq!(node.port_count(), 1);
}

/// Nobody is first to have the names of ports that the node is yet to make.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_the_node_has_yet_to_give() {
    let (node, mut peer) = node_and_peer("thief").await;
    let mine = sink(&node);
    let (prefix, _) = mine.id.port().split_once('.').unwrap();
    for number in 0..40 {
        let name = format!("{prefix}.{}", char::from_digit(number % 32, 32).unwrap());
        let name = if number < 32 { name } else { format!("{prefix}.1{}", number - 32) };
        peer.packet(json!(["", SPAWN, name, "Spawn::adder", "thief#c", 1])).await;
        assert_eq!(peer.next().await[1], "kil0");
    }
    assert_eq!(node.port_count(), 1);
    let port = node.port_fn(|ctx, msg: Message| ctx.snd(msg.arg::<PortId>(0).unwrap(), "ours"));
    assert_eq!(soon("an answer", node.cal::<(String,)>(&port, ("?",))).await.unwrap().0, "ours");
}

/// A spawn that comes second finds its port dead, and not somebody else's alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_another_peer_has_taken() {
    let (node, mut first) = node_and_peer("first").await;
    let mut second = RawPeer::log_in(&node, "second").await;
    first.packet(json!(["", SPAWN, "r.1", "Spawn::adder", "first#c", 1])).await;
    first.packet(json!(["r.1", "tell"])).await;
    assert_eq!(first.next().await, json!(["c", "sum", 1]));
    second.packet(json!(["", SPAWN, "r.1", "Spawn::adder", "second#c", 2])).await;
    let told = json!(["", "kil0", "r.1", "die", "a port of that name exists already"]);
    assert_eq!(second.next().await, told);
    first.packet(json!(["r.1", "tell"])).await;
    assert_eq!(first.next().await, json!(["c", "sum", 1]));
}

/// Names are remembered, so their length is bounded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_are_too_long() {
    let (node, mut peer) = node_and_peer("long").await;
    let name = "n".repeat(257);
    peer.packet(json!(["", SPAWN, name, "Spawn::adder", "long#c", 1])).await;
    let answer = peer.next().await;
    assert_eq!((&answer[1], &answer[3]), (&json!("kil0"), &json!("die")));
    peer.packet(json!(["", "mon1", name])).await;
    let answer = peer.next().await;
    assert_eq!((&answer[1], &answer[3]), (&json!("kil0"), &json!("no_such_port")));
    peer.packet(json!(["", SPAWN, &name[1..], "Spawn::adder", "long#c", 1])).await;
    peer.packet(json!([&name[1..], "tell"])).await;
    assert_eq!(peer.next().await, json!(["c", "sum", 1]));
    assert_eq!(node.port_count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_numbers_and_surplus_arguments() {
    let (_node, mut peer) = node_and_peer("raw").await;
    peer.packet(json!(["", SPAWN, 7, "Spawn::adder", "raw#c", "1"])).await;
    peer.packet(json!([7, "add", 41])).await;
    peer.packet(json!(["7", "tell"])).await;
    assert_eq!(peer.next().await, json!(["c", "sum", 42]));
    peer.packet(json!(["", SPAWN, "r.1", "Spawn::greedy", "raw#g"])).await;
    assert_eq!(peer.next().await, json!(["g", null, []]));
    peer.packet(json!(["", SPAWN, "r.2", "Spawn::greedy", "raw#g", 1, 2, [3]])).await;
    assert_eq!(peer.next().await, json!(["g", 1, [2, [3]]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_init_function_is_spawned_not_called() {
    let (node, mut peer) = node_and_peer("caller").await;
    peer.packet(json!(["", "Spawn::adder", "caller#c", 1])).await;
    log::expect(&["WARN", "node caller", "Spawn::adder", "to be spawned, not called"]).await;
    assert_eq!(node.port_count(), 0);
}
