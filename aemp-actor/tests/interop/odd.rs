//! What Perl nodes may do that ours never would, and what becomes of us when they do
//! it under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::peer::{Dials, Options, Python, connected};
use crate::support::{RawPeer, SECRET, death, sink, soon, until};
use aemp_actor::prelude::*;
use serde_json::{Value as Json, json};

async fn tell(python: &mut Python, message: Json) {
    python.ask(json!({ "do": "tell", "node": "rust", "message": message })).await;
}

/// Says something last, and waits until it is known: so is all that was said before.
async fn told(node: &Node, python: &mut Python, last: &str) {
    tell(python, json!(["reg1", last, "python"])).await;
    until(last, || node.grp_get(last).len() == 1).await;
}

#[tokio::test]
async fn odd_news_of_groups_is_taken_as_it_is_meant() {
    let (node, mut python) = connected(Dials::Python, Options::new("python")).await;
    let changes = Arc::new(parking_lot::Mutex::new(Vec::new()));
    for group in ["7", "группа \u{1F980};%", ""] {
        let changes = changes.clone();
        node.grp_mon(group, move |change| {
            changes.lock().push((change.added.len(), change.removed.len(), change.ports.len()));
        });
    }
    let set = json!(["set", {
        "7": ["python#a", "python#a", "python"],
        "группа \u{1F980};%": ["python#b", 12, null, "no node id#x", "rust#theirs"],
        "": ["python#c"],
        "odd": "no list",
    }]);
    tell(&mut python, set.clone()).await;
    tell(&mut python, set).await;
    tell(&mut python, json!(["reg1", 7, "python#a"])).await;
    tell(&mut python, json!(["reg1", "7", "rust#not-theirs"])).await;
    tell(&mut python, json!(["reg0", "7", "python#never"])).await;
    tell(&mut python, json!(["reg0", "no such group", "python#a"])).await;
    tell(&mut python, json!(["reg1", "7"])).await;
    tell(&mut python, json!(["nonsense", 1, 2])).await;
    told(&node, &mut python, "last").await;
    assert_eq!(node.grp_get("7"), ["python", "python#a"].map(PortId::from));
    assert_eq!(node.grp_get("группа \u{1F980};%"), [PortId::from("python#b")]);
    assert_eq!(*changes.lock(), [(1, 0, 1), (2, 0, 2), (1, 0, 1)], "in the order of names");
    tell(&mut python, json!(["set", {}])).await;
    until("all are gone", || node.groups().is_empty()).await;
    assert_eq!(changes.lock()[3..], [(0, 1, 0), (0, 2, 0), (0, 1, 0)]);
}

#[tokio::test]
async fn names_of_ports_may_be_any_text() {
    for dials in [Dials::Rust, Dials::Python] {
        let (node, mut python) = connected(dials, Options::new("python")).await;
        for name in ["a b", "ä;%\u{1F980}", "x#y", "\"quoted\"", "7", "."] {
            let port = python.ask(json!({ "do": "port", "name": name })).await;
            let port = port.as_str().unwrap().to_owned();
            python.ask(json!({ "do": "reg", "group": name, "port": port })).await;
            until(name, || node.grp_get(name) == [PortId::from(&*port)]).await;
            let ended = death(&node, &*port);
            node.snd(&*port, ("hello", name));
            assert_eq!(python.message(&port).await, json!(["hello", name]));
            node.kil(&*port, ("bye", name));
            assert_eq!(ended.text().await, format!("bye: {name}"));
            until("it has left the group", || node.grp_get(name).is_empty()).await;
        }
    }
}

#[tokio::test]
async fn a_node_and_its_port_are_the_same_however_written() {
    let (node, mut python) = connected(Dials::Python, Options::new("python")).await;
    let there = python.port("report").await;
    for to in ["rust", "rust#"] {
        python.snd(to, json!(["snd", there, "by way of", to])).await;
        assert_eq!(python.message(&there).await, json!(["by way of", to]));
        python.mon(to).await;
    }
    for to in ["python", "python#"] {
        node.snd(to, ("snd", &*there, to));
        assert_eq!(python.message(&there).await, json!([to]));
    }
    assert_eq!(node.cal::<(String,)>("python#", ("info",)).await.unwrap().0, "python");
    drop(node);
    assert_eq!(python.death("rust").await[0], "transport_error");
    assert_eq!(python.death("rust#").await[0], "transport_error");
}

#[tokio::test]
async fn long_lists_are_told_both_ways() {
    const MANY: usize = 5000;
    let (node, mut python) = connected(Dials::Python, Options::new("python")).await;
    let ports: Vec<String> = (0..MANY).map(|n| format!("python#port.{n}")).collect();
    tell(&mut python, json!(["set", { "many": ports }])).await;
    until("all are known", || node.grp_get("many").len() == MANY).await;
    tell(&mut python, json!(["reg0", "many", "python#port.7"])).await;
    until("one less", || node.grp_get("many").len() == MANY - 1).await;
    python.kill().await;
    until("none is left", || node.groups().is_empty()).await;
    let ours: Vec<_> = (0..300).map(|_| node.port_fn(|_, _| ())).collect();
    for port in &ours {
        for group in 0..5 {
            node.grp_reg(format!("g{group}"), port).unwrap();
        }
    }
    let mut python = Options::new("python").seed(&node.listeners()[0]).start().await;
    let mut ids: Vec<String> = ours.iter().map(|port| port.id().to_string()).collect();
    ids.sort();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for group in 0..5 {
        python.wait_group(&format!("g{group}"), &ids).await;
    }
}

#[tokio::test]
async fn a_node_with_several_listeners_is_found_by_any() {
    let node = Node::configure(Config::new().nodeid("rust").secret(SECRET).bind("127.0.0.1:0"));
    let node = node.await.unwrap();
    let binds = json!(["127.0.0.1:0", "127.0.0.1:0"]);
    let address = node.listeners().remove(0);
    let mut python = Options::new("python").set("bind", binds).seed(&address).start().await;
    let other = Config::new().nodeid("other").secret(SECRET).seed(address);
    let other = Node::configure(other).await.unwrap();
    soon("the private node dials it", other.wait_up("python")).await;
    python.wait_up(&["other", "rust"]).await;
    let known = other.peer("python").unwrap();
    assert_eq!(known.addresses.len(), 2, "{known:?}");
    let connection = known.connection.unwrap();
    assert!(connection.dialled && connection.instance.is_none(), "{connection:?}");
    assert_eq!(connection.auth, "hmac_md6_64_256");
    assert!(other.ping("python", Duration::from_secs(20)).await.is_ok());
}

/// Sends to a port again and again until told to stop.
fn load(node: &Node, group: &'static str) -> Arc<AtomicBool> {
    let (stop, node) = (Arc::new(AtomicBool::new(false)), node.clone());
    let stopped = stop.clone();
    tokio::spawn(async move {
        let mut number = 0_u64;
        while !stopped.load(Ordering::Relaxed) {
            node.grp_snd_all(group, ("load", number));
            number += 1;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    stop
}

#[tokio::test]
async fn a_node_restarted_under_load_is_another_one() {
    for dials in [Dials::Rust, Dials::Python] {
        let (node, mut python) = connected(dials, Options::new("python")).await;
        let stop = load(&node, "workers");
        for _ in 0..3 {
            let mut ended = Vec::new();
            for _ in 0..10 {
                let port = python.port("report").await;
                python.ask(json!({ "do": "reg", "group": "workers", "port": port })).await;
                ended.push(death(&node, &*port));
            }
            until("all are known", || node.grp_get("workers").len() == 10).await;
            let first = node.grp_get("workers")[0].to_string();
            let before = python.message(&first).await[1].as_u64().unwrap();
            assert_eq!(python.message(&first).await[1], json!(before + 1), "in order");
            let address = python.address().to_owned();
            python.kill().await;
            for ended in ended {
                assert_eq!(ended.reason().await.kind(), "transport_error");
            }
            until("none is left", || node.grp_get("workers").is_empty()).await;
            let options = Options::new("python").set("bind", json!([address]));
            python = match dials {
                Dials::Rust => options.start().await,
                Dials::Python => options.seed(&node.listeners()[0]).start().await,
            };
            soon("the new process", node.wait_up("python")).await;
        }
        stop.store(true, Ordering::Relaxed);
        assert!(node.peer("python").unwrap().monitors >= 1);
    }
}

#[tokio::test]
async fn who_asks_again_and_again_is_told_once_for_each_death() {
    let config = Config::new().nodeid("rust").secret(SECRET).bind("127.0.0.1:0");
    let node = Node::configure(config).await.unwrap();
    let port = sink(&node).id;
    let name = port.port().to_owned();
    let mut raw = RawPeer::log_in(&node, "raw").await;
    for _ in 0..5 {
        raw.packet(json!(["", "mon1", name])).await;
    }
    raw.nothing_more().await;
    node.kil(&port, ("gone", "for good"));
    assert_eq!(raw.next().await, json!(["", "kil0", name, "gone", "for good"]));
    raw.nothing_more().await;
    // A port that does not exist is another matter: each question has its answer.
    for _ in 0..3 {
        raw.packet(json!(["", "mon1", name])).await;
        let answer = raw.next().await;
        assert_eq!((&answer[1], &answer[3]), (&json!("kil0"), &json!("no_such_port")));
    }
    raw.nothing_more().await;
}
