//! When monitors end: they fire once, or are cancelled, and leave nothing behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, MonToken, PortRef};
use tokio::sync::oneshot;

/// A port that takes everything and does nothing.
fn idle(node: &Node) -> FnPortRef {
    node.port_fn(|_, _| {})
}

/// Waits for the end of the port.
async fn ended(node: &Node, port: impl Into<PortId>) {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |_: Reason| tell.send(()).unwrap_or(()));
    let told = tokio::time::timeout(Duration::from_secs(60), told).await;
    told.expect("the port dies").unwrap();
}

/// Waits until every handler and task that is ready now has run.
async fn settled() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Counts how often it was called.
fn counter() -> (Arc<AtomicUsize>, impl Fn() + Clone + Send + Sync + 'static) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    (count, move || {
        counted.fetch_add(1, Ordering::SeqCst);
    })
}

#[tokio::test]
async fn each_fires_once() {
    let node = Node::local();
    let (port, watcher) = (idle(&node), idle(&node));
    let (outside, fire) = counter();
    let (inside, fire_inside) = counter();
    for _ in 0..10 {
        let fire = fire.clone();
        node.mon(&port, move |_: Reason| fire());
        let fire = fire_inside.clone();
        let id = port.id();
        let task = watcher.peval(move |_, ctx| {
            ctx.mon(id, move |_, _, _| fire());
            Ok(())
        });
        task.await.unwrap();
    }
    for _ in 0..3 {
        port.kil("x");
        node.kil(port.id(), "y");
    }
    ended(&node, &port).await;
    settled().await;
    node.kil(port.id(), "z");
    node.shutdown(Duration::ZERO).await;
    settled().await;
    assert_eq!((outside.load(Ordering::SeqCst), inside.load(Ordering::SeqCst)), (10, 10));
}

#[tokio::test]
async fn a_dropped_token_changes_nothing_and_a_dropped_guard_all() {
    let node = Node::local();
    let port = idle(&node);
    let (count, fire) = counter();
    let mon = || {
        let fire = fire.clone();
        node.mon(&port, move |_: Reason| fire())
    };
    drop(mon());
    mon().cancel();
    drop(mon().guard());
    let kept = mon().guard();
    let token = mon();
    assert_eq!(*token.target(), port.id());
    token.clone().cancel();
    token.cancel();
    port.kil(());
    ended(&node, &port).await;
    assert_eq!(count.load(Ordering::SeqCst), 2);
    drop(kept);
}

#[tokio::test]
async fn a_cancelled_monitor_drops_what_it_held() {
    let node = Node::local();
    let (port, watcher) = (idle(&node), idle(&node));
    let held = Arc::new(());
    let hold = held.clone();
    let token = node.mon(&port, move |_: Reason| drop(hold));
    assert_eq!(Arc::strong_count(&held), 2);
    token.cancel();
    assert_eq!(Arc::strong_count(&held), 1);
    let (hold, id) = (held.clone(), port.id());
    let token = watcher.peval(move |_, ctx| Ok(ctx.mon(id, move |_, _, _| drop(hold))));
    let token = token.await.unwrap();
    assert_eq!(Arc::strong_count(&held), 2);
    token.cancel();
    assert_eq!(Arc::strong_count(&held), 1);
}

/// A port that can be made to wait.
#[derive(Port)]
struct Holder;

#[rcv]
impl Holder {
    #[rcv(local)]
    async fn hold(&mut self, until: oneshot::Receiver<()>) {
        until.await.unwrap_or(());
    }
}

#[tokio::test]
async fn cancelled_in_its_port_it_does_not_even_run_when_it_waits() {
    let node = Node::local();
    let (port, watcher) = (idle(&node), node.port(Holder));
    let (count, fire) = counter();
    let id = port.id();
    let tokens = watcher.peval(move |_, ctx| {
        let call = ctx.mon(&id, move |_, _, _| fire());
        let snd = ctx.node().mon(&id, Snd(ctx.id(), ("a tag that would kill it",)));
        Ok([call, snd, ctx.link(&id)])
    });
    let tokens = tokens.await.unwrap();
    let (go, until) = oneshot::channel();
    watcher.hold(until).unwrap();
    let cancelled = watcher.peval(move |_, _| {
        tokens.iter().for_each(MonToken::cancel);
        Ok(())
    });
    port.kil("x");
    ended(&node, &port).await;
    go.send(()).unwrap();
    cancelled.await.unwrap();
    watcher.peval(|_, _| Ok(())).await.expect("neither link nor message killed it");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn cancelled_by_an_earlier_callback_of_the_same_death() {
    let node = Node::local();
    let (port, watcher) = (idle(&node), idle(&node));
    let (count, fire) = counter();
    let id = port.id();
    let task = watcher.peval(move |_, ctx| {
        let later: Arc<Mutex<Option<MonToken>>> = Arc::default();
        let slot = later.clone();
        ctx.mon(&id, move |_, _, _| {
            if let Some(token) = slot.lock().unwrap().take() {
                token.cancel();
            }
        });
        *later.lock().unwrap() = Some(ctx.mon(&id, move |_, _, _| fire()));
        Ok(())
    });
    task.await.unwrap();
    port.kil(());
    ended(&node, &port).await;
    settled().await;
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_watcher_that_dies_first_leaves_nothing() {
    let node = Node::local();
    let port = idle(&node);
    let held = Arc::new(());
    for _ in 0..10 {
        let watcher = idle(&node);
        let (hold, id) = (held.clone(), port.id());
        let task = watcher.peval(move |_, ctx| {
            ctx.mon(&id, move |_, _, _| drop(hold));
            ctx.link(&id);
            Ok(())
        });
        task.await.unwrap();
        node.mon(&port, Kil(&watcher));
        node.mon(&port, Snd(&watcher, ("died",)));
        watcher.kil(());
        ended(&node, &watcher).await;
    }
    assert_eq!(Arc::strong_count(&held), 1, "the callbacks are gone");
    assert_eq!(node.port_count(), 1);
    let before = node.dropped();
    port.kil("x");
    ended(&node, &port).await;
    settled().await;
    assert_eq!(node.dropped(), before, "no message was sent to a dead watcher");
}

#[tokio::test]
async fn a_fired_monitor_leaves_nothing() {
    let node = Node::local();
    let watcher = idle(&node);
    let held = Arc::new(());
    for _ in 0..10 {
        let port = idle(&node);
        let (hold, id) = (held.clone(), port.id());
        let task = watcher.peval(move |_, ctx| {
            ctx.mon(&id, move |_, _, _| drop(hold));
            Ok(())
        });
        task.await.unwrap();
        let hold = held.clone();
        node.mon(&port, move |_: Reason| drop(hold));
        port.kil(());
        ended(&node, &port).await;
    }
    watcher.peval(|_, _| Ok(())).await.unwrap();
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(node.port_count(), 1);
}

#[tokio::test]
async fn callbacks_may_kill_monitor_and_create() {
    let node = Node::local();
    let ports: Vec<FnPortRef> = (0..100).map(|_| idle(&node)).collect();
    let (count, fire) = counter();
    for (port, next) in ports.iter().zip(&ports[1..]) {
        let (node, next, fire) = (node.clone(), next.clone(), fire.clone());
        port.mon(move |reason: Reason| {
            let again = fire.clone();
            node.mon(&next, move |_: Reason| again());
            node.port_fn(|_, _| {}).kil(());
            next.kil(reason);
            fire();
        });
    }
    ports[0].kil("chain");
    ended(&node, &ports[99]).await;
    settled().await;
    assert_eq!(count.load(Ordering::SeqCst), 2 * 99);
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_circle_of_links_dies_as_one() {
    let node = Node::local();
    let ports: Vec<FnPortRef> = (0..50).map(|_| idle(&node)).collect();
    for (index, port) in ports.iter().enumerate() {
        let next = ports[(index + 1) % ports.len()].id();
        let task = port.peval(move |_, ctx| {
            ctx.link(ctx.id());
            ctx.link(next);
            Ok(())
        });
        task.await.unwrap();
    }
    ports[17].kil(());
    ended(&node, &ports[17]).await;
    settled().await;
    assert_eq!(node.port_count(), 49, "a normal end is not passed on");
    ports[16].kil("x");
    for (_, port) in ports.iter().enumerate().filter(|(index, _)| *index != 17) {
        ended(&node, port).await;
    }
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_node_tells_its_monitors_of_its_end() {
    let node = Node::local();
    let other = Node::local();
    let (port, watcher) = (idle(&node), idle(&node));
    let mut ends = Vec::new();
    for target in [port.id(), PortId::from(&node)] {
        let (tell, told) = oneshot::channel();
        node.mon(target, move |reason: Reason| drop(tell.send(reason)));
        ends.push(told);
    }
    let held = Arc::new(());
    let (hold, id) = (held.clone(), port.id());
    watcher.peval(move |_, ctx| Ok(ctx.mon(id, move |_, _, _| drop(hold)))).await.unwrap();
    node.shutdown(Duration::ZERO).await;
    for told in ends {
        let reason = told.await.unwrap();
        assert_eq!(reason.kind(), "shutdown");
        assert!(reason.text().contains(node.id().as_str()), "{reason}");
    }
    settled().await;
    assert_eq!((Arc::strong_count(&held), node.port_count()), (1, 0));
    let (tell, told) = oneshot::channel();
    node.mon(port.id(), move |reason: Reason| drop(tell.send(reason)));
    assert_eq!(told.await.unwrap().kind(), "shutdown", "and after its end at once");
    assert!(idle(&other).peval(|_, _| Ok(())).await.is_ok(), "the other node lives");
}

#[tokio::test]
async fn last_words_come_before_the_news_of_the_death() {
    let node = Node::local();
    let (tx, mut notes) = tokio::sync::mpsc::unbounded_channel();
    let noted = tx.clone();
    let watcher = node.port_fn(move |_, msg| tx.send(msg.to_string()).unwrap_or(()));
    let speaker = node.port_fn(|ctx, msg| -> Result<(), Die> {
        let to: PortId = msg.arg(0)?;
        ctx.snd(&to, ("one",));
        ctx.snd(&to, ("two",));
        Err(die!("the end"))
    });
    let id = speaker.id();
    let task = watcher.peval(move |_, ctx| {
        for n in 1..=3 {
            let noted = noted.clone();
            ctx.mon(&id, move |_, _, reason| noted.send(format!("{n} {reason}")).unwrap_or(()));
        }
        Ok(())
    });
    task.await.unwrap();
    node.mon(&speaker, Snd(&watcher, ("four",)));
    speaker.snd(("speak", &watcher));
    let expected = [
        r#"["one"]"#,
        r#"["two"]"#,
        "1 die: the end",
        "2 die: the end",
        "3 die: the end",
        r#"["four","die","the end"]"#,
    ];
    for expected in expected {
        assert_eq!(notes.recv().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_port_that_watches_itself_is_not_told() {
    let node = Node::local();
    let (count, fire) = counter();
    let port = idle(&node);
    let held = Arc::new(());
    let hold = held.clone();
    let task = port.peval(move |_, ctx| {
        ctx.mon(ctx.id(), move |_, _, _| {
            fire();
            drop(hold);
        });
        Ok(())
    });
    task.await.unwrap();
    port.kil("x");
    ended(&node, &port).await;
    settled().await;
    assert_eq!((count.load(Ordering::SeqCst), Arc::strong_count(&held)), (0, 1));
}

#[tokio::test]
async fn cancelled_on_a_dead_port_it_does_not_fire() {
    let node = Node::local();
    let dead = PortId::from(format!("{}#dead", node.id()));
    let (count, fire) = counter();
    let held = Arc::new(());
    let hold = held.clone();
    let token = node.mon(&dead, move |_: Reason| {
        fire();
        drop(hold);
    });
    token.cancel();
    settled().await;
    assert_eq!((count.load(Ordering::SeqCst), Arc::strong_count(&held)), (0, 1));
}
