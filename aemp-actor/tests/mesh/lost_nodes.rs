//! A node goes down, or was never there: monitors fire, requests end, messages are counted.

use std::time::Duration;

use crate::support::{Net, PATIENCE, death, for_each_pair, pair, sink, soon};
use aemp_actor::CallError;
use aemp_actor::prelude::*;
use tokio::time::Instant;

/// The ports of a node that is shut down say so.
fn assert_shut_down(reason: &Reason, node: &NodeId) {
    assert_eq!(reason.to_string(), format!("shutdown: node {node} was shut down"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_is_noticed() {
    for_each_pair(async |a, b| {
        let idle = sink(&b);
        let (idle_died, node_died) = (death(&a, &idle), death(&a, &b));
        let call = a.cal::<()>(&idle, ("ping",));
        soon("time", a.cal::<(f64,)>(&b, ("time",))).await.unwrap();
        b.shutdown(PATIENCE).await;
        assert_shut_down(&idle_died.reason().await, b.id());
        let error = soon("an error", call).await.unwrap_err();
        assert_shut_down(error.reason().unwrap(), b.id());
        let reason = node_died.reason().await;
        assert_eq!(reason.kind(), "transport_error", "{reason}");
        crate::support::until("the node to be down", || !a.node_is_up(b.id())).await;
        assert_eq!(a.up_nodes(), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_dropped_is_a_node_shut_down() {
    for_each_pair(async |a, b| {
        let port = sink(&b);
        let id = b.id().clone();
        let (port_died, node_died) = (death(&a, &port), death(&a, &id));
        soon("time", a.cal::<(f64,)>(&b, ("time",))).await.unwrap();
        drop(b);
        assert_shut_down(&port_died.reason().await, &id);
        assert_eq!(node_died.reason().await.kind(), "transport_error");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_that_run_at_shutdown_are_ended() {
    for_each_pair(async |a, b| {
        let (started, mut runs) = tokio::sync::mpsc::unbounded_channel();
        let port = b.port_async(move |mut me| async move {
            me.get::<()>("go").await?;
            started.send(()).unwrap();
            std::future::pending().await
        });
        let died = death(&a, &port);
        a.snd(&port, ("go",));
        soon("the handler to run", runs.recv()).await.unwrap();
        b.shutdown(PATIENCE).await;
        assert_shut_down(&died.reason().await, b.id());
        assert_eq!(soon("the handler's end", runs.recv()).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_before_a_shutdown_still_goes_out() {
    for_each_pair(async |a, b| {
        let mut here = sink(&b);
        for n in 0..1000 {
            a.snd(&here, (n, "x".repeat(200)));
        }
        a.shutdown(PATIENCE).await;
        for n in 0..1000 {
            assert_eq!(here.message().await.tag(), n.to_string());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_are_told_of_ups_and_downs() {
    for net in [Net::Tcp, Net::memory()] {
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        let a = Node::configure(net.config("alpha")).await.unwrap();
        let token = a.mon_nodes(move |event| drop(sender.send(event.clone())));
        for _ in 0..3 {
            let b = Node::configure(net.config("beta").seed(&a.listeners()[0])).await.unwrap();
            let event = soon("an event", events.recv()).await.unwrap();
            assert!(event.is_up() && event.node() == b.id(), "{event:?}");
            let died = death(&a, &b);
            b.shutdown(PATIENCE).await;
            let NodeEvent::Down { node, reason, .. } =
                soon("an event", events.recv()).await.unwrap()
            else {
                panic!("up twice")
            };
            assert_eq!((node.as_str(), reason.kind()), ("beta", "transport_error"));
            assert_eq!(died.reason().await, reason);
        }
        token.cancel();
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_node_is_given_up_in_time() {
    let net = Net::memory();
    let config = net.config("alpha").node("ghost", "mem:ghost");
    let node = Node::configure(config.connect_timeout(Duration::from_secs(5))).await.unwrap();
    for _ in 0..2 {
        let begin = Instant::now();
        let before = node.dropped().no_connection;
        node.snd("ghost#p", ("lost",));
        let (died, down) = (death(&node, "ghost#p"), death(&node, "ghost"));
        let call = node.cal::<()>("ghost", ("time",));
        let reason = died.reason().await;
        assert_eq!(reason.kind(), "transport_error");
        for part in ["no connection to node ghost", "mem:ghost", "nobody listens"] {
            assert!(reason.text().contains(part), "{reason}");
        }
        assert_eq!(down.reason().await, reason);
        let error = call.await.unwrap_err();
        let CallError::Died { target, reason: why } = &error else { panic!("{error}") };
        assert_eq!((target.to_string().as_str(), why), ("ghost", &reason));
        let waited = begin.elapsed();
        assert!((Duration::from_secs(5)..Duration::from_secs(6)).contains(&waited), "{waited:?}");
        // The message and the request, and a mon1 each for the port and the node.
        assert_eq!(node.dropped().no_connection - before, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_node_is_given_up_in_time() {
    let config = Net::memory().config("alpha").monitor_timeout(Duration::from_secs(7));
    let node = Node::configure(config).await.unwrap();
    let begin = Instant::now();
    let reason = death(&node, "nowhere#p").reason().await;
    assert_eq!(reason.kind(), "transport_error");
    assert!(reason.text().contains("node nowhere: no address is known for it"), "{reason}");
    assert!(begin.elapsed() >= Duration::from_secs(7));
    let error = node.cal::<()>("nowhere#p", ("x",)).await.unwrap_err();
    assert_eq!(error.reason().map(Reason::kind), Some("transport_error"));
    let spawned = node.spawn("nowhere", "Some::thing", ());
    assert_eq!(death(&node, &spawned).reason().await.kind(), "transport_error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_be_is_given_up_at_once() {
    crate::support::log::start();
    let node = Node::configure(Config::new().nodeid("alpha")).await.unwrap();
    for id in ["no node#p", "ü", "#p", "a;b#c"] {
        node.snd(id, ("lost",));
        let reason = death(&node, id).reason().await;
        assert_eq!(reason.kind(), "no_such_node", "{reason}");
        assert!(reason.text().contains("is no legal node ID"), "{reason}");
        let error = soon("an error", node.cal::<()>(id, ("x",))).await.unwrap_err();
        assert_eq!(error.reason().map(Reason::kind), Some("no_such_node"));
    }
    assert_eq!(node.dropped().no_connection, 8);
    crate::support::log::expect(&["WARN", "no node#p", "is lost", "no legal node ID"]).await;
}

#[tokio::test(start_paused = true)]
async fn another_node_at_the_address_is_named() {
    let net = Net::memory();
    let _beta = Node::configure(net.config("beta")).await.unwrap();
    let config = net.config("alpha").node("ghost", "mem:beta");
    let alpha = Node::configure(config.connect_timeout(Duration::from_secs(3))).await.unwrap();
    let reason = death(&alpha, "ghost#p").reason().await;
    assert_eq!(reason.kind(), "transport_error");
    for part in ["node ghost", "mem:beta", "beta"] {
        assert!(reason.text().contains(part), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_closes_the_connection_and_tells() {
    for net in [Net::Tcp, Net::memory()] {
        let b = Node::configure(net.config("beta")).await.unwrap();
        let config = net.config("alpha").node("beta", &b.listeners()[0]);
        let a = Node::configure(config.max_queue(10_000)).await.unwrap();
        let port = sink(&b);
        let died = death(&a, &port);
        soon("the node to be up", a.wait_up("beta")).await;
        a.snd(&port, ("too much", "x".repeat(20_000)));
        let reason = died.reason().await;
        assert_eq!(reason.kind(), "overflow", "{reason}");
        assert_eq!(a.dropped().queue_full, 1);
        // Others may be told of the loss later than this task: until then what it sends is lost,
        // too, and it is told of that.
        let mut port = port;
        let arrived = loop {
            let lost = death(&a, &port);
            a.snd(&port, ("again",));
            tokio::select! {
                message = port.next() => break message,
                reason = lost.reason() => assert_eq!(reason.kind(), "overflow"),
            }
        };
        assert_eq!(arrived, r#"["again"]"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthy_connections_stay() {
    let net = Net::Tcp;
    let (a, b) = pair(&net, "alpha", "beta").await;
    let c = Node::configure(net.config("gamma").seed(&a.listeners()[0])).await.unwrap();
    soon("the third node", a.wait_up("gamma")).await;
    let (mut here, c_died) = (sink(&b), death(&a, &c));
    let mut b_died = death(&a, &b);
    drop(c);
    c_died.reason().await;
    a.snd(&here, ("still",));
    assert_eq!(here.next().await, r#"["still"]"#);
    assert!(b_died.is_waiting());
}
