//! What the manual of AnyEvent::MP and its tutorial show, to the letter.

use std::sync::Arc;

use crate::support::{SECRET, log, soon, tcp_node};
use aemp_actor::prelude::*;
use aemp_actor::{Access, ConfigError, Rights};
use tokio::sync::Notify;

#[init("Manual::nothing")]
fn nothing(ctx: &mut Init) {
    ctx.rcv_default(|_, _| ());
}

fn port_of(node: &Node) -> String {
    node.listeners()[0].rsplit_once(':').unwrap().1.to_owned()
}

/// `configure nodeid => "anon/", seeds => ["*:4040"]`.
#[tokio::test]
async fn a_seed_may_be_any_address_of_this_machine_and_an_id_may_be_drawn() {
    let seed = tcp_node("seed").await;
    let client =
        || Config::new().nodeid("anon/").secret(SECRET).seed(format!("*:{}", port_of(&seed)));
    let one = Node::configure(client()).await.unwrap();
    let two = Node::configure(client()).await.unwrap();
    for node in [&one, &two] {
        soon("joining", node.joined()).await.unwrap();
        assert!(node.node_is_up("seed"));
        assert_eq!(node.id().as_str().len(), "anon/".len() + 16, "{}", node.id());
    }
    assert_ne!(one.id(), two.id());
}

#[tokio::test]
async fn a_node_may_be_its_own_seed_on_one_address_of_the_machine() {
    let seed = tcp_node("twin").await;
    // What answers there has its node ID, which is all that it knows of itself.
    let same = Config::new().nodeid("twin").secret(SECRET).seed(format!("*:{}", port_of(&seed)));
    let same = Node::configure(same).await.unwrap();
    soon("that there is nobody to join", same.joined()).await.unwrap();
    assert!(same.up_nodes().is_empty());
}

#[tokio::test]
async fn where_nobody_listens_on_this_machine_one_address_is_told() {
    log::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Config::new().nodeid("lonely").secret(SECRET).seed(format!("*:{port}"));
    drop(listener);
    let _node = Node::configure(config).await.unwrap();
    let port = format!(":{port}: ");
    log::expect(&["WARN", "seed: cannot connect to ", &port]).await;
    let lines = log::all().into_iter().filter(|line| line.contains(&port)).count();
    assert_eq!(lines, 1);
}

#[tokio::test]
async fn what_nobody_can_dial_is_refused_at_once() {
    let node = |address| Config::new().secret(SECRET).node("alpha", address);
    let seed = |address| Config::new().secret(SECRET).seed(address);
    for config in [seed("host:0"), seed("*:*"), node("*:4040"), node("host:*")] {
        let error = Node::configure(config).await.unwrap_err();
        assert!(matches!(error, ConfigError::NotDialable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_node_id_has_its_parts_filled_in() {
    let node = Node::configure(Config::new().nodeid("shop/%u/x")).await.unwrap();
    assert_eq!(node.id().as_str().len(), "shop//x".len() + 16, "{}", node.id());
    let error = Node::configure(Config::new().nodeid("100%")).await.unwrap_err();
    assert!(matches!(error, ConfigError::NodeId(_)), "{error}");
}

#[tokio::test]
async fn a_service_that_is_a_module_is_refused() {
    let config = Config::new().service("Manual::nothing::", ());
    let error = Node::configure(config).await.unwrap_err();
    assert!(matches!(&error, ConfigError::NoService { name } if name == "Manual::nothing::"));
    assert!(error.to_string().contains("as Manual::nothing::run"), "{error}");
}

/// `snd NODE, "AnyEvent::Watchdog::restart", 1`.
#[tokio::test]
async fn the_function_of_the_watchdog_restarts_a_node() {
    log::start();
    let access = Access::default().rule("guest", Rights::all().functions(["AnyEvent::*"]));
    let alpha = crate::support::config("alpha").bind("127.0.0.1:0").access(access);
    let alpha = Node::configure(alpha).await.unwrap();
    let client = |id| crate::support::config(id).seed(&alpha.listeners()[0]);
    let (boss, guest) = (client("boss"), client("guest"));
    let (boss, guest) =
        (Node::configure(boss).await.unwrap(), Node::configure(guest).await.unwrap());
    let restart = ("AnyEvent::Watchdog::restart", 1);
    soon("a connection", boss.wait_up("alpha")).await;
    boss.snd(PortId::from("alpha"), restart);
    log::expect(&["WARN", "request of node boss: no watchdog"]).await;
    let wanted = Arc::new(Notify::new());
    let notify = wanted.clone();
    alpha.on_restart(move || notify.notify_one());
    soon("a connection", guest.wait_up("alpha")).await;
    guest.snd(PortId::from("alpha"), restart);
    log::expect(&["WARN", "request of node guest: refused: it has no right to functions"]).await;
    boss.snd(PortId::from("alpha"), restart);
    soon("the restart", wanted.notified()).await;
    log::expect(&["INFO", "node boss asks for a restart"]).await;
}

/// `spawn $port, …`, `node_of`, `connect_to $port`.
#[tokio::test]
async fn where_a_node_is_wanted_a_port_will_do() {
    let alpha = tcp_node("alpha").await;
    let beta = crate::support::config("beta").seed(&alpha.listeners()[0]);
    let beta = Node::configure(beta).await.unwrap();
    let there = alpha.spawn(&alpha, "Manual::nothing", ());
    soon("a connection", beta.wait_up(&there)).await;
    let other = beta.spawn(&there, "Manual::nothing", ());
    assert_eq!(other.node(), "alpha");
    assert!(beta.peer(there.clone()).is_some() && beta.node_is_up(&other));
}
