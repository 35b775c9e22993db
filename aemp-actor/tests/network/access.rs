//! What other nodes may ask, by their node IDs.

use crate::support::{RawPeer, SECRET, config, death, log, sink, soon, until};
use aemp_actor::prelude::*;
use aemp_actor::{Access, Config, Rights};
use serde_json::json;

#[derive(Port)]
struct Idle;

#[rcv]
impl Idle {}

#[init("Access::allowed")]
fn allowed() -> Idle {
    Idle
}

#[init("Access::other")]
fn other() -> Idle {
    Idle
}

/// A node that gives the rights to nodes named `guest…`, and all to others.
async fn host(id: &str, rights: Rights) -> Node {
    Node::configure(config(id).access(Access::default().rule("guest*", rights))).await.unwrap()
}

async fn join(host: &Node, id: &str) -> Node {
    let config = Config::new().nodeid(id).secret(SECRET).seed(&host.listeners()[0]);
    let node = Node::configure(config).await.unwrap();
    soon("the connection", async {
        node.wait_up(host.id()).await;
        host.wait_up(id).await;
    })
    .await;
    node
}

#[tokio::test]
async fn functions_are_spawned_and_called_by_the_list() {
    let host = host("fun-host", Rights::all().functions(["Access::allowed", "App::*"])).await;
    let calls = sink(&host);
    let to = calls.id.clone();
    host.register("App::call", move |call| call.node.snd(&to, ("called",)));
    host.register("Other::call", |_| panic!("called by a node that must not"));
    let guest = join(&host, "guest-1").await;

    let good = guest.spawn(&host, "Access::allowed", ());
    let bad = guest.spawn(&host, "Access::other", ());
    let died = death(&guest, &bad);
    let reason = died.reason().await;
    assert_eq!(reason.kind(), "access_denied");
    assert_eq!(reason.text(), format!("port {bad} may not be spawned by node guest-1"));
    let died = death(&guest, &good);
    guest.kil(&good, ("done",));
    assert_eq!(died.reason().await.kind(), "done");

    guest.snd(&host, ("Other::call",));
    guest.snd(&host, ("App::call",));
    let mut calls = calls;
    assert_eq!(calls.next().await, r#"["called"]"#);
    assert_eq!(host.dropped().refused, 2);

    let other = join(&host, "friend").await;
    let fine = other.spawn(&host, "Access::other", ());
    let died = death(&other, &fine);
    other.kil(&fine, ("done",));
    assert_eq!(died.reason().await.kind(), "done");
}

#[tokio::test]
async fn each_right_can_be_taken_away() {
    log::start();
    for (right, rights, request) in [
        ("kil", Rights::all().kil(false), json!(["", "kil", "x", "why"])),
        ("relay", Rights::all().relay(false), json!(["", "snd", "elsewhere#x", "hi"])),
        ("relay", Rights::all().relay(false), json!(["", "time", "elsewhere#x", "hi"])),
        ("look", Rights::all().look(false), json!(["", "known_nodes", "guest#me"])),
        ("eval", Rights::all().eval(false), json!(["", "eval", "1", "guest#me"])),
        ("functions", Rights::none(), json!(["", "App::f", 1])),
        (
            "join",
            Rights::none(),
            json!(["", "AnyEvent::MP::_spawn", "r.1", "AnyEvent::MP::Global::connect", 0, "guest"]),
        ),
    ] {
        let host = host(&format!("host-{right}"), rights).await;
        let mut guest = RawPeer::log_in(&host, "guest").await;
        guest.packet(request.clone()).await;
        let missing = format!("refused: it has no right to {right} (Config::access)");
        until("the refusal", || host.dropped().refused == 1).await;
        log::expect(&["WARN", "request of node guest", &missing]).await;
        guest.packet(json!(["", "snd", "guest", ""])).await;
        let mut answer = guest.next().await;
        if answer[1] == "kil0" {
            assert_eq!(answer[3], "access_denied", "{answer}");
            answer = guest.next().await;
        }
        assert_eq!(answer, json!(["", ""]), "a sign of life is not refused");
    }
}

#[tokio::test]
async fn messages_are_refused_with_their_monitors() {
    let host = host("mute-host", Rights::all().messages(false)).await;
    let port = sink(&host);
    let guest = join(&host, "guest-2").await;
    let died = death(&guest, &port.id);
    guest.snd(&port.id, ("hello",));
    let reason = died.reason().await;
    assert_eq!(reason.kind(), "access_denied");
    until("the refusal", || host.dropped().refused >= 2).await;

    let friend = join(&host, "friend").await;
    friend.snd(&port.id, ("hello",));
    let mut port = port;
    assert_eq!(port.next().await, r#"["hello"]"#);
    // News of the mesh are no messages.
    let member = sink(&guest);
    let _token = guest.grp_reg("group", &member.id).unwrap();
    until("the news", || host.grp_get("group") == [member.id.clone()]).await;
}

#[tokio::test]
async fn a_node_that_may_not_join_is_told_nothing() {
    let host = host("closed-host", Rights::all().join(false)).await;
    let member = sink(&host);
    let _token = host.grp_reg("group", &member.id).unwrap();
    let guest = join(&host, "guest-3").await;
    let (_,): (f64,) = guest.cal(&host, ("time",)).await.unwrap();
    assert!(guest.grp_get("group").is_empty());
    let own = sink(&guest);
    let _own = guest.grp_reg("group", &own.id).unwrap();
    let (_,): (f64,) = guest.cal(&host, ("time",)).await.unwrap();
    assert_eq!(host.grp_get("group"), [member.id]);
}
