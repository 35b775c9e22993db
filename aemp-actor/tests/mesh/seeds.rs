//! What a program is told of seeds that cannot be joined.

use std::time::Duration;

use crate::support::{Net, log, soon, tcp_node};
use aemp_actor::prelude::*;
use aemp_actor::{Access, CallError, Memory, Rights, kind};

/// A node on a network in memory whose only seed is nobody.
async fn lonely(memory: &Memory) -> Node {
    let config = Net::Memory(memory.clone()).private_config("lonely").seed("mem:nobody");
    Node::configure(config.connect_timeout(Duration::from_secs(5))).await.unwrap()
}

#[tokio::test]
async fn a_wrong_secret_is_told_at_once() {
    let alpha = tcp_node("alpha").await;
    // An hour would pass before anybody gave up.
    let config =
        Config::new().nodeid("beta").secret("wrong").connect_timeout(Duration::from_secs(3600));
    let beta = Node::configure(config.seed(&alpha.listeners()[0])).await.unwrap();
    let call = beta.cal::<(f64,)>("alpha", ("time",)).timeout(Duration::from_secs(3600));
    let error = soon("that it cannot join", beta.joined()).await.unwrap_err();
    assert!(error.is_permanent() && error.to_string().contains("wrong secret"), "{error}");
    let seed = beta.seeds().remove(0);
    assert_eq!(
        (seed.address.to_string(), seed.nodes, seed.is_self),
        (alpha.listeners().remove(0), vec![], false)
    );
    assert!(seed.error.unwrap().is_permanent());
    let reason = soon("the call", call).await.unwrap_err().reason().cloned().unwrap();
    assert_eq!(reason.kind(), kind::AUTH_ERROR);
    assert!(reason.text().contains("wrong secret"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_dead_seed_is_told_after_the_connect_timeout_and_waited_for_again() {
    let memory = Memory::new();
    let lonely = lonely(&memory).await;
    let begun = tokio::time::Instant::now();
    let call = lonely.cal::<(f64,)>("alpha", ("time",));
    let error = lonely.joined().await.unwrap_err();
    assert!(begun.elapsed() >= Duration::from_secs(5), "it may have come");
    assert!(!error.is_permanent() && error.to_string().contains("mem:nobody"), "{error}");
    let error = lonely.seeds().remove(0).error.unwrap();
    assert!(error.is_refused() && error.to_string().starts_with("cannot connect to mem:nobody: "));
    let reason = call.await.unwrap_err().reason().cloned().unwrap();
    assert_eq!(reason.kind(), kind::TRANSPORT_ERROR);
    assert!(reason.text().contains("cannot connect to mem:nobody"), "{reason}");

    let config = Net::Memory(memory).private_config("late").bind("mem:nobody");
    let late = Node::configure(config).await.unwrap();
    lonely.joined().await.unwrap();
    assert_eq!(lonely.seeds()[0].nodes, [late.id().clone()]);
    assert_eq!(lonely.seeds()[0].error, None);
}

#[tokio::test(start_paused = true)]
async fn one_seed_that_may_come_is_waited_for_beside_one_that_never_will() {
    let memory = Memory::new();
    let net = Net::Memory(memory.clone());
    let _alpha = Node::configure(net.config("alpha")).await.unwrap();
    let config = net.private_config("beta").secret("wrong").seeds(["mem:alpha", "mem:nobody"]);
    let beta = Node::configure(config.connect_timeout(Duration::from_secs(60))).await.unwrap();
    let early = tokio::time::timeout(Duration::from_secs(50), beta.joined()).await;
    assert!(early.is_err(), "{early:?}");
    let error = beta.joined().await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");
    assert_eq!(error.seeds.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_nobody_knows_is_told_with_those_that_there_are() {
    let memory = Memory::new();
    let net = Net::Memory(memory);
    let alpha = Node::configure(net.config("alpha")).await.unwrap();
    let beta = Node::configure(net.config("beta").seed("mem:alpha")).await.unwrap();
    let config = net.private_config("gamma").seed("mem:alpha");
    let gamma = Node::configure(config.connect_timeout(Duration::from_secs(5))).await.unwrap();
    beta.joined().await.unwrap();
    gamma.joined().await.unwrap();
    let error = gamma.cal::<(f64,)>("delta", ("time",)).await.unwrap_err();
    assert_eq!(error.reason().unwrap().text(), "no node delta; there are alpha, beta");
    drop(alpha);
}

/// Whoever waits for an answer that there will not be is told, also in the same node.
#[tokio::test]
async fn who_asks_what_a_node_does_not_understand_is_told() {
    crate::support::for_each_pair(async |one, two| {
        for to in [&one, &two] {
            let long = Duration::from_secs(3600);
            let error = one.cal::<(f64,)>(to, ("inof", 1)).timeout(long);
            let error = soon("the refusal", error).await.unwrap_err();
            let expected =
                CallError::Refused { target: to.into(), text: "unknown request".to_owned() };
            assert_eq!(error, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn only_reply_ports_are_told_that_a_request_is_refused() {
    let access = Access::default().rule("two", Rights::all().look(false));
    let one = Node::configure(crate::support::config("one").access(access)).await.unwrap();
    let two =
        Node::configure(crate::support::config("two").seed(&one.listeners()[0])).await.unwrap();
    soon("a connection", two.wait_up("one")).await;
    let error = soon("the refusal", two.cal::<(f64,)>("one", ("time",))).await.unwrap_err();
    assert!(matches!(&error, CallError::Refused { text, .. } if text.contains("right to look")));
    let mut sink = crate::support::sink(&two);
    two.snd(PortId::from("one"), ("inof", &sink.id));
    // Its answer is behind the refusal.
    let error = soon("the refusal", two.cal::<(f64,)>("one", ("inof",))).await.unwrap_err();
    assert!(matches!(error, CallError::Refused { .. }));
    two.snd(&sink.id, ("still", "alive"));
    assert_eq!(sink.next().await, r#"["still","alive"]"#);
}

/// It may come, so that it is waited for: whoever has misspelt it need not wait to learn that.
#[tokio::test(start_paused = true)]
async fn a_node_that_nobody_knows_is_logged_while_it_is_waited_for() {
    log::start();
    let net = Net::Memory(Memory::new());
    let warehouse = Node::configure(net.config("warehouse")).await.unwrap();
    let config = net.private_config("shop").seed("mem:warehouse");
    let shop = Node::configure(config.connect_timeout(Duration::from_secs(3600))).await.unwrap();
    shop.joined().await.unwrap();
    let asked = tokio::time::Instant::now();
    let call = shop.cal::<(f64,)>("warehuose", ("time",)).timeout(Duration::from_secs(7200));
    let why = "no node warehuose (did you mean warehouse?); there is warehouse";
    let line = log::expect(&[why]).await;
    assert!(line.starts_with("WARN") && line.contains("; waiting for it for 3"), "{line}");
    assert!(asked.elapsed() < Duration::from_secs(60), "{:?}", asked.elapsed());
    let error = call.await.unwrap_err();
    assert_eq!(error.reason().unwrap().text(), why);
    drop(warehouse);
}
