//! SIGHUP, to a program that waits in `shutdown_on_signal`. One test: signals are for the process.
#![cfg(unix)]

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use crate::support::{death, log, sink, soon};
use aemp_actor::prelude::*;
use aemp_actor::{Config, Profiles};

fn signal(name: &str) {
    let process = std::process::id().to_string();
    assert!(std::process::Command::new("kill").args([name, &process]).status().unwrap().success());
}

/// Whether a node with this secret gets a connection.
async fn gets_in(node: &Node, secret: &str) -> bool {
    let config = Config::new().secret(secret).connect_timeout(Duration::from_secs(30));
    let guest = Node::configure(config.node("alpha", node.listeners().remove(0))).await.unwrap();
    let answer = soon("an answer", guest.cal::<(f64,)>("alpha", ("time",))).await;
    guest.shutdown(Duration::from_secs(5)).await;
    answer.is_ok()
}

#[tokio::test]
async fn a_hang_up_reads_the_profile_again_and_the_node_goes_on() {
    log::start();
    let file = std::env::temp_dir().join(format!("aemp-hang-up-{}.json", std::process::id()));
    let write = |secret: &str| {
        let profile = serde_json::json!({ "nodeid": "alpha", "binds": ["127.0.0.1:0"] });
        let text = serde_json::json!({ "secret": secret, "profile": { "alpha": profile } });
        std::fs::write(&file, text.to_string()).unwrap();
    };
    write("old");
    let config = Config::new().profile_of(&Profiles::open_at(&file).unwrap(), "alpha").unwrap();
    let node = Node::configure(config).await.unwrap();
    let port = sink(&node).id;
    let mut waiting = pin!(node.shutdown_on_signal(Duration::from_secs(5)));
    // From the first poll on, signals are taken.
    let begun = std::future::poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending()));
    assert!(begun.await);

    let test = async {
        assert!(gets_in(&node, "old").await);
        write("new");
        assert!(!gets_in(&node, "new").await);
        signal("-HUP");
        log::expect(&["INFO", "secrets and certificates were read again"]).await;
        assert!(gets_in(&node, "new").await);
        assert!(!gets_in(&node, "old").await);

        std::fs::write(&file, "{").unwrap();
        signal("-HUP");
        log::expect(&["ERROR", "stay as they were"]).await;
        assert!(gets_in(&node, "new").await);
        std::fs::remove_file(&file).unwrap();

        let config = Config::new().secret("new").node("alpha", node.listeners().remove(0));
        let guest = Node::configure(config).await.unwrap();
        let died = death(&guest, &port);
        soon("a connection", guest.wait_up("alpha")).await;
        signal("-TERM");
        assert_eq!(died.reason().await.kind(), "shutdown", "the farewell");
    };
    let (ended, ()) = tokio::join!(soon("the end", waiting), test);
    ended.unwrap();
    assert!(node.is_shut_down());
}
