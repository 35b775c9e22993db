//! Two nodes without listeners, which nobody can dial, talk through a third.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{SECRET, config, death, sink, soon, tcp_node, until};
use aemp_actor::prelude::*;
use tokio::sync::oneshot;

fn private_config(id: &str, hubs: &[&Node]) -> Config {
    let config = Config::new().nodeid(id).secret(SECRET);
    let config = config.connect_interval(Duration::from_millis(200));
    config.seeds(hubs.iter().flat_map(|hub| hub.listeners()))
}

/// A node that listens nowhere, connected to the hubs.
async fn private(id: &str, hubs: &[&Node]) -> Node {
    let node = Node::configure(private_config(id, hubs)).await.unwrap();
    for hub in hubs {
        soon("the hub", node.wait_up(hub.id())).await;
    }
    node
}

/// Waits until both are connected to each other.
async fn meet(one: &Node, two: &Node) {
    soon("the relayed connection", async {
        one.wait_up(two.id()).await;
        two.wait_up(one.id()).await;
    })
    .await;
}

async fn trio() -> (Node, Node, Node) {
    let hub = tcp_node("hub").await;
    let one = private("one", &[&hub]).await;
    let two = private("two", &[&hub]).await;
    meet(&one, &two).await;
    (hub, one, two)
}

/// A port that wants the numbers from 0 to `count` in order, and tells when it has them.
fn counter(node: &Node, count: u64) -> (PortId, oneshot::Receiver<()>) {
    let (done, all) = oneshot::channel();
    let (mut done, mut next) = (Some(done), 0);
    let port = node.port_fn(move |_, message| {
        assert_eq!(message.arg::<u64>(0).unwrap(), next, "in order, and none missing");
        next += 1;
        if next == count {
            done.take().unwrap().send(()).unwrap();
        }
    });
    (port.id(), all)
}

#[tokio::test]
async fn a_hundred_thousand_messages_each_way_in_order() {
    const COUNT: u64 = 100_000;
    let (hub, one, two) = trio().await;
    let (at_one, all_at_one) = counter(&one, COUNT);
    let (at_two, all_at_two) = counter(&two, COUNT);
    let (mut died_one, mut died_two) = (death(&two, &at_one), death(&one, &at_two));
    let sender = |node: Node, to: PortId| async move {
        for n in 0..COUNT {
            node.snd_wait(&to, ("n", n)).await.unwrap();
        }
    };
    let sending =
        [tokio::spawn(sender(one.clone(), at_two)), tokio::spawn(sender(two.clone(), at_one))];
    soon("all messages", async {
        all_at_one.await.unwrap();
        all_at_two.await.unwrap();
    })
    .await;
    for sent in sending {
        sent.await.unwrap();
    }
    assert!(died_one.is_waiting() && died_two.is_waiting());
    assert_eq!(hub.dropped(), Default::default());
    assert_eq!(one.dropped(), Default::default());
}

#[tokio::test]
async fn verbs_groups_and_monitors_work_across() {
    let (_hub, one, two) = trio().await;
    let mut there = sink(&two);
    let ended = death(&one, &there);
    two.grp_reg("g", &there).unwrap();
    until("the group", || one.grp_get("g") == [there.id.clone()]).await;
    one.grp_snd_all("g", ("hello", 1));
    assert_eq!(there.next().await, r#"["hello",1]"#);
    let (seconds,): (f64,) = soon("an answer", one.cal("two", ("time",))).await.unwrap();
    assert!(seconds > 0.0);
    one.kil(&there, ("enough", "of this"));
    assert_eq!(ended.text().await, "enough: of this");
    until("the group to be empty", || one.grp_get("g").is_empty()).await;
    assert_eq!(death(&two, PortId::from("one#nonesuch")).reason().await.kind(), "no_such_port");
}

#[tokio::test]
async fn large_messages_pass() {
    let (_hub, one, two) = trio().await;
    let mut there = sink(&two);
    let text = "0123456789abcde\u{e4}".repeat(10 << 16);
    one.snd(&there, ("large", &text));
    one.snd(&there, ("small",));
    assert_eq!(there.message().await.arg::<String>(0).unwrap(), text);
    assert_eq!(there.next().await, r#"["small"]"#);
}

#[tokio::test]
async fn a_shutdown_is_told_across() {
    let (hub, one, two) = trio().await;
    let there = two.port_fn(|_, _| ()).id();
    let (port, node) = (death(&one, &there), death(&one, two.id()));
    one.cal::<(f64,)>("two", ("time",)).await.unwrap();
    soon("the shutdown", two.shutdown(Duration::from_secs(30))).await;
    assert_eq!(port.reason().await.kind(), "shutdown");
    assert_eq!(node.reason().await.kind(), "transport_error");
    until("the hub to know", || !hub.node_is_up("two")).await;
    // A new process of the same name.
    let two = private("two", &[&hub]).await;
    meet(&one, &two).await;
    assert_eq!(death(&one, &there).reason().await.kind(), "no_such_port");
}

#[tokio::test]
async fn when_the_hub_goes_everybody_is_told_and_another_takes_its_place() {
    let (hub, one, two) = trio().await;
    let (here, there) = (one.port_fn(|_, _| ()).id(), two.port_fn(|_, _| ()).id());
    one.grp_reg("g", &here).unwrap();
    two.grp_reg("g", &there).unwrap();
    let both = [here.clone(), there.clone()];
    until("the group", || one.grp_get("g") == both && two.grp_get("g") == both).await;
    let (port, node) = (death(&one, &there), death(&one, two.id()));
    one.cal::<(f64,)>("two", ("time",)).await.unwrap();
    let other = Node::configure(config("other").seeds(hub.listeners())).await.unwrap();
    soon("the other hub", one.wait_up("other")).await;
    soon("the other hub", two.wait_up("other")).await;
    drop(hub);
    assert_eq!(port.reason().await.kind(), "transport_error");
    assert_eq!(node.reason().await.kind(), "transport_error");
    meet(&one, &two).await;
    until("the group", || one.grp_get("g") == both && two.grp_get("g") == both).await;
    // Now there is none left.
    let ended = death(&one, &there);
    one.cal::<(f64,)>("two", ("time",)).await.unwrap();
    drop(other);
    assert_eq!(ended.reason().await.kind(), "transport_error");
    until("the group", || one.grp_get("g") == [here.clone()]).await;
    until("the group", || two.grp_get("g") == [there.clone()]).await;
}

#[tokio::test]
async fn what_is_sent_to_a_node_that_comes_later_arrives() {
    let hub = tcp_node("hub").await;
    let one = private("one", &[&hub]).await;
    let answer = one.cal::<(f64,)>("two", ("time",));
    let two = private("two", &[&hub]).await;
    soon("the answer", answer).await.unwrap();
    assert!(one.node_is_up(two.id()));
    let lost = death(&one, "nobody#1");
    let short = private_config("short", &[&hub]).connect_timeout(Duration::from_millis(300));
    let short = Node::configure(short).await.unwrap();
    soon("the hub", short.wait_up("hub")).await;
    let text = death(&short, "nobody#1").text().await;
    assert!(text.starts_with("transport_error: no node nobody; there are hub, "), "{text}");
    drop(lost);
}

#[tokio::test]
async fn a_node_that_does_not_want_it_is_not_reached() {
    let hub = tcp_node("hub").await;
    let shy = Node::configure(private_config("shy", &[&hub]).relay(false)).await.unwrap();
    soon("the hub", shy.wait_up("hub")).await;
    let bold = private_config("bold", &[&hub]).connect_timeout(Duration::from_millis(300));
    let bold = Node::configure(bold).await.unwrap();
    soon("the hub", bold.wait_up("hub")).await;
    let text = death(&bold, "shy#1").text().await;
    assert!(text.contains("Config::relay"), "{text}");
    assert!(!shy.node_is_up("bold"));
}

/// One end reads nothing: what waits, waits at the other end, and not in the hub.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slow_reader_fills_nothing_but_the_queue_of_its_sender() {
    // A window in base64, twice: see the module `relay`.
    const LIMIT: usize = 1 << 20;
    const COUNT: u64 = 20_000;
    let hub = Node::configure(config("hub").max_queue(LIMIT)).await.unwrap();
    let one = private("one", &[&hub]).await;
    let two = private("two", &[&hub]).await;
    meet(&one, &two).await;
    // Stops the task that reads what the hub sends.
    let (release, blocked) = mpsc::channel::<()>();
    let (entered, inside) = mpsc::channel();
    let (blocked, entered) = (Mutex::new(blocked), Mutex::new(entered));
    two.register("test::block", move |_| {
        entered.lock().unwrap().send(()).unwrap();
        blocked.lock().unwrap().recv().unwrap_err();
    });
    hub.snd("two", ("test::block",));
    tokio::task::spawn_blocking(move || inside.recv().unwrap()).await.unwrap();
    let (there, all) = counter(&two, COUNT);
    let text = "x".repeat(1000);
    for n in 0..COUNT {
        one.snd(&there, ("n", n, &text));
    }
    // The way to the hub is free, and stays so.
    for _ in 0..100 {
        soon("the hub", one.cal::<(f64,)>("hub", ("time",))).await.unwrap();
    }
    drop(release);
    soon("all messages", all).await.unwrap();
    assert!(hub.node_is_up("one") && hub.node_is_up("two"));
    assert_eq!(hub.dropped(), Default::default());
}
