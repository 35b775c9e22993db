//! Kills: in their place among messages, whatever the mailbox holds; and at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::death;
use aemp_actor::prelude::*;
use aemp_actor::{Kil, PortOptions, PortRef};
use tokio::sync::oneshot;
use tokio::time::Instant;

#[derive(Default, Port)]
struct Worker {
    handled: Arc<AtomicU64>,
}

#[rcv]
impl Worker {
    fn work(&mut self) {
        self.handled.fetch_add(1, Ordering::SeqCst);
    }
    #[rcv(local)]
    async fn hold(&mut self, begun: oneshot::Sender<()>, until: oneshot::Receiver<()>) {
        begun.send(()).unwrap();
        until.await.unwrap_or(());
    }
    fn later(&mut self, ctx: &mut Ctx<Self>) {
        ctx.after(Duration::ZERO, |me, _| me.work());
    }
    fn watch(&mut self, ctx: &mut Ctx<Self>, port: PortId) {
        ctx.mon(port, |me, _, _| me.work());
    }
}

/// A port in the midst of a handler, and what lets that end.
async fn held(node: &Node, options: PortOptions) -> (WorkerRef, oneshot::Sender<()>) {
    let port = node.port_with(Worker::default(), options);
    let ((begun, begins), (go, until)) = (oneshot::channel(), oneshot::channel());
    port.hold(begun, until).unwrap();
    begins.await.unwrap();
    (port, go)
}

#[tokio::test]
async fn a_full_mailbox_takes_a_kil() {
    let node = Node::local();
    for reason in [Reason::normal(), Reason::new("enough", "")] {
        let (port, go) = held(&node, PortOptions::new().max_messages(2).max_bytes(40)).await;
        let linked = node.port(Worker::default());
        node.mon(&port, Kil(linked.id()));
        let (end, linked_end) = (death(&node, &port), death(&node, &linked));
        port.work();
        port.work();
        for _ in 0..1000 {
            port.kil(reason.clone());
        }
        port.kil("later");
        go.send(()).unwrap();
        assert_eq!(end.reason().await, reason);
        if reason.is_normal() {
            linked.kil(("lives", ""));
            assert_eq!(linked_end.reason().await.kind(), "lives");
        } else {
            assert_eq!(linked_end.reason().await.kind(), "enough");
        }
    }
    assert_eq!(node.dropped(), Default::default());
}

/// What a port has asked for itself needs no room.
#[tokio::test]
async fn a_full_mailbox_takes_timers_and_monitors() {
    let node = Node::local();
    let port = node.port_with(Worker::default(), PortOptions::new().max_messages(3));
    let handled = port.peval(|me, _| Ok(me.handled.clone())).await.unwrap();
    let watched = node.port(Worker::default());
    let ((begun, begins), (go, until)) = (oneshot::channel(), oneshot::channel());
    port.watch(watched.id());
    port.later();
    let end = death(&node, &watched);
    port.hold(begun, until).unwrap();
    begins.await.unwrap();
    (0..3).for_each(|_| port.work());
    watched.kil(());
    end.reason().await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    go.send(()).unwrap();
    port.kil(("at last", ""));
    death(&node, &port).reason().await;
    assert_eq!(handled.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_handler_that_never_ends_can_be_killed_at_once() {
    let node = Node::local();
    let (port, _go) = held(&node, PortOptions::new()).await;
    let end = death(&node, &port);
    (0..10).for_each(|_| port.work());
    port.kil(("in its place", ""));
    port.kil_now(("at once", ""));
    port.kil_now(("too late", ""));
    assert_eq!(end.reason().await.kind(), "at once");
    assert_eq!(node.dropped().dead_port, 10);
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_block_that_never_comes_back_can_be_killed_at_once() {
    let node = Node::local();
    let (tell, told) = oneshot::channel();
    let port = node.port_async(move |mut me| async move {
        me.recv().await?;
        let _ = tell.send(());
        std::future::pending().await
    });
    node.snd(&port, ("go",));
    told.await.unwrap();
    (0..10).for_each(|_| node.snd(&port, ("more",)));
    let end = death(&node, &port);
    node.kil_now(&port, ("at once", ""));
    assert_eq!(end.reason().await.kind(), "at once");
    assert_eq!(node.dropped().dead_port, 10);
}

#[tokio::test(start_paused = true)]
async fn handlers_may_have_a_deadline() {
    let node = Node::local();
    let options = PortOptions::new().handler_timeout(Duration::from_secs(5));
    let begun = Instant::now();
    let (port, _go) = held(&node, options).await;
    let end = death(&node, &port);
    assert_eq!(end.reason().await.to_string(), "die: a handler did not end within 5s");
    assert_eq!(begun.elapsed().as_secs(), 5);

    let (port, go) = held(&node, options).await;
    let end = death(&node, &port);
    tokio::time::sleep(Duration::from_secs(4)).await;
    go.send(()).unwrap();
    let ((begun, begins), (_go, until)) = (oneshot::channel(), oneshot::channel());
    port.hold(begun, until).unwrap();
    begins.await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    port.kil_now(("in time", ""));
    assert_eq!(end.reason().await.kind(), "in time");
}

/// Counts what it receives, after a while each time.
fn counter(node: &Node, pause: Duration) -> (PortId, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let inside = count.clone();
    let port = node.port_async(move |mut me| async move {
        loop {
            tokio::time::sleep(pause).await;
            me.recv().await?;
            tokio::time::sleep(pause).await;
            inside.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port.id(), count)
}

#[tokio::test(start_paused = true)]
async fn a_block_receives_what_was_sent_before_a_kil() {
    let node = Node::local();
    // The last one takes 12 seconds: it comes back for each message in time.
    for pause in [0, 1, 300] {
        let (port, count) = counter(&node, Duration::from_millis(pause));
        (0..20).for_each(|_| node.snd(&port, ("x",)));
        let end = death(&node, &port);
        node.kil(&port, ("k", ""));
        node.snd(&port, ("after",));
        assert_eq!(end.reason().await.kind(), "k");
        assert_eq!(count.load(Ordering::SeqCst), 20);
    }
    assert_eq!(node.dropped().dead_port, 3);
}

/// What it has left for later, it does not want: the kill takes effect, and they are counted.
#[tokio::test(start_paused = true)]
async fn a_block_that_wants_none_of_its_messages_is_killed() {
    let node = Node::local();
    let begun = Instant::now();
    let port = node.port_async(|mut me| async move {
        me.get::<()>("never").await?;
        Ok(())
    });
    (0..100).for_each(|_| node.snd(&port, ("x",)));
    let end = death(&node, &port);
    node.kil(&port, ());
    assert!(end.reason().await.is_normal());
    assert_eq!((node.dropped().dead_port, begun.elapsed().as_secs()), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn a_block_that_cannot_receive_is_killed_where_it_waits() {
    let node = Node::local();
    let begun = Instant::now();
    let deaf = node.port_async(|_| async { std::future::pending().await });
    let idle = node.port_async(|me| async move {
        let _me = me;
        std::future::pending().await
    });
    (0..100).for_each(|_| node.snd(&deaf, ("x",)));
    let ends = [death(&node, &deaf), death(&node, &idle)];
    tokio::task::yield_now().await;
    node.kil(&deaf, ());
    node.kil(&idle, ());
    for end in ends {
        assert!(end.reason().await.is_normal());
    }
    assert_eq!((node.dropped().dead_port, begun.elapsed().as_secs()), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn a_block_that_stays_away_is_killed_after_five_seconds() {
    let node = Node::local();
    let port = node.port_async(|mut me| async move {
        me.recv().await?;
        std::future::pending().await
    });
    (0..10).for_each(|_| node.snd(&port, ("x",)));
    tokio::task::yield_now().await;
    let begun = Instant::now();
    let end = death(&node, &port);
    node.kil(&port, ("k", ""));
    assert_eq!(end.reason().await.kind(), "k");
    assert_eq!((node.dropped().dead_port, begun.elapsed().as_secs()), (9, 5));
}

#[tokio::test(start_paused = true)]
async fn a_link_kills_a_block_in_its_place_unless_it_is_cancelled() {
    let node = Node::local();
    let other = node.port(Worker::default());
    let id = other.id();
    let (tell, told) = oneshot::channel();
    let linked = node.port_async(move |mut me| async move {
        me.link(id);
        let _ = tell.send(me.id());
        me.get::<()>("never").await?;
        Ok(())
    });
    let id = other.id();
    let freed = node.port_async(move |mut me| async move {
        let link = me.link(id);
        me.get::<()>("cut").await?;
        link.cancel();
        me.get::<()>("end").await?;
        Ok(())
    });
    told.await.unwrap();
    node.snd(&freed, ("cut",));
    tokio::task::yield_now().await;
    let (linked_end, freed_end) = (death(&node, &linked), death(&node, &freed));
    other.kil(("crash", ""));
    assert_eq!(linked_end.reason().await.kind(), "crash");
    node.snd(&freed, ("end",));
    assert!(freed_end.reason().await.is_normal());
}

/// On other nodes, too.
#[tokio::test]
async fn ports_of_other_nodes_are_killed_at_once() {
    let network = aemp_actor::Memory::new();
    let config = |id: &str| {
        let config =
            Config::new().nodeid(id).secret(crate::support::SECRET).transport(network.clone());
        config.bind(format!("mem:{id}"))
    };
    let far = Node::configure(config("far")).await.unwrap();
    let near = Node::configure(config("near").seed("mem:far")).await.unwrap();
    for connected in [false, true] {
        let (port, _go) = held(&far, PortOptions::new()).await;
        if connected {
            near.wait_up("far").await;
        }
        let end = death(&near, port.id());
        near.kil(port.id(), ("in its place", ""));
        near.kil_now(port.id(), ("at once", ""));
        assert_eq!(end.reason().await.kind(), "at once");
    }
}
