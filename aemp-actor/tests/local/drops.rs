//! Destructors of what users put into ports, messages and callbacks: they may panic, and they may
//! use the node, whenever they run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aemp_actor::prelude::*;
use aemp_actor::{FnPortRef, PortRef};
use tokio::sync::{mpsc, oneshot};

/// Runs its closure when dropped.
struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl OnDrop {
    fn new(code: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(code)))
    }

    fn panicking(text: &'static str) -> Self {
        Self::new(move || panic!("{text}"))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(code) = self.0.take() {
            code();
        }
    }
}

/// Holds something until it dies.
#[derive(Port)]
struct Holder {
    _thing: OnDrop,
}

#[rcv]
impl Holder {
    #[rcv(local)]
    fn take(&mut self, thing: OnDrop) {
        drop(thing);
    }
    #[rcv(local)]
    async fn wait(&mut self, thing: OnDrop) {
        std::future::pending::<()>().await;
        drop(thing);
    }
    fn fail(&mut self) {
        panic!("the handler panics");
    }
    fn ready(&self) -> bool {
        true
    }
}

/// Watches the port and gives its end.
fn end_of(node: &Node, port: impl Into<PortId>) -> impl Future<Output = Reason> {
    let (tell, told) = oneshot::channel();
    node.mon(port, move |reason: Reason| tell.send(reason).unwrap_or(()));
    async move {
        let told = tokio::time::timeout(Duration::from_secs(60), told).await;
        told.expect("a monitor fires within a minute").unwrap()
    }
}

#[tokio::test]
async fn a_port_that_panics_as_it_is_dropped_dies_all_the_same() {
    let node = Node::local();
    let port = node.port(Holder { _thing: OnDrop::panicking("dropped") });
    let end = end_of(&node, &port);
    port.kil(("own", "reason"));
    assert_eq!(end.await.to_string(), "own: reason");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_port_that_panics_twice_ends_nothing_else() {
    let node = Node::local();
    let port = node.port(Holder { _thing: OnDrop::panicking("dropped") });
    let end = end_of(&node, &port);
    port.fail();
    assert_eq!(end.await.text(), "panicked: the handler panics");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_suspended_handler_that_panics_as_it_is_dropped() {
    let node = Node::local();
    let port = node.port(Holder { _thing: OnDrop::new(|| {}) });
    let (end, ready) = (end_of(&node, &port), port.ready());
    port.wait(OnDrop::panicking("dropped in a handler")).unwrap();
    ready.await.unwrap();
    tokio::task::yield_now().await;
    node.shutdown(Duration::ZERO).await;
    assert_eq!(end.await.kind(), "shutdown");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn waiting_messages_that_panic_as_they_are_dropped() {
    let node = Node::local();
    let port = node.port(Holder { _thing: OnDrop::new(|| {}) });
    let end = end_of(&node, &port);
    let (dropped, count) = (Arc::new(AtomicUsize::new(0)), 5);
    port.kil(("own", "reason"));
    for _ in 0..count {
        let dropped = dropped.clone();
        let thing = OnDrop::new(move || {
            dropped.fetch_add(1, Ordering::SeqCst);
            panic!("a message panics as it is dropped");
        });
        port.take(thing).unwrap();
    }
    assert_eq!(end.await.to_string(), "own: reason");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn a_handler_that_drops_what_panics_is_a_handler_that_panics() {
    let node = Node::local();
    let port = node.port(Holder { _thing: OnDrop::new(|| {}) });
    let end = end_of(&node, &port);
    port.take(OnDrop::panicking("the argument panics")).unwrap();
    assert_eq!(end.await.to_string(), "die: panicked: the argument panics");
}

#[tokio::test]
async fn callbacks_of_a_dead_watcher_that_panic_as_they_are_dropped() {
    let node = Node::local();
    let (target, watcher) = (node.port_fn(|_, _| {}), node.port_fn(|_, _| {}));
    let end = end_of(&node, &watcher);
    for _ in 0..3 {
        let id = target.id();
        let task = watcher.peval(move |_, ctx| {
            let thing = OnDrop::panicking("a callback panics as it is dropped");
            ctx.mon(id, move |_, _, _| drop(thing));
            Ok(())
        });
        task.await.unwrap();
    }
    watcher.kil(("own", "reason"));
    assert_eq!(end.await.to_string(), "own: reason");
    let end = end_of(&node, &target);
    target.kil(("own", "other"));
    assert_eq!(end.await.to_string(), "own: other");
    assert_eq!(node.port_count(), 0);
}

#[tokio::test]
async fn guarded_things_that_panic_as_they_are_dropped() {
    let node = Node::local();
    let port = node.port_fn(|_, _| {});
    node.mon_guard(&port, OnDrop::panicking("guarded"));
    let end = end_of(&node, &port);
    port.kil(("own", "reason"));
    assert_eq!(end.await.to_string(), "own: reason");
}

/// Does everything that a destructor might with a port that may be the one it is dropped in.
fn use_all(node: &Node, port: &PortId, done: &mpsc::UnboundedSender<()>) -> OnDrop {
    let (node, port, done) = (node.clone(), port.clone(), done.clone());
    OnDrop::new(move || {
        node.snd(&port, ("x",));
        node.kil(&port, "y");
        let token = node.mon(&port, |_: Reason| {});
        token.cancel();
        let guard = node.mon(&port, |_: Reason| {}).guard();
        drop(guard);
        let handle = FnPortRef::at(&node, &port);
        handle.tell(Message::new(&("x",)).unwrap());
        drop(handle.peval(|_, _| Ok(())));
        drop(handle.rcv_off("x"));
        drop(node.cal::<()>(&port, ("x",)));
        node.port_fn(|_, _| {}).kil(());
        node.mon_guard(&port, 7);
        assert!(node.port_count() < 100);
        done.send(()).unwrap_or(());
    })
}

/// Several threads, so that what blocks is seen as something that takes too long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_destructor_runs_under_a_lock() {
    let node = Node::local();
    let (done, mut dones) = mpsc::unbounded_channel();
    let port = node.port_fn(|_, _| {});
    let id = port.id();
    // In a cancelled monitor, a replaced handler, a queued call and a finished one.
    let thing = use_all(&node, &id, &done);
    node.mon(&port, move |_: Reason| drop(thing)).cancel();
    done_in_time(&mut dones).await;

    let port = node.port_fn(|_, _| {});
    let id = port.id();
    let thing = use_all(&node, &id, &done);
    port.rcv("tag", move |_, ()| {
        let _ = &thing;
    })
    .unwrap();
    port.rcv("tag", |_, ()| {}).unwrap();
    done_in_time(&mut dones).await;

    let port = node.port_fn(|_, _| {});
    let (in_port, in_mon, in_call) = {
        let id = port.id();
        let make = || use_all(&node, &id, &done);
        (make(), make(), make())
    };
    port.rcv("tag", move |_, ()| {
        let _ = &in_port;
    })
    .unwrap();
    node.mon_guard(&port, in_mon);
    port.kil(());
    drop(port.peval(move |_, _| Ok(in_call)));
    for _ in 0..3 {
        done_in_time(&mut dones).await;
    }
    // In a monitor of the node itself.
    let thing = use_all(&node, &PortId::from(&node), &done);
    node.mon(&node, move |_: Reason| drop(thing)).cancel();
    done_in_time(&mut dones).await;
    // To a dead port.
    let thing = use_all(&node, &port.id(), &done);
    drop(port.peval(move |_, _| Ok(thing)));
    done_in_time(&mut dones).await;
    let thing = use_all(&node, &port.id(), &done);
    node.mon_guard(&port, thing);
    done_in_time(&mut dones).await;
}

async fn done_in_time(dones: &mut mpsc::UnboundedReceiver<()>) {
    let done = tokio::time::timeout(Duration::from_secs(60), dones.recv()).await;
    done.expect("nothing blocks").unwrap();
}

#[tokio::test]
async fn a_node_that_is_dropped_drops_what_its_ports_held() {
    let held = Arc::new(());
    let node = Node::local();
    let hold = || {
        let hold = held.clone();
        OnDrop::new(move || drop(hold))
    };
    let idle = node.port(Holder { _thing: hold() });
    let busy = node.port(Holder { _thing: hold() });
    busy.wait(hold()).unwrap();
    busy.take(hold()).unwrap();
    let (in_fn, in_async) = (hold(), hold());
    let closure = node.port_fn(move |_, _| {
        let _ = &in_fn;
    });
    let receiver = node.port_async(move |mut me| async move {
        let message = me.recv().await;
        drop((message, in_async));
        Ok(())
    });
    node.mon_guard(&idle, hold());
    drop(idle.peval(|_, ctx| {
        // A port that holds itself and its node does not keep them alive for ever.
        let (own, node) = (ctx.handle(), ctx.node());
        ctx.after(Duration::from_secs(3600), move |_, _| drop((own, node)));
        Ok(())
    }));
    idle.ready().await.unwrap();
    assert_eq!(Arc::strong_count(&held), 8);
    node.shutdown(Duration::ZERO).await;
    drop((node, closure, receiver));
    let waited = async {
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.expect("all is dropped");
    drop((idle, busy));
}
