//! The forms of monitors and links, and what they tell.

use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef};
use tokio::sync::{mpsc, oneshot};

/// Fails in place of hanging.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(60), future).await;
    waited.expect("it does not take a minute")
}

/// Why the port died.
async fn end_of(node: &Node, port: impl Into<PortId>) -> Reason {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| drop(tell.send(reason)));
    soon(told).await.expect("a monitor fires")
}

/// A port that does what it is told by name.
fn victim(node: &Node) -> FnPortRef {
    node.port_fn(|ctx, msg| -> Result<(), Die> {
        match msg.tag() {
            "stop" => ctx.stop(()),
            "stop_badly" => ctx.stop(("own", "stopped", 7)),
            "kil" => ctx.kil(ctx.id(), ("own", "by itself")),
            "fail" => return Err(die!("failed")),
            "panic" => panic!("a panic with {} text", "formatted"),
            "panic_plain" => panic!("a plain panic"),
            "panic_odd" => std::panic::panic_any(17),
            "parse" => drop(msg.arg::<String>(0)?.parse::<u8>()?),
            _ => {}
        }
        Ok(())
    })
}

/// A port that watches others.
#[derive(Port)]
struct Watcher {
    told: mpsc::UnboundedSender<String>,
}

#[rcv]
impl Watcher {
    fn watch(&mut self, ctx: &mut Ctx<Self>, port: PortId) {
        ctx.mon(port.clone(), move |watcher, ctx, reason| {
            assert_eq!(ctx.handle().to_string(), ctx.id().to_string());
            drop(watcher.told.send(format!("{port} {reason}")));
        });
    }
    fn link(&mut self, ctx: &mut Ctx<Self>, port: PortId) {
        ctx.link(&port);
    }
    fn sync(&self) {}
    fn ready(&self) -> bool {
        true
    }
    fn restart(&mut self, what: String, rest: Rest) {
        drop(self.told.send(format!("restart {what} {}", Value::List(rest.0))));
    }
}

fn watcher(node: &Node) -> (WatcherRef, mpsc::UnboundedReceiver<String>) {
    let (told, texts) = mpsc::unbounded_channel();
    (node.port(Watcher { told }), texts)
}

#[tokio::test]
async fn every_end_has_its_reason() {
    let node = Node::local();
    let reasons = [
        ("stop", "normal"),
        ("stop_badly", "own: stopped 7"),
        ("kil", "own: by itself"),
        ("fail", "die: failed"),
        ("panic", "die: panicked: a panic with formatted text"),
        ("panic_plain", "die: panicked: a plain panic"),
        ("panic_odd", "die: panicked: a panic without a text"),
    ];
    for (tag, expected) in reasons {
        let port = victim(&node);
        node.snd(&port, (tag,));
        assert_eq!(end_of(&node, &port).await.to_string(), expected, "{tag}");
    }
    let port = victim(&node);
    node.snd(&port, ("parse", "x"));
    assert_eq!(end_of(&node, &port).await.text(), "invalid digit found in string");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_kil_tells_the_reason_it_was_given() {
    let node = Node::local();
    let values = (1.5, "two", [3]);
    let cases: [(Reason, &str, &str); 5] = [
        (().into(), "normal", "normal"),
        ("alone".into(), "alone", "alone"),
        (("my_error", "text").into(), "my_error", "my_error: text"),
        (values.into(), "", "1.5: two [3]"),
        (Reason::new("die", "x"), "die", "die: x"),
    ];
    for (reason, kind, text) in cases {
        let port = victim(&node);
        node.kil(&port, &reason);
        let told = end_of(&node, &port).await;
        assert_eq!((told.kind(), told.to_string().as_str()), (kind, text));
        assert_eq!(told, reason);
    }
}

#[tokio::test]
async fn a_callback_runs_in_port_context() {
    let node = Node::local();
    let (watcher, mut texts) = watcher(&node);
    let port = victim(&node);
    watcher.watch(port.id());
    watcher.ready().await.unwrap();
    node.snd(&port, ("fail",));
    assert_eq!(soon(texts.recv()).await.unwrap(), format!("{port} die: failed"));
    watcher.ready().await.expect("an abnormal end of another changes nothing");
}

#[tokio::test]
async fn a_callback_may_fail_and_kills_its_own_port() {
    let node = Node::local();
    for panics in [true, false] {
        let port = victim(&node);
        let id = port.id();
        let watcher = node.port_fn(move |ctx, _| {
            ctx.mon(&id, move |_, _, _| {
                assert!(!panics, "the callback panics");
                Err(die!("the callback fails"))
            });
        });
        node.snd(&watcher, ("watch",));
        watcher.peval(|_, _| Ok(())).await.unwrap();
        port.kil(());
        let reason = end_of(&node, &watcher).await;
        let expected = if panics { "panicked: the callback panics" } else { "the callback fails" };
        assert_eq!(reason.text(), expected);
    }
}

#[tokio::test]
async fn links_pass_on_abnormal_ends_only() {
    let node = Node::local();
    for tag in ["fail", "stop_badly", "panic"] {
        let (watcher, _texts) = watcher(&node);
        let port = victim(&node);
        watcher.link(port.id());
        watcher.ready().await.unwrap();
        node.snd(&port, (tag,));
        let own = end_of(&node, &port).await;
        let reason = end_of(&node, &watcher).await;
        assert!(reason == own || reason.kind() == "no_such_port", "{own} and {reason}");
    }
    let (watcher, _texts) = watcher(&node);
    let port = victim(&node);
    watcher.link(port.id());
    watcher.ready().await.unwrap();
    node.snd(&port, ("stop",));
    end_of(&node, &port).await;
    watcher.ready().await.expect("a normal end of a linked port is none of its own");
    watcher.kil("x");
    assert_eq!(watcher.ready().await.unwrap_err().reason().unwrap().kind(), "x");
}

#[tokio::test]
async fn links_pass_the_reason_on_unchanged() {
    let node = Node::local();
    let (tell, told) = oneshot::channel();
    let (watcher, _texts) = watcher(&node);
    node.mon(&watcher, move |reason: Reason| drop(tell.send(reason)));
    let port = victim(&node);
    watcher.link(port.id());
    watcher.ready().await.unwrap();
    let reason = Reason::from(("own", "text", 1, [2]));
    port.kil(&reason);
    assert_eq!(soon(told).await.unwrap(), reason);
}

#[tokio::test]
async fn kil_kills_the_other_when_the_end_was_abnormal() {
    let node = Node::local();
    let (port, other) = (victim(&node), victim(&node));
    node.mon(&port, Kil(&other));
    port.kil(());
    end_of(&node, &port).await;
    other.peval(|_, _| Ok(())).await.expect("it lives");
    let port = victim(&node);
    node.mon(&port, Kil(other.id()));
    let (tell, told) = oneshot::channel();
    node.mon(&other, move |reason: Reason| drop(tell.send(reason)));
    node.snd(&port, ("fail",));
    assert_eq!(soon(told).await.unwrap().to_string(), "die: failed");
}

#[tokio::test]
async fn snd_appends_the_reason() {
    let node = Node::local();
    let (watcher, mut texts) = watcher(&node);
    for (reason, expected) in [
        (Reason::normal(), "restart it []"),
        ("x".into(), r#"restart it ["x"]"#),
        (("my_error", "text", 3).into(), r#"restart it ["my_error","text",3]"#),
    ] {
        let port = victim(&node);
        node.mon(&port, Snd(&watcher, ("restart", "it")));
        port.kil(reason);
        assert_eq!(soon(texts.recv()).await.unwrap(), expected);
    }
    node.mon("nonesuch", Snd(&watcher, ("sync",))).cancel();
    let port = victim(&node);
    port.mon(Snd(PortRef::id(&watcher), vec!["restart", "again"]));
    port.kil(());
    assert_eq!(soon(texts.recv()).await.unwrap(), "restart again []");
}

#[tokio::test]
async fn things_are_dropped_when_the_port_dies() {
    let node = Node::local();
    let port = victim(&node);
    let (alive, gone) = oneshot::channel::<()>();
    let (alive2, gone2) = oneshot::channel::<()>();
    node.mon_guard(&port, (alive, "other things"));
    node.mon_guard(&port, alive2).cancel();
    assert!(soon(gone2).await.is_err(), "a cancelled guard drops at once");
    let mut gone = gone;
    assert!(gone.try_recv().unwrap_err() == oneshot::error::TryRecvError::Empty);
    port.kil(());
    assert!(soon(gone).await.is_err());
}

#[tokio::test]
async fn ports_that_are_not_there_are_told_of_all_the_same() {
    let node = Node::local();
    let dead = victim(&node);
    dead.kil("x");
    end_of(&node, &dead).await;
    let never = PortId::from(format!("{}#never.1", node.id()));
    for id in [dead.id(), never] {
        let reason = end_of(&node, &id).await;
        assert_eq!(reason.kind(), "no_such_port");
        assert!(reason.text().contains(&id.to_string()), "{reason}");
        let (watcher, mut texts) = watcher(&node);
        watcher.watch(&id);
        let text = soon(texts.recv()).await.unwrap();
        assert!(text.starts_with(&format!("{id} no_such_port")), "{text}");
        node.mon(&id, Snd(&watcher, ("restart", "it")));
        assert!(soon(texts.recv()).await.unwrap().contains("no_such_port"));
        node.mon(&id, Kil(&watcher));
        assert_eq!(end_of(&node, &watcher).await.kind(), "no_such_port");
        let (alive, gone) = oneshot::channel::<()>();
        node.mon_guard(&id, alive);
        assert!(soon(gone).await.is_err());
    }
}

#[tokio::test]
async fn an_illegal_node_is_no_reason_to_panic() {
    let node = Node::local();
    assert_eq!(end_of(&node, "no node at all#x").await.kind(), "no_such_node");
    node.snd("no node at all#x", ("lost",));
    assert_eq!(node.dropped().no_connection, 1);
}

/// It has no network: there is nothing to wait for, as there is not on one that was configured so.
#[tokio::test(start_paused = true)]
async fn what_is_for_other_nodes_is_lost_at_once_on_a_local_node() {
    for node in [Node::local(), Node::configure(Config::new()).await.unwrap()] {
        let begun = tokio::time::Instant::now();
        node.snd("elsewhere#x", ("lost",));
        assert_eq!(node.dropped().no_connection, 1);
        let reason = end_of(&node, "elsewhere#x").await;
        assert_eq!(reason.kind(), "transport_error");
        assert!(reason.text().contains("has no network"), "{reason}");
        let answer = node.cal::<()>("elsewhere", ("time",)).await;
        assert!(matches!(answer, Err(CallError::Died { .. })), "{answer:?}");
        let spawned = node.spawn("elsewhere", "no::such", ());
        assert_eq!(end_of(&node, spawned).await.kind(), "transport_error");
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(node.known_nodes().is_empty());
    }
}

/// There is nobody to wait for.
#[tokio::test]
async fn a_local_node_has_joined() {
    let node = Node::local();
    assert!(soon(node.joined()).await.is_ok());
    assert!(node.seeds().is_empty());
}
