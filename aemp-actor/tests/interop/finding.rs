//! Python nodes and ours in one mesh: they find each other through seeds of either kind, see each
//! other's groups, and nodes that are killed, restarted or cut off leave nothing behind.

use std::time::Duration;

use crate::peer::{Dials, Options, Python, connected};
use crate::support::{SECRET, death, sink, soon, until};
use aemp_actor::prelude::*;
use serde_json::json;

fn config(id: &str) -> Config {
    Config::new()
        .nodeid(id)
        .secret(SECRET)
        .bind("127.0.0.1:0")
        .connect_interval(Duration::from_millis(200))
}

async fn our_node(id: &str, seed: &str) -> Node {
    Node::configure(config(id).seed(seed)).await.unwrap()
}

/// Waits until the node knows exactly these members of a group.
async fn wait_group(node: &Node, group: &str, ports: &[&str]) {
    let mut wanted: Vec<PortId> = ports.iter().map(|port| PortId::from(*port)).collect();
    wanted.sort();
    until(&format!("{} to know {wanted:?}", node.id()), || node.grp_get(group) == wanted).await;
}

/// Waits until exactly these nodes are connected.
async fn wait_up(node: &Node, nodes: &[&str]) {
    let up = || node.up_nodes().iter().map(ToString::to_string).collect::<Vec<_>>();
    until(&format!("{} to be connected to {nodes:?}", node.id()), || {
        let mut up = up();
        up.sort();
        up == nodes
    })
    .await;
}

async fn reg(python: &mut Python, group: &str, port: &str) {
    python.ask(json!({ "do": "reg", "group": group, "port": port })).await;
}

#[tokio::test]
async fn groups_are_seen_whichever_side_dials() {
    for dials in [Dials::Rust, Dials::Python] {
        for style in [json!({}), json!({ "loose": true }), json!({ "cut": 3, "spaced": true })] {
            let (node, mut python) =
                connected(dials, Options::new("python").set("style", style)).await;
            let here = sink(&node).id;
            let token = node.grp_reg("7", &here).unwrap();
            let there = python.port("report").await;
            reg(&mut python, "7", &there).await;
            reg(&mut python, "nodes", "python").await;
            let both = [&*here.to_string(), &*there];
            wait_group(&node, "7", &both).await;
            python.wait_group("7", &both).await;
            wait_group(&node, "nodes", &["python"]).await;
            assert_eq!(node.grp_snd_all("7", ("hello",)), 2);
            assert_eq!(python.message(&there).await, json!(["hello"]));
            token.cancel();
            python.wait_group("7", &[&there]).await;
            python.ask(json!({ "do": "kil", "port": there })).await;
            wait_group(&node, "7", &[]).await;
            let again = node.port_fn(|_, _| ()).id();
            node.grp_reg("7", &again).unwrap();
            python.wait_group("7", &[&again.to_string()]).await;
            node.kil(&again, ());
            python.wait_group("7", &[]).await;
            assert_eq!(python.has("died").or_else(|| python.has("warn")), None);
        }
    }
}

#[tokio::test]
async fn groups_from_before_the_connection_are_told() {
    let node = Node::configure(config("rust")).await.unwrap();
    let here = node.port_fn(|_, _| ()).id();
    node.grp_reg("g", &here).unwrap();
    let mut python = Options::new("python").start().await;
    let there = python.port("report").await;
    reg(&mut python, "g", &there).await;
    let address = node.listeners().remove(0);
    python.ask(json!({ "do": "dial", "address": address })).await;
    let both = [&*here.to_string(), &*there];
    python.wait_group("g", &both).await;
    wait_group(&node, "g", &both).await;
}

#[tokio::test]
async fn a_python_node_that_is_killed_and_started_again_comes_back() {
    for dials in [Dials::Rust, Dials::Python] {
        let (node, mut python) = connected(dials, Options::new("python")).await;
        for _ in 0..3 {
            let there = python.port("report").await;
            reg(&mut python, "g", &there).await;
            wait_group(&node, "g", &[&there]).await;
            let ended = death(&node, &*there);
            let address = python.address().to_owned();
            python.kill().await;
            assert_eq!(ended.reason().await.kind(), "transport_error");
            wait_group(&node, "g", &[]).await;
            let options = Options::new("python").set("bind", json!([address]));
            python = match dials {
                Dials::Rust => options.start().await,
                Dials::Python => options.seed(&node.listeners()[0]).start().await,
            };
            soon("the new process", node.wait_up("python")).await;
            python.wait_up(&["rust"]).await;
            assert_eq!(death(&node, &*there).reason().await.kind(), "no_such_port");
            let answering = python.port("answer").await;
            let answer = node.cal::<(u8,)>(&*answering, (1,));
            assert_eq!(soon("an answer", answer).await.unwrap(), (1,));
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again() {
    for dials in [Dials::Rust, Dials::Python] {
        let (node, mut python) = connected(dials, Options::new("python")).await;
        let here = node.port_fn(|_, _| ()).id();
        node.grp_reg("g", &here).unwrap();
        let there = python.port("report").await;
        reg(&mut python, "g", &there).await;
        for _ in 0..3 {
            wait_group(&node, "g", &[&here.to_string(), &there]).await;
            let ended = death(&node, &*there);
            python.mon(&here.to_string()).await;
            python.ask(json!({ "do": "cut_off", "node": "rust" })).await;
            assert_eq!(ended.reason().await.kind(), "transport_error");
            assert_eq!(python.death(&here.to_string()).await[0], "transport_error");
            soon("the connection", node.wait_up("python")).await;
            python.wait_group("g", &[&here.to_string(), &there]).await;
        }
    }
}

#[tokio::test]
async fn our_nodes_find_each_other_through_a_python_seed() {
    let mut seed = Options::new("seed").start().await;
    let one = our_node("one", seed.address()).await;
    let two = our_node("two", seed.address()).await;
    soon("joining", one.joined()).await.unwrap();
    soon("joining", two.joined()).await.unwrap();
    seed.wait_up(&["one", "two"]).await;
    wait_up(&one, &["seed", "two"]).await;
    wait_up(&two, &["one", "seed"]).await;
    let port = two.port_fn(|_, _| ()).id();
    two.grp_reg("g", &port).unwrap();
    wait_group(&one, "g", &[&port.to_string()]).await;
    seed.kill().await;
    wait_up(&one, &["two"]).await;
    assert_eq!(one.grp_get("g"), [port]);
}

#[tokio::test]
async fn python_nodes_find_each_other_through_our_seed() {
    let seed = Node::configure(config("seed")).await.unwrap();
    let address = seed.listeners().remove(0);
    let mut one = Options::new("one").seed(&address).start().await;
    let mut two = Options::new("two").seed(&address).start().await;
    wait_up(&seed, &["one", "two"]).await;
    one.wait_up(&["seed", "two"]).await;
    two.wait_up(&["one", "seed"]).await;
    let port = two.port("report").await;
    reg(&mut two, "g", &port).await;
    one.wait_group("g", &[&port]).await;
    wait_group(&seed, "g", &[&port]).await;
    drop(seed);
    one.wait_up(&["two"]).await;
    two.wait_up(&["one"]).await;
    one.wait_group("g", &[&port]).await;
}

#[tokio::test]
async fn a_mixed_mesh_grows_from_one_seed_and_loses_nodes() {
    let seed = Node::configure(config("seed")).await.unwrap();
    let address = seed.listeners().remove(0);
    let mut ours = vec![seed];
    let mut pythons = Vec::new();
    for n in 0..3 {
        ours.push(our_node(&format!("r{n}"), &address).await);
        pythons.push(Options::new(&format!("p{n}")).seed(&address).start().await);
    }
    let mut all: Vec<String> = vec!["seed".into()];
    all.extend((0..3).flat_map(|n| [format!("r{n}"), format!("p{n}")]));
    all.sort();
    let mut ports = Vec::new();
    for node in &ours {
        let port = node.port_fn(|_, _| ()).id();
        node.grp_reg("all", &port).unwrap();
        ports.push(port.to_string());
    }
    for python in &mut pythons {
        let port = python.port("report").await;
        reg(python, "all", &port).await;
        ports.push(port);
    }
    meshed(&ours, &mut pythons, &all, &ports).await;
    let gone = pythons.pop().unwrap();
    ports.pop();
    all.retain(|id| *id != gone.id);
    gone.kill().await;
    meshed(&ours, &mut pythons, &all, &ports).await;
}

/// Waits until everybody is connected to everybody, and knows all of the group.
async fn meshed(ours: &[Node], pythons: &mut [Python], all: &[String], ports: &[String]) {
    let ports: Vec<&str> = ports.iter().map(String::as_str).collect();
    let others = |own: &str| -> Vec<&str> {
        all.iter().map(String::as_str).filter(|id| *id != own).collect()
    };
    for node in ours {
        wait_up(node, &others(node.id().as_str())).await;
        wait_group(node, "all", &ports).await;
    }
    for python in pythons {
        let id = python.id.clone();
        python.wait_up(&others(&id)).await;
        python.wait_group("all", &ports).await;
    }
}

#[tokio::test]
async fn a_bridge_head_ends_with_its_owner() {
    let (node, mut python) = connected(Dials::Python, Options::new("python")).await;
    let owner = node.port_fn(|_, _| ()).id();
    let head = node.spawn("python", "::bridge", (&owner,));
    node.snd(&head, ("hello", 1));
    assert_eq!(python.message(&head.to_string()).await, json!(["hello", 1]));
    let ended = death(&node, &head);
    // Both monitors are there, when this is answered.
    python.cal("rust", json!(["time"])).await;
    node.cal::<(f64,)>("python", ("time",)).await.unwrap();
    node.kil(&owner, ("gone", "fishing"));
    assert_eq!(ended.text().await, "gone: fishing");
}

#[tokio::test]
async fn a_quiet_connection_stays_up_by_its_keepalives() {
    let seconds = Duration::from_secs(1);
    let mut python = Options::new("python").set("keepalive", json!(0.2)).start().await;
    let settings = config("rust").monitor_timeout(seconds).seed(python.address());
    let node = Node::configure(settings).await.unwrap();
    python.wait_up(&["rust"]).await;
    let mut here = sink(&node);
    let _timer = node.after(3 * seconds, &here, ("some silence",));
    assert_eq!(here.next().await, r#"["some silence"]"#);
    assert_eq!(python.has("down"), None);
    assert!(node.node_is_up("python"));
}
